"""For operators: what waits, what it would do, and deciding on it."""

import getpass
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Column, Table

from leverframe import (
    Decision,
    InvalidRequest,
    Leverframe,
    Pending,
    Plan,
    Receipt,
    Refused,
    Status,
    plan_digest,
    sign_decision,
)
from leverframe.contracts.decision import Choice
from leverframe.digest import is_genuine
from leverframe.pseudonym import Pseudonyms
from worker.cli.showing import plan_table
from worker.cli.terminal import console, run, use_running_stack
from worker.connection import connect
from worker.settings import PayloadSettings, ServiceSettings, WorkerSettings, load
from worker.telemetry import start_telemetry

ME = getpass.getuser()
Action = Annotated[str, typer.Argument(help="Id of the action.")]
Code = Annotated[str, typer.Argument(help="Confirmation code or whole digest, as 'show' prints them.")]
Note = Annotated[str, typer.Option(help="Why, for the record.")]
Name = Annotated[str, typer.Option("--as", help="Who decides; unverified unless the server authenticates you.")]
Key = Annotated[
    Path | None,
    typer.Option(help="File with your own private key: signs exactly the plan shown.", exists=True, dir_okay=False),
]


DIGEST_LENGTH = 64
"""Characters of a whole digest."""


@asynccontextmanager
async def sdk(identity: str | None = None, service: ServiceSettings | None = None) -> AsyncIterator[Leverframe]:
    """The SDK as these commands use it: traced, and connected to the running stack if there is one.

    ``service`` lets it start actions.
    """
    settings, payloads = load(WorkerSettings), load(PayloadSettings)
    telemetry = start_telemetry("leverframe-cli", settings.spans_dir if settings.spans else None)
    try:
        people = payloads.people
        client = await connect([telemetry.interceptor], identity=identity, payload_keys=payloads.keys, people=people)
        pseudonyms = Pseudonyms(service.pseudonym_key.get_secret_value()) if service else None
        issuer_keys = service.issuer.public if service else None
        yield Leverframe(client, pseudonyms, settings.task_queue_prefix, issuer_keys, people)
    finally:
        telemetry.close()


def pending(awaiting: Annotated[str | None, typer.Option(help="A role of operators, or 'user'.")] = None) -> None:
    """List the actions that wait for somebody."""
    use_running_stack()
    table = Table(Column("action", overflow="fold"), "state", "waits for", "since")
    for item in run(_pending(awaiting)):
        table.add_row(item.action_id, item.state, item.awaiting, f"{item.since:%Y-%m-%d %H:%M:%S} UTC")
    console.print(table if table.row_count else "Nothing waits.")


async def _pending(awaiting: str | None) -> list[Pending]:
    async with sdk() as client:
        return [item async for item in client.pending(awaiting)]


def show(action: Action) -> None:
    """Show where an action stands and, if it waits for a decision, exactly what it would do."""
    use_running_stack()
    status = run(_status(action))
    console.print(f"[bold]{status.action_id}[/] is in [bold]{status.state}[/], waiting for {status.awaiting}.")
    if status.question:
        console.print(f"The user is asked: {status.question}", markup=False)
    if status.plan:
        _show_plan(status, genuine(action, status.plan))
    if status.notice:
        console.print(f"Last refused: {status.notice}", markup=False)


def _show_plan(status: Status, plan: Plan) -> None:
    console.print(plan_table(plan))
    people = status.quorum or 1
    so_far = ", ".join(f"{one.person} ({one.trust})" for one in status.approvals) or "nobody yet"
    needed = "One person must approve" if people == 1 else f"{people} different people must approve"
    console.print(f"{needed}; so far: {so_far}.", markup=False)
    console.print(
        f"Role [bold]{status.role}[/] decides, until {status.deadline}. Code [bold]{plan.code}[/]:\n"
        f"  python -m worker approve {status.action_id} {plan.digest} --note '...' --as NAME [or --key FILE]",
        soft_wrap=True,
    )


def genuine(action: str, plan: Plan) -> Plan:
    """The plan, if its digests are those of its contents; raises :class:`~leverframe.Refused`.

    An approval is bound to the digest: whoever could change the one without the other would have people approve
    something else than they read.
    """
    if not is_genuine(action, plan):
        raise Refused(
            f"the plan of {action} is not shown: its digest is not that of its contents. Whoever answers for the "
            "workflow may have been taken over; decide nothing and tell whoever runs Leverframe."
        )
    return plan


async def _status(action: str) -> Status:
    async with sdk() as client:
        return await client.status(action)


def approve(action: Action, code: Code, note: Note = "", name: Name = ME, key: Key = None) -> None:
    """Approve the plan with this confirmation code."""
    _decide("approve", action, code, note, name, key)


def reject(action: Action, code: Code, note: Note = "", name: Name = ME, key: Key = None) -> None:
    """Reject the plan with this confirmation code."""
    _decide("reject", action, code, note, name, key)


def _decide(choice: Choice, action: str, code: str, note: str, name: str, key: Path | None) -> None:
    use_running_stack()
    private_key = key.read_text().strip() if key else None
    receipt = run(_send(choice, action, code, note, name, private_key))
    console.print(receipt.message, style="green" if receipt.accepted else "red", markup=False)
    if not receipt.accepted:
        raise typer.Exit(1)


async def _send(choice: Choice, action: str, code: str, note: str, name: str, key: str | None) -> Receipt:
    async with sdk(identity=name) as client:
        if key is not None:
            plan = (await client.status(action)).plan
            return await client.decide(action, choice, signed(key, choice, action, plan, code, note))
        send = client.approve if choice == "approve" else client.reject
        return await send(action, code, note)


def signed(key: str, choice: Choice, action: str, plan: Plan | None, code: str, note: str) -> Decision:
    """The decision signed with the operator's own private key, for the plan whose digest the operator has read.

    Raises :class:`~leverframe.InvalidRequest` when only its code is given, for which another plan could have been
    put in its place, and :class:`~leverframe.Refused` when that plan does not wait (any more), or is not genuine.
    """
    if len(code) < DIGEST_LENGTH:
        raise InvalidRequest(f"to sign, give the whole digest ({DIGEST_LENGTH} characters) that 'show {action}' prints")
    if plan is None or genuine(action, plan).digest != code:
        raise Refused(f"no plan with the digest {code!r} waits; look again with 'show {action}'")
    # Of what was read and not of what is claimed, so that what was shown is what is signed.
    digest = plan_digest(action, plan.calls)
    return sign_decision(key, action_id=action, digest=digest, choice=choice, note=note)
