from typing import Annotated, Literal

from pydantic import Field, JsonValue

from leverframe.contracts.base import Contract

CODE_LENGTH = 12
"""Characters of the digest that an operator types to confirm: too many for a hostile worker to find two plans with one
code among those that it could have made (48 bits; :data:`activities.permission.VISITS`)."""

Row = dict[str, JsonValue]


Credential = Literal["user", "service"]
"""With whose rights a request goes to a system outside: the user's own there, or those of a service account."""


class Asking(Contract):
    """How a request to a system outside goes."""

    credential: Credential
    safeguard: str
    """What keeps it from undoing what somebody else changes meanwhile."""


def _absent(value: object) -> bool:
    return value is None


class RowChange(Contract):
    """One changed row: its key, and the changed columns before and after; or what is asked of a system outside."""

    table: str
    key: Row
    before: Row | None
    """``None`` for an inserted row."""
    after: Row | None
    """``None`` for a deleted row."""
    asking: Annotated[Asking | None, Field(exclude_if=_absent)] = None
    """Of a request to a system outside; the digests of rows are as they were before there was any."""


class PlannedCall(Contract):
    """A write that a plan covers, before it is run."""

    call: str
    """The machine's state that runs it."""
    key: str
    """Idempotency key within the action: ``state#visit``."""
    tool: str
    arguments: dict[str, JsonValue]


class CallPlan(Contract):
    """The exact effects that one call would have."""

    planned: PlannedCall
    changes: tuple[RowChange, ...]
    digest: str
    """SHA-256 (hex) of ``planned`` and ``changes`` in canonical JSON (RFC 8785)."""

    @property
    def asks(self) -> bool:
        """Whether it asks something of a system outside."""
        return any(change.asking for change in self.changes)


class Plan(Contract):
    """The exact effects of all calls that one confirmation covers."""

    calls: tuple[CallPlan, ...]
    digest: str
    """SHA-256 (hex) over the action id and the calls' digests; what an approval is bound to."""

    @property
    def code(self) -> str:
        """The confirmation code that an operator reads from the plan and types."""
        return self.digest[:CODE_LENGTH]
