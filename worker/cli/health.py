import asyncio

import typer

from leverframe.contracts.names import Role
from worker.cli.terminal import console, run
from worker.connection import connect
from worker.roles.polling import polls, worker_identity
from worker.settings.base import load
from worker.settings.shared import WorkerSettings
from worker.versions.working import idle


def check_health(roles: tuple[Role, ...], pid: int) -> None:
    """Exit with 1 unless the workers of that process on this machine ask for tasks, and their version is given any."""
    if wrong := run(_wrong(roles, pid)):
        console.print(wrong, markup=False, highlight=False, soft_wrap=True)
        raise typer.Exit(1)


async def _wrong(roles: tuple[Role, ...], pid: int) -> str | None:
    client, settings = await connect(), load(WorkerSettings)
    prefix = settings.task_queue_prefix
    asked = await asyncio.gather(*(polls(client, role, prefix, worker_identity(role, pid)) for role in roles))
    waiting = [role for role, polling in zip(roles, asked, strict=True) if not polling]
    if waiting:
        return f"Not asking for tasks: {', '.join(waiting)}."
    return await idle(client, settings) if "workflows" in roles else None
