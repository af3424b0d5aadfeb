"""A shop that can be put back to how it was in a few milliseconds, and that can tell what has changed in it."""

import json
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

KEYS = """
SELECT c.table_name, c.column_name
FROM information_schema.table_constraints t
JOIN information_schema.key_column_usage c USING (constraint_schema, constraint_name)
WHERE t.table_schema = 'shop' AND t.constraint_type = 'PRIMARY KEY' ORDER BY c.table_name, c.ordinal_position
"""
UNBOUND = text("SET LOCAL session_replication_role = replica")
"""No triggers and no foreign keys while rows are put back."""


@dataclass(frozen=True, order=True)
class Changed:
    """A row that is not as it was: as it stands now, or as it stood."""

    table: str
    side: str
    """``now`` or ``before``."""
    row: str
    """As JSON, its keys in order."""

    @property
    def values(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.row)
        return found


@dataclass(frozen=True)
class FreshShop:
    """The owner's view of the shop, with a copy of every table as it was."""

    owner: AsyncEngine
    keys: dict[str, list[str]]
    """Every table of the shop with the columns of its primary key."""

    @classmethod
    async def keep(cls, owner: AsyncEngine) -> "FreshShop":
        """Copy all tables as they stand now."""
        keys: dict[str, list[str]] = defaultdict(list)
        async with owner.begin() as connection:
            for table, column in await connection.execute(text(KEYS)):
                keys[table].append(column)
            await connection.execute(text("CREATE SCHEMA pristine"))
            for table, columns in keys.items():
                await connection.execute(text(f"CREATE TABLE pristine.{table} AS TABLE shop.{table}"))
                await connection.execute(text(f"ALTER TABLE pristine.{table} ADD PRIMARY KEY ({', '.join(columns)})"))
        return cls(owner, dict(keys))

    async def changes(self) -> frozenset[Changed]:
        """All rows of all tables that differ, whoever's they are."""
        sides = [
            f"SELECT '{table}', '{side}', to_jsonb(d)::text FROM (TABLE {one}.{table} EXCEPT TABLE {other}.{table}) d"
            for table in self.keys
            for side, one, other in (("now", "shop", "pristine"), ("before", "pristine", "shop"))
        ]
        async with self.owner.connect() as connection:
            found = await connection.execute(text(" UNION ALL ".join(sides)))
            return frozenset(Changed(*row) for row in found)

    async def restore(self, changes: frozenset[Changed]) -> None:
        """Put back what has changed."""
        async with self.owner.begin() as connection:
            await connection.execute(UNBOUND)
            for table in {change.table for change in changes}:
                await self._restore(connection, table, [change for change in changes if change.table == table])

    async def _restore(self, connection: AsyncConnection, table: str, changes: Iterable[Changed]) -> None:
        columns = ", ".join(self.keys[table])
        values = [{name: change.values[name] for name in self.keys[table]} for change in changes]
        rows = f"(SELECT {columns} FROM jsonb_populate_recordset(NULL::shop.{table}, CAST(:rows AS jsonb)))"
        told = {"rows": json.dumps(values)}
        await connection.execute(text(f"DELETE FROM shop.{table} WHERE ({columns}) IN {rows}"), told)
        await connection.execute(
            text(f"INSERT INTO shop.{table} SELECT * FROM pristine.{table} WHERE ({columns}) IN {rows}"), told
        )
