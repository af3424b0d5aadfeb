"""Commands for the reference shop alone."""

import typer

from worker.demo.importing import importing

TRYING = "Trying it out"


def add_commands(app: typer.Typer) -> None:
    """Add them to the command line."""
    app.command(rich_help_panel=TRYING)(demo)
    app.add_typer(importing, name="import", rich_help_panel=TRYING)


def demo() -> None:
    """Run eight actions on real parts, and check that no promise was broken."""
    from worker.demo.performing import run_demo

    run_demo()
