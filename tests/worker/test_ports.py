"""Where 'up' and 'demo' put the UI and its codec server: where they are asked for, or elsewhere when that is taken."""

import asyncio
import socket
from contextlib import AsyncExitStack, closing
from pathlib import Path

import httpx2
import pytest

from worker.embedded import ui
from worker.embedded.process import free_port
from worker.embedded.ui import Screens, screens
from worker.testing.keys import PAYLOAD_RING

KEYS = {"LEVERFRAME_PAYLOAD_KEYS": PAYLOAD_RING}


@pytest.fixture
def pair() -> int:
    """A port that is free, with the one after it."""
    while True:
        port = free_port()
        with closing(socket.socket()) as probe:
            if port < 65535 and probe.connect_ex(("127.0.0.1", port + 1)) != 0:
                return port


async def belong_together(running: Screens) -> None:
    """The UI asks its own codec server, which serves the views of this very UI."""
    async with httpx2.AsyncClient(trust_env=False) as browser:
        settings = (await browser.get(f"{running.temporal.ui}/api/v1/settings")).json()
        assert settings["Codec"]["Endpoint"] == running.codec.endpoint
        view = await browser.get(f"{running.codec.endpoint}/views/awaiting")
        assert view.headers["Location"].startswith(f"{running.temporal.ui}/namespaces/default/workflows?query=")
        running.codec.process.check()


async def test_of_two_that_start_at_once_one_gets_the_ports(tmp_path: Path, pair: int) -> None:
    async with AsyncExitStack() as both:
        found = await asyncio.gather(
            *(both.enter_async_context(screens(tmp_path / name, KEYS, pair)) for name in ("one", "two"))
        )
        (lucky,) = [one for one in found if one.temporal.ui == f"http://127.0.0.1:{pair}"]
        assert lucky.codec.endpoint == f"http://127.0.0.1:{pair + 1}"
        for one in found:
            await belong_together(one)


async def test_while_another_stack_is_about_to_take_the_ports_they_are_left_to_it(tmp_path: Path, pair: int) -> None:
    with ui._kept(pair) as kept:
        assert kept
        async with screens(tmp_path, KEYS, pair) as running:
            assert not running.temporal.ui.endswith(f":{pair}")
            await belong_together(running)


@pytest.mark.parametrize("seen", [True, False], ids=["seen before", "taken in the middle of the start"])
async def test_a_port_of_another_program_is_left_to_it(
    tmp_path: Path, pair: int, monkeypatch: pytest.MonkeyPatch, seen: bool
) -> None:
    if not seen:
        monkeypatch.setattr(ui, "is_free", lambda port: True)
    with socket.create_server(("127.0.0.1", pair)):
        async with screens(tmp_path, KEYS, pair) as running:
            assert not running.temporal.ui.endswith(f":{pair}")
            await belong_together(running)
