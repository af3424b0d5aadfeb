import os
from collections.abc import Iterator
from contextlib import contextmanager

import typer
from sqlalchemy.exc import OperationalError

from tools.scope import create_engine
from worker.audit import ActionAudit, audit_action, audit_all
from worker.cli.story import story
from worker.cli.terminal import console, errors, run, use_running_stack
from worker.embedded.postgres import start_postgres
from worker.embedded.process import ServiceError
from worker.settings import PREFIX, AuditorSettings, WorkerSettings, load

AUDITOR_URL = f"{PREFIX}AUDITOR_DATABASE_URL"


def run_audit(action: str | None) -> None:
    """Tell an action's story and verify its chain, or verify all; exit with 1 when something is wrong."""
    use_running_stack()
    with auditor_url() as url:
        audits = run(read_audits(url, action))
    if action is not None:
        if not audits[0].entries and not audits[0].problems:
            errors.print(f"The ledger knows no action {action}.", markup=False)
            raise typer.Exit(1)
        console.print(story(action, audits[0].entries))
    problems = [str(problem) for found in audits for problem in found.problems]
    for problem in problems:
        errors.print(problem, style="red", markup=False)
    if problems:
        raise typer.Exit(1)
    entries = sum(len(found.entries) for found in audits)
    console.print(f"[green]Verified[/]: {len(audits)} actions, {entries} entries, nothing wrong.")


@contextmanager
def auditor_url() -> Iterator[str]:
    """The database as the auditor's settings name it, else the one that a stopped stack has left in this checkout."""
    state = load(WorkerSettings).state_dir
    if AUDITOR_URL not in os.environ and (state / "postgres.json").exists():
        with start_postgres(state) as server:
            yield server.auditor_url
    else:
        yield load(AuditorSettings).auditor_database_url.get_secret_value()


async def read_audits(url: str, action: str | None) -> list[ActionAudit]:
    """One action's audit, or all; raises :class:`~worker.embedded.process.ServiceError` without a database."""
    engine = create_engine(url)
    try:
        return [await audit_action(engine, action)] if action else await audit_all(engine)
    except OperationalError as error:
        raise ServiceError(f"The database does not answer: {error.orig}") from error
    finally:
        await engine.dispose()
