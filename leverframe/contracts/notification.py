"""What a business's webhook is told about an action, and what the workflow asks for when it has somebody told."""

from datetime import datetime
from typing import Annotated, Literal, TypeAlias

from pydantic import AwareDatetime, ConfigDict, Field

from leverframe.contracts.base import ActionName, Contract

NotificationType = Literal[
    "action.waiting", "action.reminded", "action.escalated", "action.expired",
    "case.opened", "case.written", "case.reminded", "case.escalated", "case.overdue", "case.resolved",
]  # fmt: skip
Awaited = Literal["operator", "user"]
Name: TypeAlias = Annotated[str, Field(pattern=r"^[A-Za-z0-9_.-]{1,64}$")]
"""Of a state or a role: nothing that a person's data or a text could hide in."""


class NotifyRequest(Contract):
    """Have the webhook told about the action whose workflow asks; whose that is, the Temporal server says."""

    type: NotificationType
    state: str
    """Id of the machine's state that waits."""
    visit: int = Field(ge=1)
    """How often the action has been in that state."""
    awaiting: Awaited
    role: str | None
    """The role that may decide, while awaiting an operator."""
    deadline: datetime | None = None
    """When waiting ends; none for an action that has ended."""


class _Received(Contract):
    # A receiver that is older than the sender goes on with what it knows.
    model_config = ConfigDict(extra="ignore")


class NotificationData(_Received):
    """Which action waits, and for whom. Nothing that it is about: no plan, no code, nobody's data."""

    action_id: Annotated[str, Field(min_length=1, max_length=1000)]
    action: ActionName
    state: Name
    """Id of the machine's state that waits, or in which the action has ended."""
    awaiting: Awaited
    role: Name | None = None
    """The role that may decide, while awaiting an operator; after an escalation the one to which it has gone, and after
    a hand-over the one that takes over."""
    deadline: AwareDatetime | None = None
    """When waiting ends; it then fails closed. None once the action has ended."""
    link: str | None = None
    """The action's page in the Temporal UI, where the sender knows that UI's address."""


class Notification(_Received):
    """One message to the webhook. Its id, the same however often it is sent, is the header ``webhook-id``."""

    type: NotificationType
    timestamp: AwareDatetime
    """When it happened."""
    data: NotificationData
