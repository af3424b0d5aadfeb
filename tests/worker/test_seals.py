"""Seals are made, kept, published and verified: also far from the database, with public keys alone."""

import asyncio
import hashlib
import json
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from aiohttp import web
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.ext.asyncio import AsyncEngine

from audit.seals import sealer as sealer_module
from audit.seals.history import read_history
from audit.seals.merkle import leaf, root_of, tree_root
from audit.seals.publishing import File, Url, read_lines
from audit.seals.seal import Seal, SealRefused, is_signed, make_seal, read_seal
from audit.seals.sealer import Sealer
from audit.seals.table import read_records
from leverframe.keys import SigningKeys
from tests.support.command import completed
from tests.support.two_customers import Action, Sql, moved
from tools.chain import Head
from tools.scope import ScopedSessions, create_engine
from worker.codec.server import serving
from worker.roles.own_secrets import without_secrets
from worker.testing.keys import SEALS, SEALS_RING, private
from worker.testing.postgres import Database

AT = datetime(2026, 5, 4, 12, tzinfo=UTC)
ACTIONS = [f"order_return-0123456789abcdef-00000000000{number}" for number in range(5)]


def heads(count: int) -> dict[str, Head]:
    return {f"a-{number:03}": Head(number + 1, hashlib.sha256(bytes([number])).hexdigest()) for number in range(count)}


def defined(leaves: Sequence[bytes]) -> bytes:
    """The tree's root as RFC 6962 defines it."""
    if len(leaves) < 2:
        return leaves[0] if leaves else hashlib.sha256(b"").digest()
    split = 1 << (len(leaves) - 1).bit_length() - 1
    return hashlib.sha256(b"\x01" + defined(leaves[:split]) + defined(leaves[split:])).digest()


@given(st.integers(0, 70))
def test_the_root_is_that_of_the_rfc(count: int) -> None:
    leaves = [hashlib.sha256(bytes([number])).digest() for number in range(count)]
    assert tree_root(leaves) == defined(leaves)


def test_a_leaf_is_no_node_and_every_part_of_a_head_counts() -> None:
    one, two = (leaf(action_id, head) for action_id, head in heads(2).items())
    assert root_of(heads(2)) == hashlib.sha256(b"\x01" + one + two).hexdigest()
    assert root_of(dict(reversed(heads(2).items()))) == root_of(heads(2))
    others = {leaf("a-001", Head(1, "a" * 64)), leaf("a-00", Head(11, "a" * 64)), leaf("a-001", Head(1, "b" * 64))}
    assert len(others) == 3


def test_a_seal_verifies_with_the_public_half_of_its_key_alone() -> None:
    both = SigningKeys.parse(private(52, 51))
    first = make_seal(SEALS, None, heads(2), heads(2), AT)
    second = make_seal(both, first, {}, heads(2), AT + timedelta(minutes=5))
    assert (first.key, second.key) == (51, 52)
    assert read_seal(json.loads(json.dumps(first.record))) == first
    history = read_history([first.record, second.record], None, both.public)
    assert (history.seals, history.problems) == ((first, second), ())
    assert not is_signed(second, SEALS.public)
    assert second.previous == first.digest
    with pytest.raises(SealRefused, match="it is no seal"):
        read_seal({"number": 1})


def test_seals_that_lie_with_a_good_signature_are_named() -> None:
    first = make_seal(SEALS, None, heads(2), heads(2), AT)

    def words(*seals: Seal) -> list[str]:
        return [str(problem) for problem in read_history([seal.record for seal in seals], None, SEALS.public).problems]

    assert words(make_seal(SEALS, None, heads(2), heads(3), AT)) == [
        "seal 1: it says 3 actions and has 2",
        "seal 1: its root is not the one of its heads",
    ]
    other = make_seal(SEALS, None, heads(1), heads(1), AT)
    assert words(first, make_seal(SEALS, other, {}, heads(2), AT)) == ["seal 2: it does not follow the seal before it"]
    assert words(first, other) == ["seal 1 in the database: there are two of this number"]


async def record(sessions: ScopedSessions, action_id: str, *keys: str) -> None:
    await Action(sessions, id=action_id).record(*(moved(key, AT.isoformat()) for key in keys))


@pytest.fixture
async def sealing(database: Database) -> AsyncIterator[AsyncEngine]:
    engine = create_engine(database.sealer_url)
    yield engine
    await engine.dispose()


def at(minutes: float = 0) -> datetime:
    return AT + timedelta(minutes=minutes)


