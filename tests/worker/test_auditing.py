"""An auditor reads what a stopped stack has left: its key service is gone, its keys are still in the database."""

import subprocess
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from leverframe.contracts.ledger import LedgerEntry
from leverframe.keys import PayloadKeys
from leverframe.subject_keys import SubjectKeys
from tests.support.command import completed
from tools import ledger
from tools.scope import Scope, ScopedSessions, create_engine
from worker.embedded.postgres import start_postgres
from worker.keys.rings import KeyRings
from worker.keys.store import KeyStore
from worker.roles.own_secrets import without_secrets

PERSON = "aa" * 8
ACTION = f"order_cancellation-{PERSON}-0123456789ab"
NOTE = "on the phone with Mia Berg"


@pytest.fixture
async def state() -> AsyncIterator[Path]:
    """The state of a stack in which something was recorded."""
    # Not pytest's own folder: for root the server runs as another user, and pytest closes that folder to others.
    with tempfile.TemporaryDirectory(prefix="leverframe-audited-") as folder:
        state = Path(folder)
        rings = KeyRings(state / "keys")
        rings.make()
        with start_postgres(state, durable=False) as server:
            keys, tools = create_engine(server.keys_url), create_engine(server.tools_url)
            people = SubjectKeys(KeyStore(keys, PayloadKeys.parse(rings.private("payload").read_text())))
            body = {"choice": "approve", "accepted": True, "note": NOTE}
            entry = LedgerEntry(key="d", kind="decision", role="approvals", at="2026-05-04T12:00:00+00:00", body=body)
            async with ScopedSessions(tools, server.scope_key, people).begin(Scope("", ACTION)) as session:
                await ledger.append(session, ACTION, [entry], "")
            await keys.dispose()
            await tools.dispose()
        yield state


def audit(state: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    environment = without_secrets({"PATH": "", "LEVERFRAME_STATE_DIR": str(state), "COLUMNS": "200"})
    return completed("audit", *arguments, environment=environment)


def test_the_story_is_told_with_its_keys_and_without_them(state: Path) -> None:
    told = audit(state, ACTION)
    assert told.returncode == 0, told.stderr
    assert NOTE in told.stdout
    assert "Verified: 1 actions, 1 entries, nothing wrong." in told.stdout

    for file in (state / "keys").iterdir():
        file.unlink()
    told = audit(state, ACTION)
    assert told.returncode == 0, told.stderr
    assert NOTE not in told.stdout
    assert "(sealed: no key for it here)" in told.stdout
    assert "1 bodies are sealed under keys that are not known here" in told.stdout
    assert "Verified: 1 actions, 1 entries, nothing wrong." in told.stdout
