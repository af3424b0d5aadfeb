"""The registered machines with their proofs, and a look at a file before anything of it runs."""

import time
from pathlib import Path

import typer
from rich.markdown import Markdown
from rich.table import Table

from machines.base import ActionMachine
from machines.picture import diagram, purpose, table
from machines.registry import machines as registered
from machines.states import Call
from machines.verify import PROOFS, verify
from worker.actions.machine_files import UnreadableFile, check_file
from worker.actions.machine_pages import FOLDER, write_pages
from worker.cli.terminal import console, errors


def show_machines(action: str | None, check: Path | None, docs: bool, into: Path | None = None) -> None:
    """List all, show one, verify a file, or bring the pages of docs up to date."""
    if check is not None:
        _check(check)
    elif docs:
        _docs(into or FOLDER)
    elif action is not None:
        _one(action)
    else:
        _all()


def _all() -> None:
    found = Table("action", "what it does", "states", "writes", "proofs")
    started = time.perf_counter()
    for name, machine in sorted(registered().items()):
        verify(machine)
        writes = [state.tool for state in machine.states if isinstance(state, Call) and state.effect != "read"]
        found.add_row(name, purpose(machine), str(len(machine.states)), ", ".join(writes), f"{len(PROOFS)} hold")
    seconds = time.perf_counter() - started
    console.print(found)
    counted = f"{len(registered())} machine{'s' if len(registered()) != 1 else ''}"
    console.print(f"{counted} verified in {seconds:.2f} s. Each holds these proofs, over all paths:")
    for proof in PROOFS:
        console.print(f"- {_said(proof.__doc__)}", markup=False, highlight=False)


def _one(action: str) -> None:
    machine = _known(action)
    verify(machine)
    console.print(purpose(machine), style="bold", markup=False)
    console.print(f"Clauses: {', '.join(machine.clauses) or 'none'}", markup=False, highlight=False)
    console.print("\nTransitions:")
    console.print(Markdown(table(machine)))
    console.print("\nDiagram (Mermaid):")
    # As it is, so that it can be copied.
    console.out(diagram(machine), highlight=False)
    console.print("\nProofs that hold:")
    for proof in PROOFS:
        console.print(f"- {_said(proof.__doc__)}", markup=False, highlight=False)


def _known(action: str) -> type[ActionMachine]:
    try:
        return registered()[action]
    except KeyError:
        errors.print(
            f"there is no action {action!r}; known are {', '.join(sorted(registered()))}", style="red", markup=False
        )
        raise typer.Exit(2) from None


def _check(path: Path) -> None:
    try:
        found = check_file(path)
    except UnreadableFile as error:
        errors.print(str(error), style="red", markup=False)
        raise typer.Exit(2) from None
    for one in found:
        said = one.problem or f"{one.name} ({one.action}): all {len(PROOFS)} proofs hold."
        (errors if one.problem else console).print(said, markup=False, highlight=False, soft_wrap=True)
    if any(one.problem for one in found):
        raise typer.Exit(1)


def _docs(folder: Path) -> None:
    missing = write_pages(registered(), folder)
    if missing:
        errors.print(f"no page in {folder} for {', '.join(missing)}", style="red", soft_wrap=True)
        raise typer.Exit(1)
    console.print(f"{folder} is up to date.", soft_wrap=True)


def _said(docstring: str | None) -> str:
    return (docstring or "").strip().splitlines()[0]