async def test_a_seal_holds_what_is_new_and_follows_the_last(
    sealing: AsyncEngine, auditor: AsyncEngine, sessions: ScopedSessions
) -> None:
    sealer = Sealer(sealing, SEALS, clock=at)
    made = [(await sealer.seal()).seals]
    await record(sessions, ACTIONS[0], "a", "b")
    await record(sessions, ACTIONS[1], "a")
    made.append((await sealer.seal()).seals)
    await record(sessions, ACTIONS[1], "b")
    made.append((await sealer.seal()).seals)
    # Another process goes on where the last one ended.
    made.append((await Sealer(sealing, SEALS, clock=at).seal()).seals)
    seals = [seal for seals in made for seal in seals]
    assert [(seal.number, seal.count) for seal in seals] == [(1, 0), (2, 2), (3, 2), (4, 2)]
    assert [[(name, seq) for name, seq, _ in seal.heads] for seal in seals] == [
        [],
        [(ACTIONS[0], 2), (ACTIONS[1], 1)],
        [(ACTIONS[1], 2)],
        [],
    ]
    async with auditor.connect() as connection:
        records = await read_records(connection)
    history = read_history(records, None, SEALS.public)
    assert (history.seals, history.problems) == (tuple(seals), ())


async def test_many_heads_are_sealed_in_parts(
    sealing: AsyncEngine, sessions: ScopedSessions, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sealer_module, "MOST", 2)
    for action_id in ACTIONS:
        await record(sessions, action_id, "a")
    made = await Sealer(sealing, SEALS, clock=at).seal()
    assert [(len(seal.heads), seal.count) for seal in made.seals] == [(2, 2), (2, 4), (1, 5)]
    assert read_history([seal.record for seal in made.seals], None, SEALS.public).problems == ()


async def test_a_process_does_not_seal_over_the_head_of_another(sealing: AsyncEngine) -> None:
    first, second = Sealer(sealing, SEALS, clock=at), Sealer(sealing, SEALS, clock=at)
    await first.seal()
    await second.seal()
    with pytest.raises(SealRefused, match=r"the newest seal is not seal 1 of .* any more"):
        await first.seal()


async def test_seals_that_were_changed_are_not_sealed_on(sealing: AsyncEngine, sql: Sql) -> None:
    sealer = Sealer(sealing, SEALS, clock=at)
    await sealer.seal()
    await sql("""UPDATE leverframe.seals SET record = record || '{"count"\\: 7}'""")
    with pytest.raises(SealRefused, match="the newest seal is not seal 1"):
        await sealer.seal()
    with pytest.raises(SealRefused, match="do not hold: seal 1 in the database: it is forged"):
        await Sealer(sealing, SEALS, clock=at).seal()


async def test_a_file_gets_every_seal_once_also_those_it_has_missed(sealing: AsyncEngine, tmp_path: Path) -> None:
    file = tmp_path / "seals.jsonl"
    made = [*(await Sealer(sealing, SEALS, clock=at).seal()).seals]
    for _ in range(2):
        made += (await Sealer(sealing, SEALS, File(file), at).seal()).seals
    assert read_lines(file) == [seal.record for seal in made]
    with file.open("a") as torn:
        torn.write('{"number": 4, ')
    with pytest.raises(SealRefused, match="line 4: it is no JSON"):
        await Sealer(sealing, SEALS, File(file), at).seal()
    file.write_bytes(b'{"number": "\xe9"}\n')
    with pytest.raises(SealRefused, match="it is no UTF-8 text"):
        read_lines(file)
    lost = await Sealer(sealing, SEALS, File(tmp_path / "no" / "such"), at).seal()
    assert "cannot be written" in lost.unpublished


async def test_a_url_gets_what_it_has_missed_once_it_answers(sealing: AsyncEngine) -> None:
    got: list[object] = []
    answers = [204, 500, 200, 200, 200]

    async def receive(request: web.Request) -> web.Response:
        status = answers.pop(0)
        if status < 300:
            got.append(await request.json())
        return web.Response(status=status)

    app = web.Application()
    app.router.add_post("/seals", receive)
    async with serving(app, "127.0.0.1", 0) as address:
        sealer = Sealer(sealing, SEALS, Url(f"{address}/seals"), at)
        rounds = [await sealer.seal() for _ in range(3)]
    assert ["answered 500" in one.unpublished for one in rounds] == [False, True, False]
    assert got == [seal.record for one in rounds for seal in one.seals]
    assert "does not answer" in (await sealer.seal()).unpublished


