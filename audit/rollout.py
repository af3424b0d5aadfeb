"""What an action proposed, beside what people did: from the ledger, pure."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from pydantic import BaseModel, ConfigDict, JsonValue

from audit.audit import ActionAudit
from audit.rates import NOTHING, Rate
from audit.report.period_figures import written_in
from leverframe.contracts.entries import Decided, Judged, PeopleDid, Planned, Proposed, Started
from leverframe.live_bar import Bar
from leverframe.modes import Mode
from tools.said import said_as

UNTOLD = "not told"
OTHER = "something else"
"""What people did who rejected a plan and said no more."""
EXAMPLES = 3


@dataclass(frozen=True)
class Compared:
    """One action's last proposal, and what people did about the same request, if that is known."""

    action_id: str
    mode: Mode
    at: str
    proposed: str
    """Its event; ``undecided`` where the model found none, or a guard stopped it."""
    arguments: dict[str, JsonValue]
    planned: bool
    """Whether it came to a plan: in live, people would have been shown one."""
    prompt: str
    model: str
    tokens: tuple[int, int]
    """Read and written."""
    did: str | None
    agrees: bool
    group: str
    language: str
    minutes: float | None


def compare(audit: ActionAudit, action: str) -> Compared | None:
    """What is to be compared of an action of this kind; ``None`` of others, and of what cannot be read or verified."""
    started = next((told for _, told in said_as(Started, audit.entries)), None)
    if started is None or started.action != action or not audit.ok:
        return None
    proposals = list(said_as(Proposed, audit.entries))
    row, last = proposals[-1] if proposals else (None, None)
    did = next((told for _, told in reversed(list(said_as(PeopleDid, audit.entries)))), None)
    guessed = next(filter(None, (written_in(told) for _, told in said_as(Judged, audit.entries))), "")
    event, arguments = (last.event, last.arguments) if last else ("undecided", {})
    chosen, agrees = _chosen(audit, event, arguments, did)
    used = [told.usage for _, told in proposals if told.usage]
    return Compared(
        action_id=audit.action_id,
        mode=started.mode,
        at=row.at if row else audit.entries[0].at,
        proposed=event,
        arguments=arguments,
        planned=any(True for _ in said_as(Planned, audit.entries)),
        prompt=f"{last.prompt_version} ({last.prompt_hash})" if last else "",
        model=last.model if last else "",
        tokens=(sum(one.input_tokens for one in used), sum(one.output_tokens for one in used)),
        did=chosen,
        agrees=agrees,
        group=(did.group if did else "") or UNTOLD,
        language=(did.language if did else "") or guessed or UNTOLD,
        minutes=did.minutes if did else None,
    )


def _chosen(
    audit: ActionAudit, event: str, arguments: dict[str, JsonValue], did: PeopleDid | None
) -> tuple[str | None, bool]:
    """What people did, and whether it is what was proposed: as they told, else as they decided on its plan."""
    if did is not None:
        same = all(_form(arguments.get(name)) == _form(value) for name, value in did.arguments.items())
        return did.event, event == did.event and same
    decided = [told.choice for _, told in said_as(Decided, audit.entries) if told.accepted]
    if not decided:
        return None, False
    return (OTHER, False) if "reject" in decided else (event, True)


def _form(value: JsonValue) -> JsonValue:
    """Without what does not matter: the case of letters, the width of spaces, the order of a list."""
    if isinstance(value, list):
        return sorted((_form(each) for each in value), key=repr)
    return " ".join(value.casefold().split()) if isinstance(value, str) else value


class Part(BaseModel):
    """Base of the figures' parts."""

    model_config = ConfigDict(frozen=True)


class Otherwise(Part):
    """What was proposed where people did something else."""

    proposed: str
    did: str
    count: int
    plans: int
    """How many of them came to a plan: what the person who confirms must catch."""
    examples: tuple[str, ...]
    """Ids of actions."""


