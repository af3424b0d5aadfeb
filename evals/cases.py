from pathlib import Path

from pydantic import BaseModel, ConfigDict, JsonValue

FOLDER = Path(__file__).parent / "cases"


class Case(BaseModel):
    """A customer's message, their orders, and what a careful clerk might do next."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str
    kind: str
    text: str
    events: tuple[str, ...]
    """The events that are right; ``blocked`` where the guards should stop the message."""
    order_id: str | None
    """The order that the message is about, where that can be told."""
    orders: tuple[dict[str, JsonValue], ...]
    """What the scoped read returns for this customer."""


def read_cases(name: str) -> list[Case]:
    """The cases of a file among ``evals/cases``."""
    lines = (FOLDER / f"{name}.jsonl").read_text(encoding="utf-8").splitlines()
    return [Case.model_validate_json(line) for line in lines]
