from typing import Literal

from pydantic import Field

from leverframe.contracts.base import Contract

Choice = Literal["approve", "reject"]
Trust = Literal["principal", "claimed"]
"""How the person was established: computed by the Temporal server, or claimed by the client (unverified)."""


class Decision(Contract):
    """What an operator sends with ``approve`` or ``reject``."""

    code: str = Field(min_length=1, max_length=64)
    """The confirmation code shown in the details of the waiting action."""
    note: str = Field(default="", max_length=500)
    """Why, in the operator's words."""


class Approver(Contract):
    """Who decided, as read from the history event."""

    identity: str
    trust: Trust
    event_id: int
    """The history event that carries the decision."""


class JudgeRequest(Contract):
    """Ask the approvals role who sent a decision and whether that person may decide."""

    action_id: str
    run_id: str
    choice: Choice
    update_id: str | None
    """Id of the update that carried the decision; ``None`` for a signal."""
    signal_index: int | None
    """Which of the action's decision signals, from 0 in the order of history; ``None`` for an update."""
    digest: str
    requester: str
    subject: str
    deciders: tuple[str, ...]
    """Identities that have decided on this plan already."""


class Judged(Contract):
    """Whether the decision counts."""

    accepted: bool
    approver: Approver | None
    reason: str
    """Plain words for the operator."""


class Receipt(Contract):
    """What the operator is told."""

    accepted: bool
    message: str
