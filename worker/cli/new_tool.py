from pathlib import Path
from typing import Annotated

import typer

from worker.cli.terminal import console, errors


def new_tool(
    openapi: Annotated[Path, typer.Option(help="The system's OpenAPI document, JSON or YAML.")],
    operation: Annotated[str, typer.Option(help="The operation's id (operationId).")],
    package: Annotated[Path | None, typer.Option(help="Your package's folder; printed only, if left out.")] = None,
    user: Annotated[str, typer.Option(help="The parameter that names the user who asks, if there is one.")] = "",
) -> None:
    """Declare a tool for an operation of a system's API: GET is read, all else destructive until you say otherwise."""
    from worker.actions.new_action import ActionRefused, business_of
    from worker.actions.new_tool import declare, write_tool
    from worker.actions.openapi import DocumentRefused, load

    try:
        business = business_of(package) if package else ""
        declared = declare(load(openapi), operation, user, f"{business}.systems" if business else "systems")
        written = write_tool(declared, package) if package else []
    except (DocumentRefused, ActionRefused) as error:
        errors.print(str(error), style="red", markup=False)
        raise typer.Exit(2) from None
    if package is None:
        typer.echo(f"# systems.py\n{declared.api}\n# {declared.name}.py\n{declared.tool}")
    for path in written:
        console.print(str(path), markup=False, highlight=False, soft_wrap=True)
