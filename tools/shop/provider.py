"""What a payment provider knows of a payment and its refunds, and what whoever speaks with one can do. In cents."""

from dataclasses import dataclass
from typing import ClassVar, Literal, Protocol, runtime_checkable

from pydantic import BaseModel, ConfigDict

from tools.base import CallContext
from tools.outside import Answer

PROVIDER = "REFUND-PROVIDER"
"""Clause: what the provider refuses, a person looks at."""
DISPUTED = "REFUND-DISPUTED"
"""Clause: what the customer's bank is already claiming back is not sent back a second time."""
LOST = ("failed", "canceled")
"""States of a refund whose money stays with, or comes back to, the business."""

Standing = Literal["succeeded", "pending", "unclear", "failed"]
"""What a refund has come to. ``pending``: the provider is at it. ``unclear``: it waits for somebody, or its state is
none that is known here, so that a person has to look; its money may still move."""


class ProviderRefund(BaseModel):
    """A refund as the provider knows it."""

    model_config = ConfigDict(frozen=True, strict=True)

    id: str
    amount: int
    currency: str
    status: str | None = None
    metadata: dict[str, str] = {}
    failure_reason: str | None = None

    @property
    def standing(self) -> Standing:
        match self.status:
            case "succeeded" | "pending":
                return self.status
            case "failed" | "canceled":
                return "failed"
        return "unclear"

    @property
    def row(self) -> str | None:
        """Id of the row in the books that it belongs to; ``None`` for one that was made elsewhere."""
        return self.metadata.get("leverframe_refund")

    def answer(self) -> Answer:
        """It as a receipt."""
        return Answer({"refund": self.id, "status": self.status}, carried_out=self.standing == "succeeded")

    @property
    def why(self) -> str:
        """Why it has failed, as the provider says."""
        return (self.failure_reason or self.status or "unknown")[:200]


@dataclass(frozen=True)
class Tag:
    """By which a refund is found again: Leverframe's own names for it, kept at the provider."""

    action_id: str
    refund_id: str
    """Of the row in the books; also the idempotency key."""

    @property
    def metadata(self) -> dict[str, str]:
        return {"leverframe_action": self.action_id, "leverframe_refund": self.refund_id}


@dataclass(frozen=True)
class Seen:
    """What the provider says of a payment."""

    captured: int
    currency: str
    refunds: tuple[ProviderRefund, ...]
    disputed: bool = False
    """Whether the customer's bank claims the money back."""

    def of_action(self, action_id: str) -> dict[str, ProviderRefund]:
        """The action's own refunds by the id of their row in the books."""
        return {
            refund.row or "": refund for refund in self.refunds if refund.metadata.get("leverframe_action") == action_id
        }

    def left(self) -> int:
        """What can still be refunded."""
        return self.captured - sum(refund.amount for refund in self.refunds if refund.status not in LOST)


@runtime_checkable
class PaymentProvider(Protocol):
    """Reads and makes refunds, in the words of this file.

    Every method raises :class:`~tools.errors.Unreachable` when there is no answer that can be relied on,
    :class:`~tools.errors.ToolRefused` when the provider says no for good, and :class:`~tools.errors.NotConnected`
    when it does not accept this worker. Another provider is one more file with a class of
    :class:`~tools.systems.Systems`, which the entry point ``leverframe.systems`` names.
    """

    MISSING: ClassVar[str] = (
        "the payment is at the payment provider, and this worker has no access to it; set LEVERFRAME_STRIPE_API_KEY"
    )

    service: str
    """Its refunds, as plans name them: ``stripe.refunds``."""

    async def see(self, payment: str) -> Seen:
        """What was captured of a payment, and all of its refunds."""

    async def create(self, payment: str, cents: int, tag: Tag) -> ProviderRefund:
        """Send money back. An attempt whose answer was lost may have done it all the same: look before another."""


def provider_of(call: CallContext) -> PaymentProvider:
    """The payment provider; raises :class:`~tools.errors.NotConnected` when this worker has no access to it."""
    # Whoever fulfils it is meant.
    return call.outside.reach(PaymentProvider)  # type: ignore[type-abstract]
