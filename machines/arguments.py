from collections.abc import Callable, Sequence

from pydantic import BaseModel, ConfigDict

from leverframe.contracts.base import Facts

Options = Callable[[Facts], Sequence[str]]
"""A pure function of the facts: what an argument may be, best first."""


class Arguments(BaseModel):
    """Typed arguments of one event. Each field that names something is an ``Annotated[str, OneOf(...)]``."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class OneOf:
    """Marks an argument as an enumeration filled from this user's own facts.

    With no option left the event is not offered at all.
    """

    def __init__(self, options: Options) -> None:
        self.options = options
