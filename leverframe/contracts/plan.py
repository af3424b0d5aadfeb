from pydantic import JsonValue

from leverframe.contracts.base import Contract

CODE_LENGTH = 12
"""Characters of the digest that an operator types to confirm: too many for a hostile worker to find two plans with one
code among those that it could have made (48 bits; :data:`activities.permission.VISITS`)."""

Row = dict[str, JsonValue]


class RowChange(Contract):
    """One changed row: its key, and the changed columns before and after."""

    table: str
    key: Row
    before: Row | None
    """``None`` for an inserted row."""
    after: Row | None
    """``None`` for a deleted row."""


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


class Plan(Contract):
    """The exact effects of all calls that one confirmation covers."""

    calls: tuple[CallPlan, ...]
    digest: str
    """SHA-256 (hex) over the action id and the calls' digests; what an approval is bound to."""

    @property
    def code(self) -> str:
        """The confirmation code that an operator reads from the plan and types."""
        return self.digest[:CODE_LENGTH]
