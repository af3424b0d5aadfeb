from pathlib import Path
from typing import Annotated

import typer


def machines(
    action: Annotated[str | None, typer.Argument(help="Show this one's diagram and transition table.")] = None,
    check: Annotated[Path | None, typer.Option(help="Verify the machines in this file, without running them.")] = None,
    docs: Annotated[bool, typer.Option("--docs", help="Bring the actions' pages up to date.")] = False,
    into: Annotated[Path | None, typer.Option(help="The folder of the pages, if not docs/actions here.")] = None,
) -> None:
    """List the machines with their proofs; exit code 1 when one does not hold."""
    # Only here: a role that has no use for the machines must not load them.
    from worker.cli.proofs import show_machines

    show_machines(action, check, docs, into)
