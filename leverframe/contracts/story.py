from leverframe.contracts.base import Told
from leverframe.contracts.status import Outcome


class Happened(Told):
    """One thing that happened, in words for operators."""

    at: str
    """ISO 8601 in UTC."""
    what: str
    note: str = ""
    """What whoever did it has said of it."""


class Fact(Told):
    """Something that scoped reads told of a thing that the plan names."""

    about: str
    name: str
    text: str


class Story(Told):
    """What has happened in an action, as whoever answers for the workflow says; the ledger is what holds."""

    happened: tuple[Happened, ...] = ()
    """Oldest first."""
    beside: tuple[Fact, ...] = ()
    """What is known of the things that the plan names, while one waits."""
    outcome: Outcome | None = None
    """How it has ended, with what the user was told."""
