"""For operators: what waits, what it would do, and deciding on it."""

import getpass
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Group
from rich.measure import Measurement
from rich.table import Column, Table
from rich.text import Text
from temporalio.client import Client

from desk.times import moment
from leverframe import Leverframe, Plan, Receipt
from leverframe.claiming import any_name_counts
from leverframe.confirmation_code import too_long
from leverframe.contracts.decision import Choice
from leverframe.decision_signature import signed
from leverframe.naming import stands, words
from leverframe.pseudonym import Pseudonyms
from leverframe.subject_keys import SubjectKeys
from leverframe.telling import inert
from worker.cli.terminal import console, run, use_running_stack
from worker.connection import connect
from worker.keys.first_operator import OPERATOR_KEY
from worker.settings.base import load
from worker.settings.service import ServiceSettings
from worker.settings.shared import PayloadSettings, WorkerSettings

if TYPE_CHECKING:
    from desk.inbox.desk import Sight
    from desk.inbox.item import Item

ME = getpass.getuser()
Action = Annotated[str, typer.Argument(help="Id of the action.")]
Code = Annotated[str, typer.Argument(help="Confirmation code or whole digest, as 'show' prints them.")]
Note = Annotated[str, typer.Option(help="Why, for the record.")]
Amount = Annotated[
    str | None, typer.Option(help="How much money it is about, as you read it in the plan; where 'show' asks for it.")
]
Name = Annotated[
    str | None, typer.Option("--as", help="Who decides, unsigned: unverified unless the server authenticates you.")
]
Key = Annotated[
    Path | None,
    typer.Option(help="File with your own private key: signs exactly the plan shown.", exists=True, dir_okay=False),
]


@asynccontextmanager
async def connected(identity: str | None = None, people: SubjectKeys | None = None) -> AsyncIterator[Client]:
    """A client as these commands use it: traced, and connected to the running stack if there is one.

    ``people`` are the keys that it encrypts with; those of the settings if left out.
    """
    settings, payloads = load(WorkerSettings), load(PayloadSettings)
    from worker.telemetry.setup import start_telemetry

    telemetry = start_telemetry("leverframe-cli", settings.spans_dir if settings.spans else None)
    try:
        people = people or payloads.people
        yield await connect(
            [telemetry.interceptor],
            identity=identity,
            payload_keys=payloads.keys,
            people=people,
            tenant=settings.only_tenant,
        )
    finally:
        telemetry.close()


@asynccontextmanager
async def sdk(identity: str | None = None, service: ServiceSettings | None = None) -> AsyncIterator[Leverframe]:
    """The SDK on such a client; ``service`` lets it start actions."""
    settings, people = load(WorkerSettings), load(PayloadSettings).people
    async with connected(identity, people) as client:
        pseudonyms = Pseudonyms(service.pseudonym_key.get_secret_value()) if service else None
        issuer_keys = service.issuer.public if service else None
        yield Leverframe(client, pseudonyms, settings.task_queue_prefix, issuer_keys, people, settings.answer_within)


def pending(
    awaiting: Annotated[str | None, typer.Option(help="A role of operators, 'user' or 'model'.")] = None,
    everything: Annotated[bool, typer.Option("--all", help="Also what waits for nobody, and what it does.")] = False,
) -> None:
    """List the actions that wait for somebody, the nearest deadline first; of very many, those that end first."""
    if awaiting is not None and everything:
        raise typer.BadParameter("--awaiting and --all exclude each other")
    use_running_stack()
    items = run(_pending(awaiting, everything))
    table = Table(Column("action", no_wrap=True), "state", "waits for", "waiting since", "deadline", "")
    for item, doing in items:
        cells = [Text(inert(cell)) for cell in (item.action_id, stands(item.state), words(item.role))]
        table.add_row(*cells, moment(item.since), moment(item.deadline), Text(_marks(item, doing), "yellow"))
    if not items:
        console.print("Nothing is open." if everything else "Nothing waits. What is at work is listed by --all.")
    elif Measurement.get(console, console.options.update(max_width=sys.maxsize), table).minimum <= console.width:
        console.print(table)
    else:
        # Too narrow for a table: an id that is broken over lines cannot be copied.
        for item, doing in items:
            console.print(Text(inert(item.action_id), "bold"), soft_wrap=True)
            console.print(
                Text.assemble(
                    f"  {inert(stands(item.state))}, waits for {inert(words(item.role))}  ",
                    (_marks(item, doing), "yellow"),
                )
            )
            console.print(Text(f"  since {moment(item.since)}, until {moment(item.deadline)}"))
    if line := any_name_counts():
        console.print(Text(line, "yellow"), soft_wrap=True)


