from typing import Annotated

import typer

from worker.actions.new_action import ROOT, ActionRefused, write_skeleton
from worker.cli.terminal import console, errors


def new_action(name: Annotated[str, typer.Argument(help="For example gift_card_top_up.")]) -> None:
    """Write the skeleton of a new action into this checkout: it loads, is proven safe, and does nothing yet."""
    try:
        written = write_skeleton(name)
    except ActionRefused as error:
        errors.print(str(error), style="red", markup=False)
        raise typer.Exit(2) from None
    for path in written:
        console.print(str(path.relative_to(ROOT)), markup=False, highlight=False)
    console.print("\nNext: docs/add-an-action.md. Sort the imports with 'make format'.")
