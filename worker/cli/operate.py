"""For operators: what waits, what it would do, and deciding on it."""

import getpass
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated

import typer
from rich.table import Column, Table

from leverframe import Leverframe, Pending, Receipt, Status
from leverframe.contracts.decision import Choice
from leverframe.pseudonym import Pseudonyms
from worker.cli.showing import plan_table
from worker.cli.terminal import console, run, use_running_stack
from worker.connection import connect
from worker.settings import WorkerSettings, load
from worker.telemetry import start_telemetry

ME = getpass.getuser()
Action = Annotated[str, typer.Argument(help="Id of the action.")]
Code = Annotated[str, typer.Argument(help="Confirmation code, as 'show' prints it.")]
Note = Annotated[str, typer.Option(help="Why, for the record.")]
Name = Annotated[str, typer.Option("--as", help="Who decides; unverified unless the server authenticates you.")]


@asynccontextmanager
async def sdk(identity: str | None = None, pseudonym_key: str | None = None) -> AsyncIterator[Leverframe]:
    """The SDK as these commands use it: traced, and connected to the running stack if there is one."""
    settings = load(WorkerSettings)
    telemetry = start_telemetry("leverframe-cli", settings.spans_dir if settings.spans else None)
    try:
        client = await connect([telemetry.interceptor], identity=identity)
        pseudonyms = Pseudonyms(pseudonym_key) if pseudonym_key else None
        yield Leverframe(client, pseudonyms, settings.task_queue_prefix)
    finally:
        telemetry.close()


def pending(awaiting: Annotated[str | None, typer.Option(help="A role of operators, or 'user'.")] = None) -> None:
    """List the actions that wait for somebody."""
    use_running_stack()
    table = Table(Column("action", overflow="fold"), "state", "waits for", "since")
    for item in run(_pending(awaiting)):
        table.add_row(item.action_id, item.state, item.awaiting, f"{item.since:%Y-%m-%d %H:%M:%S} UTC")
    console.print(table if table.row_count else "Nothing waits.")


async def _pending(awaiting: str | None) -> list[Pending]:
    async with sdk() as client:
        return [item async for item in client.pending(awaiting)]


def show(action: Action) -> None:
    """Show where an action stands and, if it waits for a decision, exactly what it would do."""
    use_running_stack()
    status = run(_status(action))
    console.print(f"[bold]{status.action_id}[/] is in [bold]{status.state}[/], waiting for {status.awaiting}.")
    if status.question:
        console.print(f"The user is asked: {status.question}", markup=False)
    if status.plan:
        console.print(plan_table(status.plan))
        console.print(
            f"Role [bold]{status.role}[/] decides, until {status.deadline}. Code [bold]{status.plan.code}[/]:\n"
            f"  python -m worker approve {action} {status.plan.code} --note '...' --as NAME",
            soft_wrap=True,
        )
    if status.notice:
        console.print(f"Last refused: {status.notice}", markup=False)


async def _status(action: str) -> Status:
    async with sdk() as client:
        return await client.status(action)


def approve(action: Action, code: Code, note: Note = "", name: Name = ME) -> None:
    """Approve the plan with this confirmation code."""
    _decide("approve", action, code, note, name)


def reject(action: Action, code: Code, note: Note = "", name: Name = ME) -> None:
    """Reject the plan with this confirmation code."""
    _decide("reject", action, code, note, name)


def _decide(choice: Choice, action: str, code: str, note: str, name: str) -> None:
    use_running_stack()
    receipt = run(_send(choice, action, code, note, name))
    console.print(receipt.message, style="green" if receipt.accepted else "red", markup=False)
    if not receipt.accepted:
        raise typer.Exit(1)


async def _send(choice: Choice, action: str, code: str, note: str, name: str) -> Receipt:
    async with sdk(identity=name) as client:
        send = client.approve if choice == "approve" else client.reject
        return await send(action, code, note)
