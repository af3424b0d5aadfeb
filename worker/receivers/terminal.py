"""Notifications in a terminal, to try them out."""

from collections.abc import Callable
from dataclasses import dataclass

from leverframe import Notification


@dataclass(frozen=True)
class Terminal:
    """Shows each on a line."""

    show: Callable[[str], object]

    async def hand_on(self, message_id: str, told: Notification) -> None:
        """Show it."""
        data = told.data
        happened = f"{told.timestamp:%Y-%m-%d %H:%M} UTC"
        ends = f"{data.deadline:%Y-%m-%d %H:%M} UTC" if data.deadline else "its end"
        words = (happened, told.type, f"{data.action_id}: {data.role or data.awaiting}, until {ends}", data.link)
        self.show("  ".join(filter(None, words)))
