"""What a user thinks of an action that has ended."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field

from leverframe.contracts.base import ActionName, Capability, Contract, Told
from leverframe.contracts.request import Identifier

Thumb = Literal["up", "down"]
MOST_FEEDBACK = 3
"""How often it can be given of one action: the last one counts."""
LONGEST_FEEDBACK = 1000
"""Characters."""


class FeedbackRequest(Contract):
    """Feedback as a service hands it on; its text is not screened yet."""

    action_id: str
    action: ActionName
    capability: Capability = Field(repr=False)
    """The user's own, bound to the action; used to write into its ledger and for nothing else."""
    issuer_key: Annotated[str, Field(pattern=r"^ed25519/[0-9a-f]{64}$")]
    requester: Identifier
    thumb: Thumb
    text: str = Field(default="", max_length=LONGEST_FEEDBACK)


class Feedback(Told):
    """What a user thinks of an action, as people may read it."""

    thumb: Thumb
    text: str = ""
    """Masked; empty where they have said nothing."""
    at: datetime
