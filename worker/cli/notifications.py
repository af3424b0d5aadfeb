from typing import Annotated

import typer

notifications = typer.Typer(no_args_is_help=True)


@notifications.callback()
def _group() -> None:
    """Try out the webhook that is told when an action waits for a person."""


@notifications.command()
def listen(port: Annotated[int, typer.Option(min=1, max=65535, help="TCP port of this machine.")] = 8090) -> None:
    """Be that webhook until Ctrl-C: verify what comes with LEVERFRAME_NOTIFICATIONS_SECRET, and print it."""
    from worker.cli.listening import run_listener

    run_listener(port)
