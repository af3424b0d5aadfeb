import asyncio

import typer

from leverframe.contracts.names import Role
from worker.cli.terminal import console, run
from worker.connection import connect, polls, worker_identity
from worker.settings import WorkerSettings, load


def check_health(roles: tuple[Role, ...], pid: int) -> None:
    """Exit with 1 unless the workers of that process on this machine ask for tasks."""
    waiting = run(_not_polling(roles, pid))
    if waiting:
        console.print(f"Not asking for tasks: {', '.join(waiting)}.")
        raise typer.Exit(1)


async def _not_polling(roles: tuple[Role, ...], pid: int) -> list[Role]:
    client = await connect()
    prefix = load(WorkerSettings).task_queue_prefix
    asked = await asyncio.gather(*(polls(client, role, prefix, worker_identity(role, pid)) for role in roles))
    return [role for role, polling in zip(roles, asked, strict=True) if not polling]
