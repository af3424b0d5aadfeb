"""An operator at the terminal: what they see and type, in the inbox and with plain commands."""

import os
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from textual.pilot import Pilot

from desk.inbox.app import Inbox
from desk.inbox.desk import Desk
from tests.support.command import command
from tests.support.rig import Rig
from worker.embedded.temporal import TemporalServer
from worker.testing.keys import PAYLOAD_RING
from worker.testing.serving import as_person
from worker.testing.waiting import until

WIDE = (150, 90)
"""Columns and lines: all of a plan is in sight."""


class Screen:
    """What the operator sees, and the keys that they press."""

    def __init__(self, app: Inbox, pilot: Pilot[None]) -> None:
        self.app, self.pilot = app, pilot

    @property
    def text(self) -> str:
        """All that is on the screen, line by line."""
        strips = self.app.screen._compositor.render_strips()
        return "\n".join(strip.text.rstrip() for strip in strips)

    async def shows(self, *parts: str, seconds: float = 30) -> str:
        """Wait until each part is on the screen."""

        async def text() -> str:
            await self.pilot.pause()
            return re.sub(r"\s+", " ", self.text)

        try:
            found: str = await until(text, lambda text: all(part in text for part in parts), seconds)
        except TimeoutError:
            raise AssertionError(f"expected {parts} on the screen:\n{self.text}") from None
        return found

    async def press(self, *keys: str) -> None:
        await self.pilot.press(*keys)
        await self.pilot.pause()

    async def type(self, text: str) -> None:
        await self.press(*("space" if character == " " else character for character in text))

    async def decide(self, key: str, *fields: str) -> None:
        """Open the form with a key, and fill in its fields one after the other."""
        await self.press(key)
        for field in fields:
            await self.type(field)
            await self.press("enter")


@asynccontextmanager
async def inbox(
    rig: Rig,
    name: str = "olga@support",
    role: str | None = "support",
    key: str | None = None,
    within: float = 15,
    size: tuple[int, int] = WIDE,
) -> AsyncIterator[Screen]:
    app = Inbox(Desk(await as_person(rig.client, name), key, within), role, name, every=0.2)
    async with app.run_test(size=size) as pilot:
        yield Screen(app, pilot)


def cells(text: str) -> list[tuple[str, ...]]:
    """The lines of the plan's table."""
    found = (line.split("│")[1:-1] for line in text.splitlines() if line.count("│") == 6)
    return [tuple(cell.strip() for cell in row) for row in found]


async def worker(rig: Rig, server: TemporalServer, *arguments: str, **environment: str) -> tuple[int, str]:
    """Exit code and output of a command that is handed the server and the keys."""
    own = {"TEMPORAL_ADDRESS": server.address, "LEVERFRAME_PAYLOAD_KEYS": PAYLOAD_RING, "TZ": "UTC"}
    return await command(*arguments, environment=os.environ | own | rig.key_service | environment)
