"""Weeks of actions as a shop has them, and what changes in them."""

import random
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from audit.drift.observing import Observed
from audit.drift.tally import Week, count, new_week
from benchmarks.completed import Completed, completed
from leverframe.contracts.decision import Choice
from leverframe.contracts.entries import Body, Closed, Judged, Proposed, Started
from leverframe.contracts.ledger import LedgerEntry
from leverframe.contracts.names import Role
from leverframe.contracts.policy import Clause
from leverframe.contracts.proposal import Usage
from leverframe.pseudonym import Pseudonyms

PSEUDONYMS = Pseudonyms(b"a test's key, 16 bytes or more")

LANGUAGES: Mapping[str, float] = {"en": 0.6, "de": 0.25, "fr": 0.1, "es": 0.05}
EVENTS: Mapping[str, float] = {"cancel": 0.55, "ask_which": 0.2, "decline": 0.15, "hand_over": 0.1}
CLAUSES: Mapping[str, float] = {"CANCEL-PENDING version 1": 0.7, "CANCEL-REASON version 1": 0.25, "none": 0.05}
OUTCOMES: Mapping[str, float] = {"done": 0.6, "declined": 0.15, "handed_over": 0.1, "rejected": 0.05, "expired": 0.1}
GUARDS: Mapping[str, float] = {
    "pii: email (redact)": 0.2,
    "injection: override (block)": 0.01,
    "quoting: quoted (allow)": 0.1,
}


@dataclass(frozen=True)
class World:
    """What an action is like, one as the other."""

    languages: Mapping[str, float] = field(default_factory=lambda: LANGUAGES)
    events: Mapping[str, float] = field(default_factory=lambda: EVENTS)
    clauses: Mapping[str, float] = field(default_factory=lambda: CLAUSES)
    outcomes: Mapping[str, float] = field(default_factory=lambda: OUTCOMES)
    rejected: float = 0.08
    slower: float = 1.0
    unknown: float = 0.35


def week(chance: random.Random, world: World, actions: int, restless: float = 0.0) -> Week:
    """A week with some actions of three kinds; ``restless``: by how much its shares are off those of the world."""
    found = new_week()
    off = {name: chance.lognormvariate(0, restless) for name in (*LANGUAGES, *EVENTS, *OUTCOMES)}
    for number in range(actions):
        kind = ("order_cancellation", "order_return", "payment_refund")[number % 3]
        count(found, _action(chance, world, f"{kind}-{number}", kind, off))
    return found


def _action(chance: random.Random, world: World, action_id: str, kind: str, off: Mapping[str, float]) -> Observed:
    def one(shares: Mapping[str, float]) -> str:
        return chance.choices(list(shares), [share * off.get(name, 1.0) for name, share in shares.items()])[0]

    seen = Observed(action_id, kind, one(world.languages))
    seen.mixes = {
        "language": {seen.language},
        "proposal": {one(world.events)},
        "clause": {one(world.clauses)},
        "outcome": {one(world.outcomes)},
        "override": {"rejected" if chance.random() < world.rejected else "approved"},
        "problem": {"told by llm"} if chance.random() < 0.02 else set(),
        "guards": {name for name, share in GUARDS.items() if chance.random() < share},
        "model": {"small, order_cancellation version 6"},
    }
    seen.numbers = {
        "characters": chance.lognormvariate(4.5, 0.6),
        "unknown_words": min(1.0, max(0.0, chance.gauss(world.unknown, 0.15))),
        "relevance": chance.betavariate(5, 4),
        "milliseconds": chance.lognormvariate(7, 0.4) * world.slower,
        "tokens": chance.lognormvariate(7, 0.1),
    }
    return seen


def recorded(dice: random.Random, began: datetime, number: int, french: float) -> Completed:
    """An action as the ledger has it, with what guards measured; the share of French ones is given."""
    language = "fr" if dice.random() < french else "en"
    action_id = PSEUDONYMS.action_id("order_cancellation", f"customer {number % 40}", str(number))
    usual = completed(action_id, number)
    rejected = dice.random() < 0.1
    cited = Clause(id="CANCEL-PENDING", version=1, text="Only while it is pending.")
    bodies: list[tuple[Role, Body]] = [
        ("workflows", Started(action="order_cancellation", requester="shop", pseudonym=action_id.split("-")[1])),
        ("guards", _measured("language", language=language, unknown_words=round(dice.gauss(0.4, 0.1), 3))),
        ("guards", _measured("size", characters=dice.randint(20, 400))),
        ("llm", Proposed(
            event=dice.choices(["cancel", "ask_which"], [8, 2])[0],
            arguments={"order_id": "#W1234567"},
            rationale="They say: my name is Mia Meier, mia@x.org, cancel it.",
            model="small", prompt="order_cancellation", prompt_version=6, prompt_hash="0",
            usage=Usage(input_tokens=900, output_tokens=dice.randint(20, 60)),
            duration_ms=dice.randint(300, 900), cited=(cited,),
        )),
        ("workflows", Closed(outcome="rejected" if rejected else "done", state="end")),
    ]  # fmt: skip
    at = began.isoformat()
    entries = [LedgerEntry.of(body, f"workflow#{place}", role, at) for place, (role, body) in enumerate(bodies)]
    choice: Choice = "reject" if rejected else "approve"
    return Completed(action_id, tuple(entries), replace(usual.decision, choice=choice, at=began))


def _measured(guard: str, **values: float | str) -> Judged:
    return Judged(guard=guard, version="1", judgement="allow", rule="none", reason="nothing found", measured=values)
