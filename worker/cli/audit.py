import gc
import os
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import typer
from sqlalchemy import NullPool
from sqlalchemy.exc import OperationalError
from sqlalchemy.ext.asyncio import create_async_engine

from audit.audit import ActionAudit, audit_action, audit_all, audited
from audit.export import exported
from audit.recorded import Recorded, database
from audit.seals.against import Seals
from audit.seals.publishing import read_lines
from audit.signatures import unsigned
from leverframe.keys import PayloadKeys, PublicKeys
from leverframe.operators import InvalidOperators, Operators
from leverframe.subject_keys import SubjectKeys
from tools.scope import create_engine
from worker.cli.story import story
from worker.cli.tally import Tally, told_of_keys
from worker.cli.terminal import EXPECTED, acts_as_auditor, console, errors, run, use_running_stack
from worker.embedded.process import ServiceError
from worker.keys.rings import KeyRings
from worker.keys.store import KeyStore
from worker.settings.audit import AuditorSettings, SealVerification
from worker.settings.base import PREFIX, SettingsError, load
from worker.settings.shared import WorkerSettings

AUDITOR_URL = f"{PREFIX}AUDITOR_DATABASE_URL"


Signers = Callable[[ActionAudit], list[str]]
"""What is wrong with the signatures of an action's decisions."""


def nobody_asked(audit: ActionAudit) -> list[str]:
    """Nothing: without a directory nobody can tell."""
    return []


@dataclass(frozen=True)
class SealOptions:
    """How the seals are to be verified."""

    published: Path | None = None
    """The file that they were published to."""
    keys: Path | None = None
    """The file with the public ring; the settings' if left out."""


def run_audit(action: str, operators: Path | None = None) -> None:
    """Tell an action's story and verify its chain; exit with 1 when something is wrong.

    With the ``operators``' directory, what people have signed is verified too.
    """
    signers = _signers(operators)
    use_running_stack()
    with auditing() as access:
        audits = run(read_audits(access, action))
    if not audits[0].entries and not audits[0].problems:
        # An auditor's own command has no way to Temporal.
        if not acts_as_auditor() and (doing := run(_at_work(action))):
            console.print(f"{action} is at work: {doing}.", markup=False, highlight=False, soft_wrap=True)
            console.print("Nothing stands in the ledger yet.")
            return
        errors.print(f"The ledger knows no action {action}.", markup=False)
        raise typer.Exit(1)
    console.print(story(action, audits[0].entries, audits[0].unreadable))
    _told([*map(str, audits[0].problems), *signers(audits[0])])
    for line in told_of_keys(audits):
        console.print(line, markup=False, highlight=False, soft_wrap=True)
    console.print(f"[green]Verified[/]: 1 actions, {len(audits[0].entries)} entries, nothing wrong.")


async def _at_work(action: str) -> str | None:
    """What an action does of which the ledger knows nothing yet; ``None`` where nobody says."""
    from desk.at_work import at_work
    from worker.cli.operate import connected as to_temporal

    try:
        async with to_temporal() as client:
            return await at_work(client, action, technical=True)
    except EXPECTED:
        return None


def run_audit_of_all(folder: Path | None, sealed: SealOptions | None, operators: Path | None = None) -> None:
    """Verify every action's chain, and the seals too if ``sealed``; exit with 1 when something is wrong.

    With the ``operators``' directory, what people have signed is verified too.

    Of what an export holds if there is a ``folder``, without any network; else of the database.
    """
    published, signers = sealed.published if sealed else None, _signers(operators)
    before_much()
    if folder is not None:
        keys = _seal_keys(sealed)
        found = run(verify_all(exported(folder), "the export", None, keys, published, signers))
    else:
        use_running_stack()
        keys = _seal_keys(sealed)
        with auditing() as access:
            found = run(verify_all(connected(access), "the database", access.people, keys, published, signers))
    tally, problems, told = found
    _told(problems)
    for line in (*tally.of_keys(), *told):
        console.print(line, markup=False, highlight=False, soft_wrap=True)
    console.print(f"[green]Verified[/]: {tally.actions} actions, {tally.entries} entries, nothing wrong.")


def before_much() -> None:
    """Before many entries are read: what was imported stays, and the collector need not go through it each time."""
    gc.freeze()


async def verify_all(
    source: AbstractAsyncContextManager[Recorded],
    place: str,
    people: SubjectKeys | None = None,
    seal_keys: PublicKeys | None = None,
    published: Path | None = None,
    signers: Signers = nobody_asked,
) -> tuple[Tally, list[str], list[str]]:
    """What was looked at, what is wrong, and what is to be told of the seals, which are verified if there are keys.

    ``place`` says in words what is read.
    """
    tally, problems = Tally(), list[str]()
    records = read_lines(published) if published else None
    async with source as recorded:
        seals = Seals(recorded.seals, records, seal_keys, place) if seal_keys is not None else None
        problems += map(str, seals.problems if seals else ())
        async for audit in audited(recorded, people):
            tally.add(audit)
            problems += map(str, audit.problems)
            problems += signers(audit)
            problems += map(str, seals.check(audit.action_id, audit.entries) if seals else ())
        problems += map(str, seals.missing() if seals else ())
    return tally, problems, [str(seals)] if seals else []


def _signers(operators: Path | None) -> Signers:
    """What is wrong with the signatures of an action's decisions; raises SettingsError."""
    if operators is None:
        return nobody_asked
    try:
        known = Operators.load(operators, "claimed")
    except InvalidOperators as error:
        raise SettingsError(str(error)) from None
    return lambda audit: [str(one) for one in unsigned(audit.action_id, audit.entries, known)]


def _told(problems: Sequence[str]) -> None:
    for problem in problems:
        errors.print(problem, style="red", markup=False, highlight=False, soft_wrap=True)
    if problems:
        raise typer.Exit(1)


def _seal_keys(options: SealOptions | None) -> PublicKeys | None:
    """What seals are verified with; ``None`` where nobody asked for that. Raises InvalidKeys and SettingsError."""
    if options is None:
        return None
    ring = load(SealVerification).seal_public_keys
    here = KeyRings(load(WorkerSettings).state_dir / "keys").public("seal")
    file = options.keys or (here if ring is None and here.exists() else None)
    if file is not None:
        try:
            ring = file.read_text()
        except OSError as error:
            raise SettingsError(f"{file} cannot be read: {error.strerror}.") from None
    if ring is None:
        raise SettingsError(
            "Seals are verified with public keys: name the file with them (leverframe_seal_public_keys, made by "
            "'python -m worker keys') in --seal-keys, or set LEVERFRAME_SEAL_PUBLIC_KEYS."
        )
    return PublicKeys.parse(ring)


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
    # Whoever acts as the auditor starts no database and looks at no keys but their own.
    if AUDITOR_URL not in os.environ and (state / "postgres.json").exists() and not acts_as_auditor():
        # Here, since nobody else needs all that starts a database.
        from worker.embedded.postgres import start_postgres

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


@asynccontextmanager
async def connected(access: Auditing) -> AsyncIterator[Recorded]:
    """What the database holds; raises :class:`~worker.embedded.process.ServiceError` where it does not answer."""
    engine = create_engine(access.url)
    try:
        async with database(engine) as recorded:
            yield recorded
    except OperationalError as error:
        raise ServiceError(f"The database does not answer: {error.orig}") from error
    finally:
        await engine.dispose()