def _marks(item: "Item", doing: str) -> str:
    return "escalated" if item.escalated else doing


async def _pending(awaiting: str | None, everything: bool) -> "list[tuple[Item, str]]":
    from desk.inbox.desk import Desk

    async with connected() as client:
        desk = Desk(client, within=load(WorkerSettings).answer_within)
        return await desk.everything() if everything else [(item, "") for item in await desk.waiting(awaiting)]


def show(action: Action) -> None:
    """Show where an action stands and, if it waits for a decision, exactly what it would do and why."""
    use_running_stack()
    sight = run(look(action))
    status = sight.status
    where = (inert(status.action_id), "bold"), " is in ", (inert(stands(status.state)), "bold")
    console.print(Text.assemble(*where, f", waiting for {status.awaiting}."))
    if sight.doing:
        console.print(Text(f"Now: {sight.doing}."), soft_wrap=True)
    if status.question:
        console.print(Text(f"The user is asked: {inert(status.question)}"))
    if sight.plan:
        _show_plan(sight, sight.plan)
    elif status.notice:
        console.print(Text(f"Note: {inert(status.notice)}"))


def _show_plan(sight: "Sight", plan: Plan) -> None:
    from desk.inbox.telling import reasoned, told

    console.print(Group(reasoned(sight.why), *told(sight.status, plan)))
    amount = "--amount AMOUNT " if sight.status.amount_needed else ""
    approve = f"  python -m worker approve {inert(sight.status.action_id)} {plan.digest} {amount}--note '...'"
    code = ("Too long for a code; only the whole digest counts",) if too_long(plan) else ("Code ", (plan.code, "bold"))
    console.print(Text.assemble(*code, f":\n{approve} [--key or --as]"), soft_wrap=True)


async def look(action: str) -> "Sight":
    """An action as it stands now, its plan found to be genuine; raises as :meth:`desk.inbox.desk.Desk.look` does."""
    from desk.inbox.desk import Desk

    async with connected() as client:
        return await Desk(client, within=load(WorkerSettings).answer_within).look(action)


def approve(
    action: Action, code: Code, amount: Amount = None, note: Note = "", name: Name = None, key: Key = None
) -> None:
    """Approve the plan with this confirmation code."""
    _decide("approve", action, name, key, _Said(code, note, amount))


def reject(action: Action, code: Code, note: Note = "", name: Name = None, key: Key = None) -> None:
    """Reject the plan with this confirmation code."""
    _decide("reject", action, name, key, _Said(code, note))


@dataclass(frozen=True)
class _Said:
    """What somebody gives with a decision."""

    code: str
    note: str
    amount: str | None = None


def _decide(choice: Choice, action: str, name: str | None, key: Path | None, said: _Said) -> None:
    use_running_stack()
    receipt = run(_send(choice, action, name or ME, own_key(name, key), said))
    console.print(Text(inert(receipt.message), "green" if receipt.accepted else "red"))
    if not receipt.accepted:
        raise typer.Exit(1)


def own_key(name: str | None, key: Path | None) -> str | None:
    """The private key to sign with: the given one, or the first operator's where no name is given and one is known."""
    told = os.environ.get(OPERATOR_KEY) if name is None else None
    file = key or (Path(told) if told else None)
    return file.read_text().strip() if file else None


async def _send(choice: Choice, action: str, name: str, key: str | None, said: _Said) -> Receipt:
    async with sdk(identity=name) as client:
        if key is not None:
            plan = await client.plan(action)
            decision = signed(key, choice, action, plan, said.code, said.note, said.amount)
            return await client.decide(action, choice, decision)
        if choice == "approve":
            return await client.approve(action, said.code, said.note, said.amount)
        return await client.reject(action, said.code, said.note)
