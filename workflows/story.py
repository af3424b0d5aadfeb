"""What has happened, in words for operators: pure functions of the ledger's entries."""

from leverframe.contracts import entries
from leverframe.contracts.story import Happened
from leverframe.handling_words import in_words, person
from leverframe.local_time import in_words as moment
from leverframe.local_time import parsed
from leverframe.naming import ended, words

KEPT = 200
"""How many of the newest are kept of one action, besides the first."""


def happened(body: entries.Body, at: str) -> Happened | None:
    """What an entry tells operators; ``None`` for what they read elsewhere, or need not."""
    told = _told(body)
    return Happened(at=at, what=told[0], note=told[1]) if told else None


def _told(body: entries.Body) -> tuple[str, str] | None:
    match body:
        case entries.Started():
            return f"Asked for by {body.requester}", ""
        case entries.Reopened():
            return "Looked at again: there was news", ""
        case entries.Planned():
            return "The plan was shown", "; ".join(body.sentences)
        case entries.Decided():
            return _decided(body), body.note or ""
        case entries.Handled():
            return in_words(body), body.note
        case entries.Reminded():
            until = parsed(body.deadline)
            return f"Reminded: it waits until {moment(until) if until else body.deadline}", ""
        case entries.Escalated():
            return f"Now {words(body.target)} decides instead of {words(body.source)}", ""
        case entries.Asked():
            return "The user was asked", body.text
        case entries.Answered():
            return (
                "The user has answered" if body.accepted else "An answer of the user was not taken",
                body.reason or "",
            )
        case entries.Withdrawn():
            return "Withdrawn" if body.accepted else "Withdrawing it changed nothing", body.reason or ""
        case entries.Troubled():
            return "Something went wrong", body.what
        case entries.Part():
            return f"A part of it, {words(body.action)}: {ended(body.outcome or 'started')}", ""
        case entries.Closed():
            return f"Ended: {ended(body.outcome)}", ""
        case _:
            return None


def _decided(body: entries.Decided) -> str:
    done = {"approve": "Approved", "reject": "Rejected"}[body.choice] if body.accepted else f"A wish to {body.choice}"
    refused = "" if body.accepted else f" did not count: {body.reason}"
    return f"{done} by {person(body.approver)}{refused}"
