"""Versions of workflows: what runs and waits on each, and which one gets work."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer
from rich.text import Text
from temporalio.client import Client

from leverframe.telling import inert
from worker.cli.terminal import console, run, use_running_stack

if TYPE_CHECKING:
    from worker.settings.shared import WorkerSettings
    from worker.versions.changing import Tried
    from worker.versions.known import Version
    from worker.versions.replaying import Replayed

versions = typer.Typer()

SHOWN = 20
"""So many of what breaks are told of one by one."""
STANDS = {
    "current": "new actions begin on it",
    "ramping": "some of the new actions begin on it",
    "draining": "no new action begins on it",
    "drained": "no new action begins on it",
    "inactive": "it was never promoted",
}


@versions.callback(invoke_without_command=True)
def listed(context: typer.Context) -> None:
    """List the versions of workflows: what runs and waits on each, and until when."""
    if context.invoked_subcommand is None:
        use_running_stack()
        found = run(_versions())
        for one in found:
            console.print(Text(_line(one), "red" if one.deserted else ""), soft_wrap=True)
        if not found:
            console.print("There are no versions: workflows run without one (LEVERFRAME_BUILD_ID).")


@versions.command()
def promote(
    leave: Annotated[
        bool, typer.Option("--leave", help="All the same: what would break stays on the version that it is on.")
    ] = False,
) -> None:
    """Have new actions begin on the version that runs here, once all that is open was replayed on it."""
    use_running_stack()
    settings, tried = run(_promote(leave))
    open_ = len(tried.fit) + len(tried.broken)
    console.print(
        f"New actions begin on {settings.build_id}. Replayed on it first: {open_} that are open.", markup=False
    )
    _tell(tried.broken, "stay where they are, and would break here")


@versions.command()
def move(
    actions: Annotated[list[str] | None, typer.Argument(help="Ids of actions or cases.")] = None,
    of: Annotated[str | None, typer.Option("--from", help="All that stay on this version.")] = None,
) -> None:
    """Have open actions go on with the version that runs here, each once it was replayed on it; what breaks stays."""
    if bool(actions) == bool(of):
        raise typer.BadParameter("name actions, or a version with --from")
    use_running_stack()
    settings, tried = run(_move(actions or [], of))
    console.print(f"Moved to {settings.build_id}: {len(tried.fit)}.", markup=False)
    _tell(tried.broken, "stay where they are, and would break here")
    if tried.broken:
        raise typer.Exit(1)


@versions.command()
def retire(version: Annotated[str, typer.Argument(help="Its id, as the list names it.")]) -> None:
    """Forget a version that nothing stays on and whose workers have ended."""
    use_running_stack()
    run(_retire(version))
    console.print(f"{version} is retired.", markup=False)


async def _versions() -> "list[Version]":
    from worker.versions.known import versions

    return await versions(*await _connected())


async def _promote(leave: bool) -> "tuple[WorkerSettings, Tried]":
    from worker.versions.changing import Breaks, promote

    client, settings = await _connected()
    try:
        return settings, await promote(client, settings, leave)
    except Breaks as error:
        _tell(error.broken, "would break")
        raise


async def _move(actions: list[str], of: str | None) -> "tuple[WorkerSettings, Tried]":
    from worker.versions.changing import move
    from worker.versions.known import named, staying

    client, settings = await _connected()
    found = staying(client, settings, of) if of else named(client, settings, actions)
    return settings, await move(client, settings, found)


async def _retire(version: str) -> None:
    from worker.versions.changing import retire

    await retire(*await _connected(), version)


async def _connected() -> "tuple[Client, WorkerSettings]":
    """With the keys of whoever runs workflows: what is open is read here."""
    from worker.connection import connect
    from worker.settings.base import load
    from worker.settings.shared import PayloadSettings, WorkerSettings

    payloads = load(PayloadSettings)
    return await connect(payload_keys=payloads.keys, people=payloads.people), load(WorkerSettings)


def _line(version: "Version") -> str:
    from desk.times import moment

    name = "Without a version" if version.build is None else inert(version.build)
    stands = STANDS[version.standing]
    workers = f"{version.workers} workers" if version.workers != 1 else "1 worker"
    waits = f", {version.waiting} of them wait, the last until {moment(version.until)}" if version.waiting else ""
    alarm = "; NOTHING OF IT GOES ON: start a worker of it, or move what is open" if version.deserted else ""
    return f"{name}: {stands}; {workers}; {version.open} open{waits}{alarm}"


def _tell(broken: "Sequence[Replayed]", what: str) -> None:
    if not broken:
        return
    console.print(Text(f"{len(broken)} {what}:", "yellow"))
    for one in broken[:SHOWN]:
        console.print(Text(f"  {inert(one.workflow_id)}: {one.breaks}"), soft_wrap=True)
    if len(broken) > SHOWN:
        console.print(f"  and {len(broken) - SHOWN} more")