class Rollout(Part):
    """How far an action has come from shadow to live, under its newest prompt and model."""

    action: str
    prompt: str
    """Version and hash."""
    model: str
    agreement: Rate
    wrong_plans: Rate
    """Plans that differ from what people did, of all that was compared."""
    by_group: dict[str, Rate]
    by_language: dict[str, Rate]
    otherwise: tuple[Otherwise, ...]
    """The commonest first."""
    minutes_saved: float
    """Of people, where the proposal agreed; a plan's confirmation is still theirs."""
    untold_minutes: int
    """Of how many it was taken as the command says, since nobody told how long people took."""
    input_tokens: int
    output_tokens: int
    waiting: int
    """Actions of this prompt and model of which nobody has told what people did."""
    modes: dict[str, Rate]
    """The agreement by mode."""
    earlier: dict[str, Rate]
    """The agreement under earlier prompts and models, the newest first."""

    def meets(self, bar: Bar) -> bool:
        return self.agreement.of >= bar.cases and self.agreement.interval[0] >= bar.share

    @property
    def stage(self) -> Literal["nothing compared", "compared"]:
        return "compared" if self.agreement.of else "nothing compared"


def rollout(action: str, found: Iterable[Compared], minutes: float) -> Rollout:
    """The figures of an action; ``minutes`` counts where nobody told how long people took."""
    all_of_it = sorted(found, key=lambda one: one.at)
    newest = next((one for one in reversed(all_of_it) if one.model), None)
    current = (newest.prompt, newest.model) if newest else ("", "")
    # What came to no proposal says nothing of its prompt: it counts for the newest that there was before it.
    parts: dict[tuple[str, str], list[Compared]] = defaultdict(list)
    place = ("", "")
    for one in all_of_it:
        place = (one.prompt, one.model) if one.model else place
        parts[place].append(one)
    own = parts.pop(current, [])
    known = [one for one in own if one.did is not None]
    agreed = [one for one in known if one.agrees]
    return Rollout(
        action=action,
        prompt=current[0],
        model=current[1],
        agreement=_agreement(known),
        wrong_plans=Rate.among(one.planned and not one.agrees for one in known),
        by_group=_by(known, "group"),
        by_language=_by(known, "language"),
        otherwise=_otherwise(known),
        minutes_saved=sum(minutes if one.minutes is None else one.minutes for one in agreed),
        untold_minutes=sum(one.minutes is None for one in agreed),
        input_tokens=sum(one.tokens[0] for one in own),
        output_tokens=sum(one.tokens[1] for one in own),
        waiting=len(own) - len(known),
        modes=_by(known, "mode"),
        earlier={" by ".join(filter(None, name)): _agreement(part) for name, part in reversed(parts.items())},
    )


def _agreement(found: Sequence[Compared]) -> Rate:
    return Rate.among(one.agrees for one in found if one.did is not None) if found else NOTHING


def _by(found: Sequence[Compared], name: Literal["group", "language", "mode"]) -> dict[str, Rate]:
    parts: dict[str, list[Compared]] = defaultdict(list)
    for one in found:
        parts[str(getattr(one, name))].append(one)
    return {part: _agreement(ones) for part, ones in sorted(parts.items(), key=lambda item: -len(item[1]))}


def _otherwise(found: Sequence[Compared]) -> tuple[Otherwise, ...]:
    wrong = [one for one in found if not one.agrees]
    counted = Counter((one.proposed, one.did or "") for one in wrong)
    return tuple(
        Otherwise(
            proposed=proposed,
            did=f"{did}, otherwise" if did == proposed else did,
            count=count,
            plans=sum(one.planned for one in wrong if (one.proposed, one.did) == (proposed, did)),
            examples=tuple(one.action_id for one in wrong if (one.proposed, one.did) == (proposed, did))[:EXAMPLES],
        )
        for (proposed, did), count in counted.most_common()
    )
