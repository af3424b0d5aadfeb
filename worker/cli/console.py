"""A console on which nothing that somebody else wrote can steer the terminal, whatever a command prints."""

from collections.abc import Iterable
from typing import Any

from rich.console import Console, ConsoleOptions, RenderableType
from rich.segment import Segment

from leverframe.telling import STEERING, inert_lines


class InertConsole(Console):
    """Marks what would not be seen in all that is printed; only its own colours and widths go to the terminal raw."""

    def print(self, *objects: Any, **options: Any) -> None:
        # Before rich makes text of it, which drops some control characters instead of marking them.
        super().print(*(inert_lines(one) if isinstance(one, str) else one for one in objects), **options)

    def render(self, renderable: RenderableType, options: ConsoleOptions | None = None) -> Iterable[Segment]:
        for segment in super().render(renderable, options):
            yield segment if segment.control else Segment(segment.text.translate(STEERING), segment.style)
