"""Names on the wire: task queues, activities, search attributes. Workflows know the other roles only by these."""

from datetime import datetime
from typing import Literal, get_args

from temporalio.common import SearchAttributeKey, SearchAttributePair, TypedSearchAttributes

Role = Literal["workflows", "guards", "llm", "approvals", "tools", "notifications"]
ROLES: tuple[Role, ...] = get_args(Role)

SCREEN = "screen"
REPLY = "reply"
RETRIEVE = "retrieve"
PROPOSE = "propose"
JUDGE = "judge"
PREVIEW = "preview"
CALL = "call"
RECORD = "record"
NOTIFY = "notify"
WITHDRAWAL = "withdrawal"
JUDGE_CASE = "judge_case"
ADMIT = "admit"
SETTLE = "settle"

CASE = "case"
"""The workflow type of cases (:mod:`leverframe.contracts.case`); no action has this name."""
TELL = "leverframe.tell"
"""The workflow type of what has the webhook told that an action was started or has ended; no action has this name."""
FEEDBACK = "leverframe.feedback"
"""The workflow type of what users say of an ended action (:mod:`leverframe.contracts.feedback`); no action has this
name."""
CANARY = "leverframe.canary"
"""The workflow type of a fixed set of cases that model and guards decide (:mod:`leverframe.contracts.canary`); no
action has this name."""
PEOPLE = "leverframe.people"
"""The workflow type of what people did about an action's request; no action has this name."""
WRITE = "write"
"""Signal with one :class:`~leverframe.contracts.case.CaseMessage` to a case."""
ADD = "add"
"""Signal with one :class:`~leverframe.contracts.case.CaseRequest` to a case: the action ended anew."""

WAKE = "wake"
"""Signal without content: something may have happened that the action waits for."""

HANDLE = "handle"
"""Update and signal with one :class:`~leverframe.contracts.decision.Handling`."""
WITHDRAW = "withdraw"
"""Update and signal with one :class:`~leverframe.contracts.withdrawal.Withdrawal`."""
WITHDRAW_OTHERS = "actions.withdraw_open"
"""The tool whose approved call withdraws a user's other actions."""

PASSAGES = "documents.passages"
"""The tool that finds what the company's documents say about a user's words."""
CITE = "documents.cite"
"""The tool that puts the passages into a plan on which it rests."""

AS_SIGNAL = "AsSignal"
"""Type of the error of an update that is to be sent as the signal of the same name."""

STATE = SearchAttributeKey.for_keyword("LeverframeState")
AWAITING = SearchAttributeKey.for_keyword("LeverframeAwaiting")
ACTION = SearchAttributeKey.for_keyword("LeverframeAction")
SUBJECT = SearchAttributeKey.for_keyword("LeverframeSubject")
OUTCOME = SearchAttributeKey.for_keyword("LeverframeOutcome")
"""How an ended action ended."""
ESCALATED = SearchAttributeKey.for_keyword("LeverframeEscalated")
"""``yes`` once a waiting plan has gone to those to whom it escalates."""
TENANT = SearchAttributeKey.for_keyword("LeverframeTenant")
"""Whose an action is; its capability says the same, or it is refused."""
CLAIMED = SearchAttributeKey.for_keyword("LeverframeClaimed")
"""Who is on a plan that waits, or on a case; of one that nobody claimed, not there."""
DEADLINE = SearchAttributeKey.for_datetime("LeverframeDeadline")
"""When waiting ends; of an action that waits for nobody now, when it last would have."""
SEARCH_ATTRIBUTES: tuple[SearchAttributeKey[str] | SearchAttributeKey[datetime], ...] = (
    STATE,
    AWAITING,
    ACTION,
    SUBJECT,
    OUTCOME,
    ESCALATED,
    CLAIMED,
    DEADLINE,
    TENANT,
)


def type_of(key: SearchAttributeKey[str] | SearchAttributeKey[datetime]) -> str:
    """The type of a search attribute as Temporal's commands name it, such as ``Keyword``."""
    return key.indexed_value_type.name.title().replace("_", "")


def task_queue(role: Role, prefix: str = "leverframe") -> str:
    """The task queue of a role, for example ``leverframe-tools``."""
    return f"{prefix}-{role}"


def search_attributes(action: str, pseudonym: str, tenant: str) -> TypedSearchAttributes:
    """What an action starts with, so that lists and saved views find it."""
    pairs = ((ACTION, action), (SUBJECT, pseudonym), (TENANT, tenant), (AWAITING, "nobody"))
    return TypedSearchAttributes([SearchAttributePair(key, value) for key, value in pairs])


def of_tenant(tenant: str) -> TypedSearchAttributes:
    """What says whose something is that no list shows."""
    return TypedSearchAttributes([SearchAttributePair(TENANT, tenant)])


def summary(action: str, pseudonym: str) -> str:
    """What lists of workflows show of an action."""
    return f"{action.replace('_', ' ').capitalize()} for user {pseudonym}"
