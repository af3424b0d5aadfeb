"""A ledger full of completed actions, sealed and chained by the product's own functions."""

import asyncio
import json
import os
import secrets
from concurrent.futures import ProcessPoolExecutor
from dataclasses import fields

import psycopg

from benchmarks.completed import Completed, completed
from leverframe.pseudonym import Pseudonyms
from leverframe.subject_keys import SubjectKeys
from tools.approvals import RecordedDecision
from tools.body_encryption import Bodies
from tools.chain import Head, LedgerRow, link
from tools.kernel.libpq import libpq
from tools.scope import create_engine
from worker.keys.store import KeyStore
from worker.testing.keys import PAYLOADS

PSEUDONYMS = Pseudonyms(b"a benchmark's key, 16 bytes")
CHUNK = 500
"""Actions that are written at a time."""
LEDGER = tuple(field.name for field in fields(LedgerRow))
APPROVALS = tuple(field.name for field in fields(RecordedDecision))


def fill(owner_url: str, keys_url: str, actions: int, people: int) -> int:
    """Write so many actions of so many people, each with a key; returns how many entries they have."""
    cores = min(os.cpu_count() or 1, 4)
    with ProcessPoolExecutor(cores) as pool:
        parts = [pool.submit(_fill_part, owner_url, keys_url, range(n, actions, cores), people) for n in range(cores)]
        entries = sum(part.result() for part in parts)
    with psycopg.connect(libpq(owner_url), autocommit=True) as connection:
        connection.execute("VACUUM ANALYZE")
    return entries


def _fill_part(owner_url: str, keys_url: str, numbers: range, people: int) -> int:
    return asyncio.run(_fill(owner_url, keys_url, numbers, people))


async def _fill(owner_url: str, keys_url: str, numbers: range, people: int) -> int:
    engine = create_engine(keys_url)
    bodies, entries = Bodies(SubjectKeys(KeyStore(engine, PAYLOADS))), 0
    with psycopg.connect(libpq(owner_url)) as connection:
        # The triggers ask for a scope that only a running action has; what they would check is made by hand below.
        connection.execute("SET session_replication_role = replica")
        for start in range(0, len(numbers), CHUNK):
            actions = [
                completed(
                    PSEUDONYMS.action_id("order_cancellation", f"customer {number % people}", str(number)), number
                )
                for number in numbers[start : start + CHUNK]
            ]
            entries += await write(connection, bodies, actions)
            connection.commit()
    await engine.dispose()
    return entries


async def write(connection: psycopg.Connection, bodies: Bodies, actions: list[Completed]) -> int:
    """Write some actions, sealed and chained; returns how many entries they have."""
    rows = [await _chained(bodies, action) for action in actions]
    _copy(connection, actions, rows)
    return sum(map(len, rows))


async def _chained(bodies: Bodies, action: Completed) -> list[LedgerRow]:
    stored = [
        entry.model_copy(update={"body": (await bodies.seal(action.action_id, entry.key, entry.kind, entry.body)).body})
        for entry in action.entries
    ]
    return link(Head(), action.action_id, stored, secrets.token_hex(16))


def _copy(connection: psycopg.Connection, actions: list[Completed], rows: list[list[LedgerRow]]) -> None:
    with (
        connection.cursor() as cursor,
        cursor.copy(f"COPY leverframe.ledger ({', '.join(LEDGER)}) FROM STDIN") as copy,
    ):
        for row in (row for chain in rows for row in chain):
            values = vars(row) | {"body": json.dumps(row.body)}
            copy.write_row([values[name] for name in LEDGER])
    with (
        connection.cursor() as cursor,
        cursor.copy("COPY leverframe.ledger_heads (action_id, seq, hash) FROM STDIN") as copy,
    ):
        for chain in rows:
            copy.write_row([chain[-1].action_id, chain[-1].seq, chain[-1].hash])
    with (
        connection.cursor() as cursor,
        cursor.copy(f"COPY leverframe.approvals ({', '.join(APPROVALS)}) FROM STDIN") as copy,
    ):
        for action in actions:
            copy.write_row([getattr(action.decision, name) for name in APPROVALS])
