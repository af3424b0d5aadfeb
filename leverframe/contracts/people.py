"""What people did about an action's request: what its proposal is compared with."""

from typing import Annotated

from pydantic import Field, JsonValue, StringConstraints

from leverframe.contracts.base import ActionName, Capability, Contract
from leverframe.contracts.request import Identifier

Short = Annotated[str, StringConstraints(max_length=64, pattern=r"^[^\x00-\x1f\x7f]*$")]


class Did(Contract):
    """What people decided, in the words of the action's machine."""

    event: Annotated[str, StringConstraints(min_length=1, max_length=64)]
    """Which of the events that the model could have proposed; ``hand_over`` where it was none of the others."""
    arguments: dict[str, JsonValue] = Field(default={}, max_length=20)
    """With which arguments, as far as that is known: others are not compared."""
    minutes: float | None = Field(default=None, ge=0, le=100_000, allow_inf_nan=False)
    """How long it took them."""
    group: Short = ""
    """What kind of case it is, in the business's own words."""
    language: Annotated[str, StringConstraints(pattern=r"^([a-z]{2})?$")] = ""
    """ISO 639-1 code of what the user wrote; as the guards found it, if left out."""


class DidRequest(Contract):
    """What a service or a command tells of it."""

    action_id: str
    action: ActionName
    capability: Capability = Field(repr=False)
    """The user's own, bound to the action; used to write into its ledger and for nothing else."""
    issuer_key: Annotated[str, Field(pattern=r"^ed25519/[0-9a-f]{64}$")]
    requester: Identifier
    did: Did
