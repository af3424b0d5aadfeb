"""What a payment provider knows of a payment and its refunds. Pure; amounts in cents."""

from dataclasses import dataclass

from pydantic import BaseModel, ConfigDict

PROVIDER = "REFUND-PROVIDER"
"""Clause: what the provider refuses, a person looks at."""
LOST = ("failed", "canceled")
"""States of a refund whose money stays with, or comes back to, the business."""


class ProviderRefund(BaseModel):
    """A refund as the provider knows it."""

    model_config = ConfigDict(frozen=True, strict=True)

    id: str
    amount: int
    currency: str
    status: str
    metadata: dict[str, str] = {}
    failure_reason: str | None = None


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

    def of_action(self, action_id: str) -> dict[str, ProviderRefund]:
        """The action's own refunds by the id of their row in the books."""
        return {
            refund.metadata.get("leverframe_refund", ""): refund
            for refund in self.refunds
            if refund.metadata.get("leverframe_action") == action_id
        }

    def left(self, *, without: ProviderRefund | None = None) -> int:
        """What can still be refunded, as if ``without`` had not been."""
        return self.captured - sum(
            refund.amount for refund in self.refunds if refund.status not in LOST and refund != without
        )
