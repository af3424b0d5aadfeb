from contextlib import AsyncExitStack
from datetime import timedelta

import typer
from sqlalchemy.exc import OperationalError

from audit.reconcile import Compared, reconcile
from tools.outside import Outside, System
from tools.scope import create_engine
from worker.cli.audit import Auditing, auditing
from worker.cli.terminal import console, errors, run, use_running_stack
from worker.embedded.process import ServiceError
from worker.settings.base import load
from worker.settings.systems import systems


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
