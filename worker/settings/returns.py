"""What a tenant says of the hand-made way, for the part of the report that compares with it."""

from typing import Annotated

from pydantic import Field, field_validator
from pydantic_settings import NoDecode

from audit.report.returns import ByHand
from worker.settings.base import Settings, load
from worker.settings.llm import ModelPrices


class ReturnSettings(Settings):
    """Minutes and money without Leverframe."""

    needed_by = "the report of a period"

    by_hand_minutes: Annotated[dict[str, float], NoDecode] = {}
    """Of people, for one action by hand: ``8``, or by action with commas between, ``8, some_action=11``."""
    by_hand_hourly: float = Field(default=0, ge=0)
    """What an hour of these people costs, in the currency of ``LEVERFRAME_MODEL_CURRENCY``."""
    decision_minutes: float = Field(default=1, ge=0)
    """What reading a plan and deciding takes of a person."""

    @field_validator("by_hand_minutes", mode="before")
    @classmethod
    def _by_action(cls, text: object) -> object:
        if not isinstance(text, str):
            return text
        parts = (part.strip().rpartition("=") for part in text.split(","))
        found = {action.strip(): float(minutes) for action, _, minutes in parts}
        if any(minutes < 0 for minutes in found.values()):
            raise ValueError("expected minutes of zero or more")
        return found


def by_hand() -> ByHand | None:
    """What the settings say; ``None`` where nobody has timed anything. Raises SettingsError."""
    settings, prices = load(ReturnSettings), load(ModelPrices)
    if not settings.by_hand_minutes:
        return None
    return ByHand(
        minutes=settings.by_hand_minutes,
        hourly=settings.by_hand_hourly,
        decision_minutes=settings.decision_minutes,
        input_price=float(prices.model_input_price),
        output_price=float(prices.model_output_price),
        currency=prices.model_currency,
    )
