from leverframe.contracts.base import Told
from leverframe.contracts.policy import Clause
from leverframe.contracts.proposal import Proposal
from leverframe.contracts.verdict import Verdict


class Way(Told):
    """One thing that can happen next."""

    event: str
    """Of the machine."""
    target: str
    """Name of the state that it leads to."""


class Why(Told):
    """Why an action stands where it does, as whoever answers for the workflow says: nothing is bound to it."""

    requester: str
    pseudonym: str
    """Of the user whom it is about."""
    messages: tuple[str, ...] = ()
    """What the user wrote, masked, oldest first."""
    quoted: tuple[str, ...] = ()
    """What they quoted or forwarded in it, and do not say now; masked."""
    proposal: Proposal | None = None
    """What the model proposed last, found to be legal."""
    cited: tuple[Clause, ...] = ()
    """The clauses that the proposal rests on."""
    related: tuple[Clause, ...] = ()
    """Others that are near to the user's words."""
    verdicts: tuple[Verdict, ...] = ()
    """What the guards have said, oldest first."""
    ways: tuple[Way, ...] = ()
    """What the machine allows next, but for withdrawing."""
