"""The owner revokes a capability by its id; a token is never quoted."""

from pathlib import Path

import psycopg
import pytest

from leverframe.errors import InvalidRequest
from tests.support.keys import capability
from worker.cli.revoke import revoke
from worker.testing.postgres import Database, libpq

TOKEN_ID = "0f" * 64


@pytest.fixture(autouse=True)
def owner_settings(database: Database, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("LEVERFRAME_OWNER_DATABASE_URL", database.owner_url)
    monkeypatch.setenv("LEVERFRAME_STATE_DIR", str(tmp_path))


def revoked(database: Database) -> list[tuple[object, ...]]:
    with psycopg.connect(libpq(database.owner_url)) as connection:
        return connection.execute("SELECT token_id, reason FROM leverframe.revocations").fetchall()


def test_a_capability_is_revoked_once(database: Database, capsys: pytest.CaptureFixture[str]) -> None:
    revoke(TOKEN_ID, "the service was taken over")
    assert "is revoked" in capsys.readouterr().out
    revoke(TOKEN_ID, "again")
    assert "revoked before" in capsys.readouterr().out
    assert revoked(database) == [(TOKEN_ID, "the service was taken over")]


@pytest.mark.parametrize(
    ("token_id", "reason"),
    [(capability("ann"), "lost"), ("0f0", "lost"), (TOKEN_ID, " ")],
    ids=["a token", "half a byte", "no reason"],
)
def test_what_is_no_id_is_refused_and_not_quoted(token_id: str, reason: str, database: Database) -> None:
    with pytest.raises(InvalidRequest, match="expected the token's id") as refused:
        revoke(token_id, reason)
    assert token_id not in str(refused.value)
    assert revoked(database) == []
