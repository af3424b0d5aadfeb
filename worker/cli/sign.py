"""A decision as the Temporal UI's dialog takes it, signed with the operator's own key."""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Group

from leverframe import Decision, InvalidRequest, Refused
from leverframe.contracts.decision import Choice
from leverframe.decision_signature import signed
from worker.cli.operate import Action, Amount, Note, look
from worker.cli.terminal import console, errors, run, use_running_stack


def sign(
    action: Action,
    key: Annotated[Path, typer.Option(help="File with your own private key.", exists=True, dir_okay=False)],
    choice: Annotated[Choice, typer.Option(help="What you decide.")] = "approve",
    amount: Amount = None,
    note: Note = "",
) -> None:
    """Show the plan that waits, and print your signed decision on it: paste it as the data of the UI's dialog.

    It counts once, within ten minutes, for exactly the plan that is shown.
    """
    use_running_stack()
    decision = _signed(action, key.read_text().strip(), choice, amount, note)
    console.print(decision.model_dump_json(exclude_none=True), markup=False, highlight=False, soft_wrap=True)


def _signed(action: str, key: str, choice: Choice, amount: str | None, note: str) -> Decision:
    # Only here: it takes long to load.
    from desk.inbox.telling import told

    sight = run(look(action))
    if sight.plan is None:
        raise Refused(f"no plan of {action} waits for a decision")
    # Beside what is printed, so that this alone can be piped on.
    errors.print(Group(*told(sight.status, sight.plan)))
    if choice == "approve" and sight.status.amount_needed and amount is None:
        raise InvalidRequest("give the money that it is about with --amount, as you have read it in the plan")
    return signed(key, choice, action, sight.plan, sight.plan.digest, note, amount)
