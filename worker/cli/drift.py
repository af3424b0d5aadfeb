from datetime import datetime
from typing import Annotated

import typer


def drift(
    to: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="Last day of the week; yesterday if left out.")
    ] = None,
    baseline: Annotated[
        tuple[datetime, datetime] | None,
        typer.Option(
            metavar="FROM TO",
            formats=["%Y-%m-%d"],
            help="First and last day to compare with; the eight weeks before the week if left out.",
        ),
    ] = None,
    every: Annotated[float | None, typer.Option(min=0.01, help="Hours between two; once only if left out.")] = None,
) -> None:
    """Tell what has changed in a week beyond chance, with examples; exit code 1 when something has. Days are UTC."""
    if baseline is not None and baseline[0] > baseline[1]:
        raise typer.BadParameter("--baseline has its earlier day first")
    if to is not None and every is not None:
        raise typer.BadParameter("--every always takes the newest week: --to goes without it")
    from worker.cli.drifting import run_drift

    compared = (baseline[0].date(), baseline[1].date()) if baseline else None
    run_drift(to.date() if to else None, compared, every)
