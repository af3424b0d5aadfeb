import os
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import typer
from sqlalchemy import NullPool
from sqlalchemy.exc import OperationalError
from sqlalchemy.ext.asyncio import create_async_engine

from leverframe.keys import PayloadKeys
from leverframe.pseudonym import subject_of
from leverframe.subject_keys import SubjectKeys
from tools.scope import create_engine
from worker.audit import ActionAudit, audit_action, audit_all
from worker.cli.story import story
from worker.cli.terminal import console, errors, run, use_running_stack
from worker.embedded.postgres import start_postgres
from worker.embedded.process import ServiceError
from worker.key_rings import KeyRings
from worker.key_store import KeyStore
from worker.settings import PREFIX, AuditorSettings, WorkerSettings, load

AUDITOR_URL = f"{PREFIX}AUDITOR_DATABASE_URL"


def run_audit(action: str | None) -> None:
    """Tell an action's story and verify its chain, or verify all; exit with 1 when something is wrong."""
    use_running_stack()
    with auditing() as access:
        audits = run(read_audits(access, action))
    if action is not None:
        if not audits[0].entries and not audits[0].problems:
            errors.print(f"The ledger knows no action {action}.", markup=False)
            raise typer.Exit(1)
        console.print(story(action, audits[0].entries, audits[0].unreadable))
    problems = [str(problem) for found in audits for problem in found.problems]
    for problem in problems:
        errors.print(problem, style="red", markup=False)
    if problems:
        raise typer.Exit(1)
    entries = sum(len(found.entries) for found in audits)
    for line in told_of_keys(audits):
        console.print(line, highlight=False, soft_wrap=True)
    console.print(f"[green]Verified[/]: {len(audits)} actions, {entries} entries, nothing wrong.")


def told_of_keys(audits: Sequence[ActionAudit]) -> Iterator[str]:
    """What cannot be read, and since when. Pure."""
    reasons = Counter(why for found in audits for why in found.unreadable.values())
    if reasons["destroyed"]:
        yield f"{reasons['destroyed']} bodies cannot be read any more: the keys of their people were destroyed."
    if reasons["no key"]:
        yield f"{reasons['no key']} bodies are sealed under keys that are not known here (LEVERFRAME_KEY_SERVICE_URL)."
    fates = {subject_of(found.action_id): found.fate for found in audits if found.fate}
    for pseudonym, fate in fates.items():
        when = f"destroyed {fate.destroyed_at:%Y-%m-%d %H:%M:%S %Z}" if fate.destroyed_at else "to be destroyed"
        yield f"The key of {pseudonym} is {when}; doomed {fate.doomed_at:%Y-%m-%d %H:%M:%S %Z} by {fate.doomed_by}."


@dataclass(frozen=True)
class Auditing:
    """How to reach what an audit reads."""

    url: str = field(repr=False)
    """Of the database, with the auditor's login."""
    people: SubjectKeys | None
    """What opens the ledger's bodies, if the auditor may read them."""


@contextmanager
def auditing() -> Iterator[Auditing]:
    """As the auditor's settings say; without any, on what a stopped stack has left in this checkout."""
    state = load(WorkerSettings).state_dir
    if AUDITOR_URL not in os.environ and (state / "postgres.json").exists():
        with start_postgres(state) as server:
            yield Auditing(server.auditor_url, stopped_keys(state, server.keys_url))
    else:
        settings = load(AuditorSettings)
        yield Auditing(settings.auditor_database_url.get_secret_value(), settings.people)


def stopped_keys(state: Path, keys_url: str) -> SubjectKeys | None:
    """The people's keys in the database of a stopped stack, which no key service gives out."""
    ring = KeyRings(state / "keys").private("payload")
    if not ring.exists():
        return None
    # Unpooled: this command ends with its loop, and no connection may outlive that.
    engine = create_async_engine(keys_url, poolclass=NullPool, hide_parameters=True)
    return SubjectKeys(KeyStore(engine, PayloadKeys.parse(ring.read_text())))


async def read_audits(access: Auditing, action: str | None) -> list[ActionAudit]:
    """One action's audit, or all; raises :class:`~worker.embedded.process.ServiceError` without a database."""
    engine = create_engine(access.url)
    try:
        if action:
            return [await audit_action(engine, action, access.people)]
        return await audit_all(engine, access.people)
    except OperationalError as error:
        raise ServiceError(f"The database does not answer: {error.orig}") from error
    finally:
        await engine.dispose()
