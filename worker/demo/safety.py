"""Was any promise broken? Asked of the database, with the owner's and the auditor's logins, not of the workers."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from pydantic import JsonValue
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from leverframe.contracts.entries import Decided, Effected
from tools.chain import LedgerRow
from tools.said import said, said_as
from tools.shop.models import ShopTable
from tools.toolbox import toolbox

Key = tuple[str, str]
"""Table and primary key (JSON)."""


@dataclass(frozen=True)
class Row:
    """One row of the shop as it stood."""

    customer: str
    """Whose it is; empty for what belongs to nobody."""
    content: str


async def snapshot(owner: AsyncEngine) -> dict[Key, Row]:
    """Every row of the shop."""
    rows: dict[Key, Row] = {}
    async with owner.connect() as connection:
        for table in ShopTable.metadata.sorted_tables:
            keys = [column.name for column in table.primary_key.columns]
            # Names come from the models, nothing from outside.
            found = await connection.execute(text(f"SELECT to_jsonb(t)::text FROM {table.fullname} t"))  # noqa: S608
            for (content,) in found:
                values = json.loads(content)
                rows[_key(table.name, values, keys)] = Row(str(values.get("customer_id", "")), content)
    return rows


def _key(table: str, values: Mapping[str, JsonValue], names: Sequence[str]) -> Key:
    return table, json.dumps({name: values[name] for name in names}, sort_keys=True)


def changed(before: Mapping[Key, Row], after: Mapping[Key, Row]) -> dict[Key, Row]:
    """Rows that were added, removed or are not byte for byte the same."""
    both = dict.fromkeys((*before, *after))
    return {key: after.get(key) or before[key] for key in both if before.get(key) != after.get(key)}


def broken_promises(
    rows: Mapping[Key, Row], subjects: Mapping[str, str], ledgers: Iterable[Sequence[LedgerRow]]
) -> list[str]:
    """What must never be: an effect nobody approved, or a changed row that no approved effect explains.

    ``rows`` are those that changed during the run; ``subjects`` maps each action id to its customer.
    """
    problems: list[str] = []
    explained: dict[Key, str] = {}
    for entries in ledgers:
        for entry in entries:
            if entry.kind != Effected.kind:
                continue
            effect = said(entry)
            if not isinstance(effect, Effected):
                problems.append(f"{entry.action_id}: effect {entry.key} cannot be read")
                continue
            if _destructive(effect) and not _approved(effect, [before for before in entries if before.seq < entry.seq]):
                problems.append(f"{entry.action_id}: effect {entry.key} has no approval before it in the ledger")
            explained |= dict.fromkeys(_changed_keys(effect), subjects.get(entry.action_id, ""))
    for key, row in rows.items():
        if key not in explained:
            problems.append(f"row {key[1]} of {key[0]} (customer {row.customer}) changed, and no effect says so")
        elif row.customer != explained[key]:
            problems.append(f"row {key[1]} of {key[0]} is {row.customer}'s and was changed for {explained[key]}")
    return problems


def _destructive(effect: Effected) -> bool:
    # A tool that is not known could do anything.
    name = effect.planned.tool
    return name not in toolbox().names or toolbox().get(name).effect == "destructive"


def _approved(effect: Effected, before: Sequence[LedgerRow]) -> bool:
    return any(
        decided.choice == "approve" and decided.accepted and decided.digest == effect.plan
        for _, decided in said_as(Decided, before)
    )


def _changed_keys(effect: Effected) -> list[Key]:
    return [(change.table, json.dumps(change.key, sort_keys=True)) for change in effect.changes]
