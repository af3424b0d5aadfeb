"""One action as drift sees it: no word of anybody, only what was so and how much. Pure."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from audit.report.period_figures import Happened, settled, told, written_in
from leverframe.contracts.entries import Closed, Decided, FeedbackEntry, Judged, Proposed, Troubled
from tools.approvals import RecordedDecision

TOLD = tuple(model.kind for model in (Judged, Proposed, Decided, Troubled, Closed, FeedbackEntry))
"""Kinds of entries whose bodies it needs."""
UNSURE = "not sure"
"""The language of a text that is too short to tell, or was not measured."""
FINE = 4
"""Bins of a number for each doubling."""


@dataclass
class Observed:
    """What was so in an action, figure by figure; a figure that is not here did not come up in it."""

    action_id: str
    action: str
    language: str = UNSURE
    mixes: dict[str, set[str]] = field(default_factory=dict)
    """By figure, the categories that it had."""
    numbers: dict[str, float] = field(default_factory=dict)


def observe(
    action_id: str, action: str, entries: Iterable[Happened], decisions: Sequence[RecordedDecision]
) -> Observed:
    """What an action's entries tell. Those that cannot be read are left out."""
    found = Observed(action_id, action, mixes={"guards": set(), "problem": set()})
    for entry in entries:
        match told(entry):
            case Judged() as judged:
                _judged(found, judged)
            case Proposed() as proposed:
                _proposed(found, proposed)
            case Troubled():
                found.mixes["problem"].add(f"told by {entry.role}")
            case Decided(accepted=False):
                found.mixes["problem"].add("decision that did not count")
            case FeedbackEntry(thumb=thumb):
                found.mixes["feedback"] = {thumb}
            case Closed(outcome=outcome):
                found.mixes["outcome"] = {outcome}
    plans = {decision.digest for decision in decisions}
    ends = [settled([one for one in decisions if one.digest == digest]) for digest in plans]
    if any(ends):
        found.mixes["override"] = {"rejected"} if any(one and one.choice == "reject" for one in ends) else {"approved"}
    found.mixes["language"] = {found.language}
    return found


def bin_of(number: float) -> int:
    """Where a number that is not negative falls, in steps of a fifth; so none need be kept."""
    return math.floor(math.log2(number) * FINE) if number > 0 else -(10**6)


def _judged(found: Observed, judged: Judged) -> None:
    if found.language == UNSURE:
        found.language = written_in(judged) or UNSURE
    if judged.rule != "none":
        found.mixes["guards"].add(f"{judged.guard}: {judged.rule} ({judged.judgement})")
    for name, value in judged.measured.items():
        # What an action begins with: later messages answer questions.
        if isinstance(value, float):
            found.numbers.setdefault(name, value)


def _proposed(found: Observed, proposed: Proposed) -> None:
    # The last one counts: it is what people were shown.
    found.mixes["proposal"] = {proposed.event}
    found.mixes["clause"] = {f"{clause.id} version {clause.version}" for clause in proposed.cited} or {"none"}
    found.mixes["model"] = {f"{proposed.model}, {proposed.prompt} version {proposed.prompt_version}"}
    if proposed.duration_ms is not None:
        found.numbers["milliseconds"] = found.numbers.get("milliseconds", 0.0) + proposed.duration_ms
    if proposed.usage is not None:
        tokens = proposed.usage.input_tokens + proposed.usage.output_tokens
        found.numbers["tokens"] = found.numbers.get("tokens", 0.0) + tokens
