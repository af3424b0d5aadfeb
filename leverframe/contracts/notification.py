"""What a business's webhook is told about an action, and what the workflow asks for when it has somebody told."""

from datetime import datetime
from typing import Annotated, Literal, TypeAlias, get_args

from pydantic import AwareDatetime, ConfigDict, Field

from leverframe.contracts.base import ActionName, Contract
from leverframe.contracts.status import OutcomeKind, PartOutcome

NotificationType = Literal[
    "action.started", "action.waiting", "action.reminded", "action.escalated", "action.expired", "action.ended",
    "case.opened", "case.written", "case.reminded", "case.escalated", "case.overdue", "case.resolved",
]  # fmt: skip
PEOPLES = frozenset(get_args(NotificationType)) - {"action.started", "action.ended"}
"""What people are waited for: told unless a setting says otherwise."""
Awaited = Literal["operator", "user", "nobody"]
Name: TypeAlias = Annotated[str, Field(pattern=r"^[A-Za-z0-9_.-]{1,64}$")]
"""Of a state or a role: nothing that a person's data or a text could hide in."""


class NotifyRequest(Contract):
    """Have the webhook told about the action whose workflow asks, or has started the one that asks; whose that is, the
    Temporal server says.
    """

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
    outcome: OutcomeKind | None = None
    """How it has ended, once it has."""
    parts: tuple[PartOutcome, ...] = ()
    """How each part has ended."""
    at: datetime | None = None
    """When it happened; if not said, when the message was asked for."""


def not_usual(kind: NotificationType) -> str:
    """What a workflow asks its worker before it tells of a kind for the first time: whether it is so here that this is
    told though it usually is not, or the other way round. It stands in the history from then on, for replays.
    """
    return f"{'not told' if kind in PEOPLES else 'told'}: {kind}"


class _Received(Contract):
    # A receiver that is older than the sender goes on with what it knows.
    model_config = ConfigDict(extra="ignore")


class NotifiedPart(_Received):
    """How a part of an action has ended."""

    action_id: Annotated[str, Field(pattern=r"^[A-Za-z0-9_./-]{0,300}$")]
    """Empty when it could not be begun."""
    action: ActionName
    kind: OutcomeKind
    state: Name
    """Id of its machine's final state; ``failed`` when it broke off or could not be begun."""


class NotificationData(_Received):
    """Which action waits, for whom, or how it has ended. Nothing that it is about: no plan, no code, nobody's data."""

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
    outcome: OutcomeKind | None = None
    """How the action has ended. The text for the user is not here: the SDK gives it to the service that asked."""
    parts: tuple[NotifiedPart, ...] | None = None
    """How each part has ended, of an action that starts others."""


class Notification(_Received):
    """One message to the webhook. Its id, the same however often it is sent, is the header ``webhook-id``."""

    type: NotificationType
    timestamp: AwareDatetime
    """When it happened."""
    data: NotificationData
