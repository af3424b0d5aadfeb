from collections.abc import Mapping
from typing import Annotated, TypeAlias

from pydantic import Field, JsonValue

from leverframe.contracts.base import Contract, Told

ClauseId: TypeAlias = Annotated[str, Field(pattern=r"^[A-Z][A-Z0-9]*(-[A-Z0-9]+)*$", max_length=64)]
"""Name of a clause, for example ``CANCEL-PENDING``."""


class Clause(Told):
    """One clause of the business's policy, as it stood when it was read: what it says may change, and its id stays."""

    id: ClauseId
    version: Annotated[int, Field(ge=1)]
    """Raised with every change of the text."""
    text: Annotated[str, Field(min_length=1, max_length=1000)]


class RetrieveRequest(Contract):
    """Ask for the clauses that bear on a decision."""

    action_id: str
    citable: tuple[ClauseId, ...]
    """The clauses that the action's machine can cite."""
    messages: tuple[str, ...]
    """What the user wrote, masked, oldest first."""
    business: str = ""
    """Whose clauses may be near to the user's words; empty: any."""


class Retrieved(Told):
    """The clauses for one decision.

    The action's history keeps them, so that a later change of the policy changes neither what a running action cites
    nor how it replays.
    """

    citable: tuple[Clause, ...]
    """Those asked for, in that order, as far as the policy has them."""
    related: tuple[Clause, ...]
    """Others that are nearest to the user's words, best first: for people and larger models, never to be cited."""

    def cited(self, arguments: Mapping[str, JsonValue]) -> tuple[Clause, ...]:
        """The clauses that a proposal with these arguments rests on."""
        return tuple(clause for clause in self.citable if clause.id in arguments.values())


class Related(Contract):
    """A clause that was near to the user's words, without its text."""

    id: str
    version: int
