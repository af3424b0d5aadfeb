"""What was tried in an action and not let through. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

from audit.report.entry import Entry
from leverframe.contracts.entries import Answered, Decided, Judged, Troubled, Withdrawn
from leverframe.telling import JUDGEMENTS

HELD = ("block", "escalate")
"""Judgements that end the way to the model or to the machine."""


@dataclass(frozen=True)
class Refusal:
    """Something that was tried and not let through."""

    seq: int
    at: str
    who: str
    """Who refused."""
    what: str
    why: str


def refused(entry: Entry) -> Sequence[Refusal]:
    """What an entry tells of that was refused: nothing, or one thing."""
    row, told = entry.row, entry.said
    match told:
        case Judged() if told.judgement in HELD:
            what = JUDGEMENTS[told.judgement]
            return [Refusal(row.seq, row.at, f"guard {told.guard}", what, f"{told.reason} ({told.rule})")]
        case Decided(accepted=False):
            who = told.approver.identity if told.approver else "somebody"
            return [Refusal(row.seq, row.at, row.role, f"{told.choice} by {who}", told.reason or "")]
        case Answered(accepted=False):
            return [Refusal(row.seq, row.at, row.role, "an answer", told.reason or "")]
        case Withdrawn(accepted=False):
            why = told.reason or "It came too late: a write was under way and was finished first."
            return [Refusal(row.seq, row.at, row.role, "withdrawing", why)]
        case Troubled():
            return [Refusal(row.seq, row.at, row.role, "a step", told.what)]
    return []
