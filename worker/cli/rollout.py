"""``python -m worker rollout``: what an action proposes beside what people do, and how far it is from going live."""

from pathlib import Path
from typing import Annotated

import typer


def rollout(
    action: Annotated[str, typer.Argument(help="Kind of action.")],
    tickets: Annotated[
        Path | None, typer.Option(help="CSV: run these in shadow first. Columns id, user, text; did, minutes, kind, …")
    ] = None,
    did: Annotated[
        Path | None, typer.Option(help="CSV of what people did. Columns action_id, user, did; minutes, kind, …")
    ] = None,
    column: Annotated[
        list[str] | None, typer.Option(help="Which column is which, as in text=body; did.cancel=refunded says a word.")
    ] = None,
    minutes: Annotated[float, typer.Option(min=0, help="Of people for one case, where nobody told.")] = 6.0,
    price: Annotated[str, typer.Option(help="Per million tokens, INPUT/OUTPUT, such as 0.15/0.60.")] = "",
    at_once: Annotated[int, typer.Option(min=1, max=64, help="How many tickets at a time.")] = 8,
) -> None:
    """Tell how often an action's proposals agree with people, and whether it may go live."""
    from worker.cli.rolling_out import Files, run_rollout

    run_rollout(action, Files(tickets, did, tuple(column or ())), minutes, price, at_once)
