"""What the API is sent and what it answers. Limits are the SDK's."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from leverframe.contracts.base import ActionName, Told
from leverframe.contracts.feedback import LONGEST_FEEDBACK, Thumb
from leverframe.contracts.request import TEXT_LIMIT, Identifier
from leverframe.contracts.status import Outcome
from leverframe.pseudonym import ACTION_ID

LONGEST_WAIT = 30
"""Seconds that a request may wait for what becomes of an action."""

ActionId = Annotated[
    str,
    Field(pattern=f"^{ACTION_ID.pattern.replace('?P<pseudonym>', '')}$", description="Id of an action, or of a part."),
]
Text = Annotated[str, StringConstraints(min_length=1, max_length=TEXT_LIMIT, pattern=r"\S")]


class _Sent(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


class Start(_Sent):
    """A request for an action on behalf of the user for whom the capability was minted."""

    action: ActionName = Field(description="Which action; the capability must be for it.")
    request_id: Identifier = Field(description="The caller's own id of this request: sent twice, it is one action.")
    text: Text = Field(description="What the user wants, in their own words.")
    shadow: bool = Field(default=False, description="Only to see what it would come to: nothing is done or told.")


class Reply(_Sent):
    """The user's answer to the open question."""

    text: Text


class FollowUp(_Sent):
    """What the user writes after the action has ended: a person of the business reads it."""

    request_id: Identifier = Field(description="The caller's own id of this message: sent twice, it is read once.")
    text: Text


class Feedback(_Sent):
    """What the user thinks of an action that has ended."""

    thumb: Thumb
    text: str = Field(default="", max_length=LONGEST_FEEDBACK, description="Why, in the user's own words.")


class FollowedUp(Told):
    """The case in which a person of the business reads it."""

    case_id: str


class Started(Told):
    """The action that was started, or had been started before by the same request."""

    action_id: str


class Standing(Told):
    """Where an action stands, as its user may know it: who decides and on what exactly is the operators' matter."""

    action_id: str
    action: str
    state: str
    """Id of the machine's current state."""
    awaiting: Literal["nobody", "user", "operator"]
    question: str | None = None
    """What the user is asked, while it waits for the user."""
    deadline: str | None = None
    """When waiting ends, ISO 8601 in UTC."""
    parts: tuple[str, ...] = ()
    """Ids of the actions that were started as parts of this one."""
    sentence: str
    """The same in words for the user."""
    outcome: Outcome | None = None
    """How it ended, once it has."""
