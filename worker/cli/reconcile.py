from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path

import typer
from pydantic import ValidationError
from sqlalchemy.exc import OperationalError

from audit.reconcile import Compared, reconcile
from leverframe.contracts.decision import NOTE_LIMIT
from leverframe.contracts.entries import Settled
from leverframe.errors import InvalidRequest
from leverframe.operators import InvalidOperators, Operators
from leverframe.settlement_signature import holds, sign_settlement
from leverframe.telling import TRUSTS
from tools.outside import Outside, System
from tools.scope import ScopedSessions, create_engine
from tools.settling import settle
from tools.toolbox import toolbox
from worker.cli.audit import Auditing, auditing
from worker.cli.terminal import console, errors, run, use_running_stack
from worker.embedded.process import ServiceError
from worker.settings.base import SettingsError, load
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
    looked = sum(one.looked for one in found)
    console.print(f"{looked} requests of the last {days} days looked at: {len(wrong)} differ or are not known.")
    if looked < len(found):
        console.print(
            f"{len(found) - looked} more were sent to where nobody but their user may look, or an auditor with a token "
            "of their own (LEVERFRAME_..._AUDIT_TOKEN)."
        )
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
            return [one async for one in reconcile(engine, access.people, Outside(*clients), since, toolbox())]
        except OperationalError as error:
            raise ServiceError(f"The database does not answer: {error.orig}") from error


def run_settle(action: str, call: str, found: str, note: str, person: str, key: Path | None = None) -> None:
    """Record what a person has found who looked at the system, signed with their ``key``; raises InvalidRequest."""
    try:
        settled = Settled(call_key=call, happened=FOUND[found], person=person, note=note)
    except (KeyError, ValidationError):
        raise InvalidRequest(
            "expected --settle ACTION KEY done, or not-done, as you found it there, with a --note of what you saw "
            f"(at most {NOTE_LIMIT} characters), and your name"
        ) from None
    use_running_stack()
    settled = run(record(load(SettlingSettings), action, settled, key.read_text().strip() if key else None))
    console.print(f"It is recorded as {settled.person}'s word ({TRUSTS[settled.trust]}); the newest such word counts.")


def _signed(settings: SettlingSettings, action: str, settled: Settled, key: str) -> Settled:
    try:
        known = Operators.load(settings.operators_file, settings.approver_trust)
    except InvalidOperators as error:
        raise SettingsError(str(error)) from None
    signed = sign_settlement(key, action, settled)
    signer = next((one for one in known if holds(action, signed, one, datetime.now(UTC))), None)
    if signer is None:
        raise InvalidRequest("the operators' directory (LEVERFRAME_OPERATORS_FILE) does not know whose key this is")
    return signed.model_copy(update={"person": signer.person})


async def record(settings: SettlingSettings, action: str, settled: Settled, key: str | None) -> Settled:
    """Record it as it counts, signed where a key is given; raises InvalidRequest."""
    if key is not None:
        settled = _signed(settings, action, settled, key)
    elif settings.approver_trust != "claimed":
        raise InvalidRequest("a name alone does not count here: sign what you found with your own key (--key FILE)")
    engine = create_engine(settings.database_url.get_secret_value())
    try:
        sessions = ScopedSessions(engine, settings.scope_key.get_secret_value(), settings.people)
        await settle(sessions, action, settled)
        return settled
    except OperationalError as error:
        raise ServiceError(f"The database does not answer: {error.orig}") from error
    finally:
        await engine.dispose()
