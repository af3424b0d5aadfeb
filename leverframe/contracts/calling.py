from typing import Annotated, Literal

from pydantic import Field, JsonValue

from leverframe.contracts.base import Capability, Contract, Told, unsaid
from leverframe.contracts.ledger import LedgerEntry
from leverframe.contracts.plan import Plan, PlannedCall


class PreviewRequest(Contract):
    """Ask what the calls would change, in order, without changing anything."""

    action_id: str
    capability: Capability = Field(repr=False)
    """Narrowed to the preview of these calls."""
    calls: tuple[PlannedCall, ...]
    placeholders: dict[str, str] = {}
    """Masked values, put back into the arguments here, so that the plan shows what will be written."""
    ahead: Annotated[bool, Field(exclude_if=unsaid)] = False
    """Whether nobody may come to see the plan: no system outside is looked at for it."""


class Previewed(Told):
    """The plan, or why there is none."""

    plan: Plan | None
    refusal: str = ""
    """The business rule that refused, in words; empty when there is a plan."""
    outside: Annotated[bool, Field(exclude_if=unsaid)] = False
    """Whether there is none since it was asked for ahead, and takes a look at a system outside."""


class CallRequest(Contract):
    """Run one call: a read, a write that needs no approval, or a write of an approved plan."""

    action_id: str
    capability: Capability = Field(repr=False)
    """Narrowed to this call, with the approval of its plan if it is destructive."""
    planned: PlannedCall
    approved: Plan | None = None
    """The approved plan that covers this call; a destructive tool refuses to run without one."""
    placeholders: dict[str, str] = {}
    """Masked values, put back into the arguments here and nowhere else."""
    rest: Annotated[tuple[PlannedCall, ...], Field(exclude_if=unsaid)] = ()
    """The calls that the plan has after it and that are carried out with it, all of them or none. Only the last of all
    may ask something of a system outside."""
    entries: Annotated[tuple[LedgerEntry, ...], Field(exclude_if=unsaid)] = ()
    """What has happened and is not in the ledger yet: it is committed with the effects and stands before them."""
    ahead: Annotated[bool, Field(exclude_if=unsaid)] = False
    """Whether nobody may come to see what is read: no system outside is asked for it. Of a read alone."""

    @property
    def calls(self) -> tuple[PlannedCall, ...]:
        """All that is to be run, in order."""
        return (self.planned, *self.rest)


class CallResult(Told):
    """What came of it; of calls that are carried out together, what came of all of them."""

    status: Literal["succeeded", "pending", "failed", "stale", "unfinished"]
    """``failed``: a rule, or a system outside, refused; nothing was written, and nothing happened there. ``stale``: the
    data moved since the preview; nothing was written or sent. ``pending``: it was written, and a system outside has not
    carried out all of its part. ``unfinished``: a request was sent, and nothing was written here; the message says
    whether it is known what came of it. A person must."""
    output: dict[str, JsonValue] = {}
    """The tool's typed output, of several the last one's; of a read, the facts."""
    message: str = ""
    """Why not, in words for an operator."""

    @property
    def written(self) -> bool:
        """Whether what a write was to do is committed, with the entries that came along."""
        return self.status in ("succeeded", "pending")
