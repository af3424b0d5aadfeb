from pathlib import Path
from typing import Annotated

import typer

from worker.actions.new_action import ActionRefused, write_skeleton
from worker.cli.terminal import console, errors


def new_action(
    name: Annotated[str, typer.Argument(help="For example plan_change.")],
    package: Annotated[Path, typer.Option(help="Your package's folder, for example ../acme-actions; made if new.")],
) -> None:
    """Write the skeleton of a new action into a package of yours: it loads, is proven safe, and does nothing yet."""
    try:
        written = write_skeleton(name, package)
    except ActionRefused as error:
        errors.print(str(error), style="red", markup=False)
        raise typer.Exit(2) from None
    for path in written:
        console.print(str(path), markup=False, highlight=False, soft_wrap=True)
    console.print("\nNext: docs/your-own-business.md.")