async def worker(state: Path, *arguments: str | Path, **environment: str) -> "subprocess.CompletedProcess[str]":
    """``python -m worker`` with nothing at hand but what is given."""
    given = without_secrets(os.environ) | {"LEVERFRAME_STATE_DIR": str(state / "none"), "COLUMNS": "200"} | environment
    return await asyncio.to_thread(completed, *arguments, environment=given)


async def test_an_export_is_audited_without_database_and_network(
    database: Database, sessions: ScopedSessions, sql: Sql, tmp_path: Path
) -> None:
    await record(sessions, ACTIONS[0], "a", "b")
    sealer = {"LEVERFRAME_SEALER_DATABASE_URL": database.sealer_url, "LEVERFRAME_SEAL_KEYS": SEALS_RING}
    auditor = {"LEVERFRAME_AUDITOR_DATABASE_URL": database.auditor_url}
    published, ring, export = tmp_path / "seals.jsonl", tmp_path / "ring", tmp_path / "export"
    ring.write_text(str(SEALS.public))
    for _ in range(2):
        done = await worker(tmp_path, "seal", "--publish", published, **sealer)
        assert done.returncode == 0, done.stderr
    assert "Made seal 2 of" in done.stdout
    done = await worker(tmp_path, "export", export, **auditor)
    assert done.returncode == 0, done.stderr
    assert {file.stat().st_mode & 0o777 for file in export.iterdir()} == {0o600}

    offline = ("audit", "--all", "--seals", "--from", export, "--seal-keys", ring)
    for more in ((), ("--published", published)):
        done = await worker(tmp_path, *offline, *more)
        assert done.returncode == 0, done.stderr
        assert "Verified: 1 actions, 2 entries, nothing wrong." in done.stdout
        assert "Seals: 2; the newest is seal 2 of" in done.stdout
    online = ("audit", "--all", "--seals", "--published", published)
    done = await worker(tmp_path, *online, **auditor, LEVERFRAME_SEAL_PUBLIC_KEYS=str(SEALS.public))
    assert done.returncode == 0, done.stderr
    assert "--seal-keys" in (await worker(tmp_path, "audit", "--all", "--seals", **auditor)).stderr
    assert "is not empty" in (await worker(tmp_path, "export", export, **auditor)).stderr

    lines = (export / "ledger.jsonl").read_text().splitlines(keepends=True)
    (export / "ledger.jsonl").write_text(lines[0].replace('"event":"a"', '"event":"z"') + lines[1])
    done = await worker(tmp_path, *offline)
    assert done.returncode == 1
    assert f"{ACTIONS[0]}, entry 1: its contents do not have its hash; it was changed" in done.stderr
    (export / "ledger.jsonl").write_text("{}\n")
    done = await worker(tmp_path, *offline)
    assert (done.returncode, "ledger.jsonl, line 1: it is not what an export holds there" in done.stderr) == (2, True)

    await sql("DELETE FROM leverframe.ledger")
    await sql("DELETE FROM leverframe.ledger_heads")
    done = await worker(tmp_path, "seal", **sealer)
    assert (done.returncode, f"{ACTIONS[0]}, chain: its 2 sealed entries are gone" in done.stderr) == (1, True)


async def test_it_seals_again_and_again_until_it_is_ended(database: Database, tmp_path: Path) -> None:
    file = tmp_path / "seals.jsonl"
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "worker", "seal", "--every", "0.01", "--publish", str(file)),
        env=without_secrets(os.environ)
        | {"LEVERFRAME_SEALER_DATABASE_URL": database.sealer_url, "LEVERFRAME_SEAL_KEYS": SEALS_RING}
        | {"LEVERFRAME_STATE_DIR": str(tmp_path / "none")},
        stderr=asyncio.subprocess.PIPE,
    )
    assert process.stderr is not None
    try:
        while b"Made seal 3" not in await asyncio.wait_for(process.stderr.readline(), 60):
            pass
    finally:
        process.terminate()
        code = await process.wait()
    assert code == 0
    assert len(read_lines(file)) >= 3


async def test_the_sealer_holds_its_own_secrets_alone(database: Database, tmp_path: Path) -> None:
    own = {"LEVERFRAME_SEALER_DATABASE_URL": database.sealer_url, "LEVERFRAME_SEAL_KEYS": SEALS_RING}
    done = await worker(tmp_path, "seal", **own, LEVERFRAME_SCOPE_KEY="ab" * 32)
    assert (done.returncode, "the seal command must not hold: LEVERFRAME_SCOPE_KEY" in done.stderr) == (2, True)
