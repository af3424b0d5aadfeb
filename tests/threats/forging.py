"""What somebody can write into the ledger's tables who owns the database and holds no key."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, replace

import psycopg
from psycopg.types.json import Jsonb
from pydantic import TypeAdapter

from tools.chain import Head, LedgerRow
from worker.testing.postgres import Database, libpq

COLUMNS = ("action_id", "seq", "key", "kind", "role", "at", "body", "trace_id", "prev_hash", "hash")
TABLES = ("ledger", "ledger_heads", "approvals", "seals")

ROW = TypeAdapter(LedgerRow)

Backup = dict[str, list[tuple[object, ...]]]


def chained_anew(rows: Iterable[LedgerRow]) -> list[LedgerRow]:
    """The rows in this order, with places, links and hashes that fit: nobody needs a key for that."""
    chain: list[LedgerRow] = []
    head = Head()
    for row in rows:
        unhashed = replace(row, seq=head.seq + 1, prev_hash=head.hash)
        chain.append(replace(unhashed, hash=unhashed.computed_hash()))
        head = Head(chain[-1].seq, chain[-1].hash)
    return chain


@dataclass(frozen=True)
class Forger:
    """The database's owner; no trigger and no constraint of the ledger stands in the way."""

    database: Database

    def rows(self, action_id: str) -> list[LedgerRow]:
        query = f"SELECT {', '.join(COLUMNS)} FROM leverframe.ledger WHERE action_id = %s ORDER BY seq"
        (found,) = self._run((query, (action_id,)))
        return [ROW.validate_python(dict(zip(COLUMNS, row, strict=True))) for row in found]

    def put(self, action_id: str, rows: Sequence[LedgerRow]) -> None:
        """Let the ledger hold exactly these rows of the action, and the head that fits them."""
        self._run(
            ("DELETE FROM leverframe.ledger WHERE action_id = %s", (action_id,)),
            ("DELETE FROM leverframe.ledger_heads WHERE action_id = %s", (action_id,)),
            *(self._insert(row) for row in rows),
            *(
                ("INSERT INTO leverframe.ledger_heads VALUES (%s, %s, %s)", (action_id, row.seq, row.hash))
                for row in rows[-1:]
            ),
        )

    def drop(self, action_id: str) -> None:
        """Let there be no trace of the action."""
        self.put(action_id, [])
        self.sql(f"DELETE FROM leverframe.approvals WHERE action_id = '{action_id}'")

    def sql(self, *statements: str) -> None:
        self._run(*((statement, ()) for statement in statements))

    def backup(self) -> Backup:
        found = self._run(*((f"SELECT t::text FROM leverframe.{table} t", ()) for table in TABLES))
        return dict(zip(TABLES, found, strict=True))

    def restore(self, backup: Backup, tables: Sequence[str] = TABLES) -> None:
        """Let the tables hold what they held then."""
        for table in tables:
            insert = f"INSERT INTO leverframe.{table} SELECT (%s::leverframe.{table}).*"
            self._run((f"DELETE FROM leverframe.{table}", ()), *((insert, row) for row in backup[table]))

    def _insert(self, row: LedgerRow) -> tuple[str, tuple[object, ...]]:
        values = asdict(row) | {"body": Jsonb(row.body)}
        places = ", ".join(["%s"] * len(COLUMNS))
        statement = f"INSERT INTO leverframe.ledger ({', '.join(COLUMNS)}) VALUES ({places})"
        return statement, tuple(values[name] for name in COLUMNS)

    def _run(self, *statements: tuple[str, tuple[object, ...]]) -> list[list[tuple[object, ...]]]:
        answers: list[list[tuple[object, ...]]] = []
        with psycopg.connect(libpq(self.database.owner_url)) as connection:
            connection.execute("SET session_replication_role = replica")
            for statement, values in statements:
                cursor = connection.execute(statement.encode(), values)
                answers.append(cursor.fetchall() if cursor.description else [])
        return answers
