"""Commands for the reference shop alone."""

import typer

from worker.demo.importing import importing

TRYING = "Trying it out"
PRODUCTION = "Production"


def add_commands(app: typer.Typer) -> None:
    """Add them to the command line."""
    app.command(rich_help_panel=TRYING)(demo)
    app.add_typer(importing, name="import", rich_help_panel=TRYING)
    app.command(rich_help_panel=PRODUCTION)(webhooks)


def demo() -> None:
    """Run eight actions on real parts, and check that no promise was broken."""
    from worker.demo.performing import run_demo

    run_demo()


def webhooks() -> None:
    """Hear from the payment provider that a refund has changed, and wake its action, until Ctrl-C."""
    from worker.shop.hearing import run_webhooks

    run_webhooks()
