"""For operators: the cases that people take over, and what is done with one."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import typer
from rich.table import Column, Table
from rich.text import Text

from desk.times import moment
from leverframe import Pending
from leverframe.calls import Calls
from leverframe.cases import Cases, case_act, signed_act
from leverframe.contracts.case import Case
from leverframe.contracts.decision import CaseStep, Receipt
from leverframe.naming import words
from leverframe.telling import inert
from worker.cli.operate import ME, Key, Name, Note, connected, own_key
from worker.cli.terminal import console, run, use_running_stack
from worker.settings.base import load
from worker.settings.shared import WorkerSettings

MOST = 500
"""Cases that are listed, the nearest deadline first."""
ONE = typer.Argument(help="Id of the case, as 'cases' lists it.")


def cases(
    case: str | None = typer.Argument(None, help="Id of one case, to read it; all if left out."),
    role: str | None = typer.Option(None, help="Whose, such as 'support'; all if left out."),
) -> None:
    """List what people have to take over, the nearest deadline first; or show one case."""
    use_running_stack()
    if case is not None:
        _show(run(_look(case)))
        return
    found = run(_open(role))
    table = Table(Column("case", no_wrap=True), "for", "taken by", "since", "until", "")
    for one in found:
        cells = [Text(inert(cell)) for cell in (one.action_id, words(one.awaiting), one.claimed or "nobody")]
        table.add_row(*cells, moment(one.since), moment(one.deadline), Text("late" if one.escalated else "", "yellow"))
    console.print(table if found else "No case is open.")


def claim(case: str = ONE, note: Note = "", name: Name = None, key: Key = None) -> None:
    """Take a case: it is yours."""
    _handle("claim", case, note, name, key)


def release(case: str = ONE, note: Note = "", name: Name = None, key: Key = None) -> None:
    """Give a case back, so that somebody else can take it."""
    _handle("release", case, note, name, key)


def resolve(
    case: str = ONE, how: str = typer.Argument(help="How it was settled."), name: Name = None, key: Key = None
) -> None:
    """End a case, and say for the record how it was settled."""
    _handle("resolve", case, how, name, key)


@asynccontextmanager
async def _cases(identity: str | None = None) -> AsyncIterator[Cases]:
    async with connected(identity) as client:
        yield Cases(Calls(client, load(WorkerSettings).answer_within))


async def _open(role: str | None) -> list[Pending]:
    found: list[Pending] = []
    async with _cases() as cases:
        async for one in cases.open(role):
            found.append(one)
            if len(found) == MOST:
                break
    return found


async def _look(case: str) -> Case:
    async with _cases() as cases:
        return await cases.look(case)


def _handle(step: CaseStep, case: str, note: str, name: str | None, key: Path | None) -> None:
    use_running_stack()
    receipt = run(_send(step, case, note, name or ME, own_key(name, key)))
    console.print(Text(inert(receipt.message), "green" if receipt.accepted else "red"))


async def _send(step: CaseStep, case: str, note: str, name: str, key: str | None) -> Receipt:
    async with _cases(name) as cases:
        said = signed_act(key, await cases.look(case), step, note) if key else case_act(note)
        return await cases.handle(case, step, said)


def _show(case: Case) -> None:
    table = Table(show_header=False, box=None)
    for label, texts in (
        ("case", (case.case_id,)),
        ("for", (f"{words(case.role)}{', overdue' if case.overdue else ''}, until {case.deadline[:16]} UTC",)),
        ("taken by", (case.owner.identity if case.owner else "nobody",)),
        ("why", (case.reason,)),
        ("done", case.done),
        ("not done", case.undone),
        ("user wrote", (*case.why.messages, *case.messages)),
        ("was told", (case.reply,)),
        ("noted", tuple(f"{one.who}: {one.note}" for one in case.story if one.what == "note")),
        ("settled", (case.resolved,) if case.resolved is not None else ()),
    ):
        for text in texts:
            table.add_row(Text(label, "dim"), Text(inert(text)))
    console.print(table)
