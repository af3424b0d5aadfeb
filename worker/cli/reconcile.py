from contextlib import AsyncExitStack
from datetime import timedelta

import typer
from pydantic import ValidationError
from sqlalchemy.exc import OperationalError

from audit.reconcile import Compared, reconcile
from leverframe.contracts.decision import NOTE_LIMIT
from leverframe.contracts.entries import Settled
from leverframe.errors import InvalidRequest
from tools.outside import Outside, System
from tools.scope import ScopedSessions, create_engine
from tools.settling import settle
from worker.cli.audit import Auditing, auditing
from worker.cli.terminal import console, errors, run, use_running_stack
from worker.embedded.process import ServiceError
from worker.settings.base import load
from worker.settings.systems import systems
from worker.settings.tools import SettlingSettings

FOUND = {"done": True, "not-done": False}


def run_reconcile(days: int) -> None:
    """Compare the outbox with the systems outside; exit with 1 when something differs or is not known."""
    use_running_stack()
    with auditing() as access:
        found = run(compared(access, timedelta(days=days)))
    wrong = [one for one in found if one.what]
    for one in wrong:
        errors.print(str(one), style="red", markup=False, highlight=False, soft_wrap=True)
    console.print(f"{len(found)} requests of the last {days} days looked at: {len(wrong)} differ or are not known.")
    if wrong:
        raise typer.Exit(1)


async def compared(access: Auditing, since: timedelta) -> list[Compared]:
    """Each request with what its system says; raises :class:`~worker.embedded.process.ServiceError`."""
    engine = create_engine(access.url)
    async with AsyncExitStack() as held:
        held.push_async_callback(engine.dispose)
        clients: list[System] = []
        for kind in systems():
            clients += await held.enter_async_context(load(kind).connected())
        try:
            return [one async for one in reconcile(engine, access.people, Outside(*clients), since)]
        except OperationalError as error:
            raise ServiceError(f"The database does not answer: {error.orig}") from error


def run_settle(action: str, call: str, found: str, note: str, person: str) -> None:
    """Record what a person has found who looked at the system; raises InvalidRequest."""
    try:
        settled = Settled(call_key=call, happened=FOUND[found], person=person, note=note)
    except (KeyError, ValidationError):
        raise InvalidRequest(
            "expected --settle ACTION KEY done, or not-done, as you found it there, with a --note of what you saw "
            f"(at most {NOTE_LIMIT} characters), and your name"
        ) from None
    use_running_stack()
    run(_settle(load(SettlingSettings), action, settled))
    console.print("It is recorded under your name; the newest such word counts.")


async def _settle(settings: SettlingSettings, action: str, settled: Settled) -> None:
    engine = create_engine(settings.database_url.get_secret_value())
    try:
        sessions = ScopedSessions(engine, settings.scope_key.get_secret_value(), settings.people)
        await settle(sessions, action, settled)
    except OperationalError as error:
        raise ServiceError(f"The database does not answer: {error.orig}") from error
    finally:
        await engine.dispose()
