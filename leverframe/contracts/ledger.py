from pydantic import Field, JsonValue

from leverframe.contracts.base import ActionName, Capability, Contract
from leverframe.contracts.entries import Body
from leverframe.contracts.entry import EntryKind


class LedgerEntry(Contract):
    """Something that happened in an action, as the role that saw it reports it."""

    key: str
    """Unique within the action, so that recording twice writes once."""
    kind: EntryKind
    role: str
    """Which role reports it, or is reported: one of :data:`leverframe.contracts.names.ROLES`."""
    at: str
    """When, ISO 8601 in UTC."""
    body: dict[str, JsonValue]

    @classmethod
    def of(cls, body: Body, key: str, role: str, at: str) -> "LedgerEntry":
        """The entry that says this."""
        return cls(key=key, kind=body.kind, role=role, at=at, body=body.written())


class RecordRequest(Contract):
    """Append entries, in order, to the action's chain."""

    action_id: str
    capability: Capability = Field(repr=False)
    """Narrowed to recording in this action's chain."""
    case_of: ActionName | None = None
    """Where the case about the action records, and not the action itself: what kind of action that is."""
    entries: tuple[LedgerEntry, ...]
