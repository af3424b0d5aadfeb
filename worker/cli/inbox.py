"""The terminal inbox, which keeps running until it is left."""

import sys
from pathlib import Path

import typer

from desk.inbox.app import Inbox
from desk.inbox.desk import Desk
from worker.cli.operate import ME, connected, own_key
from worker.cli.terminal import run, use_running_stack
from worker.settings.base import load
from worker.settings.shared import WorkerSettings


def run_inbox(role: str | None, name: str | None, key: Path | None) -> None:
    """Show what waits for a role until the operator leaves."""
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise typer.BadParameter("the inbox needs a terminal; without one use pending, show, approve and reject")
    use_running_stack()
    run(_open(role, name or ME, own_key(name, key)))


async def _open(role: str | None, name: str, key: str | None) -> None:
    async with connected(identity=name) as client:
        await Inbox(Desk(client, key, load(WorkerSettings).answer_within), role, name).run_async()
