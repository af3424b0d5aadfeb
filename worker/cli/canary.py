from typing import Annotated

import typer

NIGHTLY = "0 3 * * *"


def canary(
    cases: Annotated[
        list[str] | None, typer.Option(help="A file among evals/cases, or a path; can be given again. All by default.")
    ] = None,
    limit: Annotated[int, typer.Option(min=1, max=200, help="Take so many of them, spread evenly.")] = 24,
    least: Annotated[float, typer.Option(min=0.01, max=1, help="Share of the cases that must be right.")] = 0.9,
    nightly: Annotated[
        bool, typer.Option("--nightly", help="Have the server start it again and again instead of once now.")
    ] = False,
    cron: Annotated[str, typer.Option(help="With --nightly: when, in UTC, as cron says it.")] = NIGHTLY,
) -> None:
    """Have the live model and guards decide a fixed set of cases; exit code 1 when too many go wrong."""
    from worker.cli.evaluating import Selection, told

    with told():
        chosen = Selection(tuple(cases or ()), (), (), limit, 1, 1, False).cases()
        from worker.cli.canarying import run_canary

        run_canary(chosen, least, cron if nightly else None)
