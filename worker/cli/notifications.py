from typing import Annotated

import typer

notifications = typer.Typer(no_args_is_help=True)


Host = Annotated[str, typer.Option(help="Address of this machine to listen at.")]
Port = Annotated[int, typer.Option(min=1, max=65535, help="TCP port of this machine.")]
HOST, PORT = "127.0.0.1", 8090


@notifications.callback()
def _group() -> None:
    """Receivers of the webhook that is told when an action waits for a person; they verify what comes."""


@notifications.command()
def listen(host: Host = HOST, port: Port = PORT) -> None:
    """Print what comes, to try it out, until Ctrl-C."""
    from worker.cli.listening import run_listener

    run_listener(host, port)


@notifications.command()
def chat(host: Host = HOST, port: Port = PORT) -> None:
    """Write what is for operators into a channel of Slack, Microsoft Teams or Mattermost, until Ctrl-C."""
    from worker.cli.listening import run_chat

    run_chat(host, port)


@notifications.command()
def mail(host: Host = HOST, port: Port = PORT) -> None:
    """Send what is for operators by e-mail, until Ctrl-C."""
    from worker.cli.listening import run_mail

    run_mail(host, port)
