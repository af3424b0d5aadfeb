"""What a notification says to the people who are to do something, in words. Pure."""

from leverframe import Notification
from leverframe.local_time import in_words
from leverframe.naming import words

TITLES = {
    "action.waiting": "A decision is needed",
    "action.reminded": "Still undecided, and the deadline is near",
    "action.escalated": "Nobody has decided: it comes to you",
    "action.expired": "Nobody has decided in time: it ends undone",
    "case.opened": "A case to take over",
    "case.written": "The customer has written once more",
    "case.reminded": "A case waits still, and its deadline is near",
    "case.escalated": "Nobody has taken a case: it comes to you",
    "case.overdue": "A case is overdue",
    "case.resolved": "A case is resolved",
}
"""Of a kind that is not known here, its name is the title."""


def for_operators(told: Notification) -> bool:
    """Whether it is for people of the business, and not for the service that asked."""
    return told.data.awaiting == "operator"


def title(told: Notification) -> str:
    """One line: what kind of action it is, and what about it."""
    return f"{TITLES.get(told.type, told.type)}: {words(told.data.action)}"


def details(told: Notification) -> list[str]:
    """For whom it is and until when, one line each. Neither names nor texts: those stand where one decides."""
    data = told.data
    lines = [f"For: {words(data.role or data.awaiting)}"]
    if data.deadline is not None:
        lines.append(f"Until: {in_words(data.deadline)}")
    return [*lines, f"Action: {data.action_id}"]
