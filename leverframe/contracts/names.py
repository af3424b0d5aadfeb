"""Names on the wire: task queues, activities, search attributes. Workflows know the other roles only by these."""

from typing import Literal, get_args

from temporalio.common import SearchAttributeKey

Role = Literal["workflows", "guards", "llm", "approvals", "tools"]
ROLES: tuple[Role, ...] = get_args(Role)

SCREEN = "screen"
REPLY = "reply"
RETRIEVE = "retrieve"
PROPOSE = "propose"
JUDGE = "judge"
PREVIEW = "preview"
CALL = "call"
RECORD = "record"

STATE = SearchAttributeKey.for_keyword("LeverframeState")
AWAITING = SearchAttributeKey.for_keyword("LeverframeAwaiting")
ACTION = SearchAttributeKey.for_keyword("LeverframeAction")
SUBJECT = SearchAttributeKey.for_keyword("LeverframeSubject")
SEARCH_ATTRIBUTES = (STATE, AWAITING, ACTION, SUBJECT)


def task_queue(role: Role, prefix: str = "leverframe") -> str:
    """The task queue of a role, for example ``leverframe-tools``."""
    return f"{prefix}-{role}"
