"""Verify the ledger with the auditor's login, which can read it and change nothing."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from pydantic import JsonValue
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine
from sqlmodel import col

from tools.chain import GENESIS, Head, LedgerRow
from tools.ledger import HEADS, LEDGER
from tools.shop.models import Order, OrderPayment


@dataclass(frozen=True)
class Problem:
    """Something that does not hold; ``seq`` is the entry's place in its chain, when it is about one."""

    action_id: str
    seq: int | None
    what: str

    def __str__(self) -> str:
        place = f"entry {self.seq}" if self.seq is not None else "chain"
        return f"{self.action_id}, {place}: {self.what}"


@dataclass(frozen=True)
class ActionAudit:
    """One action's story and what is wrong with it."""

    action_id: str
    entries: tuple[LedgerRow, ...]
    problems: tuple[Problem, ...]

    @property
    def ok(self) -> bool:
        return not self.problems


@dataclass(frozen=True)
class Mark:
    """A business row that names the action that changed it."""

    table: str
    key: dict[str, JsonValue]


def verify(action_id: str, entries: Sequence[LedgerRow], head: Head | None) -> list[Problem]:
    """What is wrong with a chain: ``entries`` in the order of ``seq``, ``head`` where it should end. Pure."""
    problems: list[Problem] = []
    expected = Head()
    for entry in entries:
        problems += [Problem(action_id, entry.seq, what) for what in _entry_problems(entry, expected)]
        expected = Head(entry.seq, entry.hash)
    if head is None and entries:
        problems.append(Problem(action_id, None, "its head is missing"))
    elif head is not None and not entries:
        problems.append(Problem(action_id, None, f"all of its {head.seq} entries are missing"))
    elif head is not None and head.seq > expected.seq:
        problems.append(Problem(action_id, None, f"entries {expected.seq + 1} to {head.seq} at its end are missing"))
    elif head is not None and head != expected:
        problems.append(Problem(action_id, expected.seq, "the head does not fit the last entry; one was changed"))
    return problems


def _entry_problems(entry: LedgerRow, before: Head) -> Iterable[str]:
    if entry.seq != before.seq + 1:
        yield f"it follows entry {before.seq}; what was between them is missing"
    elif entry.prev_hash != before.hash:
        yield "it is not chained to the entry before it; one was changed or moved"
    if entry.hash != _computed(entry):
        yield "its contents do not have its hash; it was changed"


def _computed(entry: LedgerRow) -> str:
    try:
        return entry.computed_hash()
    except ValueError:
        return GENESIS  # holds what no entry was ever written with


def unrecorded(action_id: str, entries: Sequence[LedgerRow], marks: Iterable[Mark]) -> list[Problem]:
    """Business rows that name the action while no effect in its ledger says that it changed them. Pure."""
    changed: list[tuple[JsonValue, JsonValue]] = []
    for entry in entries:
        changes = entry.body.get("changes") if entry.kind == "effect" else None
        for change in changes if isinstance(changes, list) else ():
            if isinstance(change, dict):
                changed.append((change.get("table"), change.get("key")))
    return [
        Problem(action_id, None, f"{mark.table} {mark.key} says that this action changed it, and no effect does")
        for mark in marks
        if (mark.table, mark.key) not in changed
    ]


async def audit_action(auditor: AsyncEngine, action_id: str) -> ActionAudit:
    """One action's story and problems; an action that nobody has heard of has no entries and no problems."""
    audits = await _audit(auditor, action_id)
    return audits[0] if audits else ActionAudit(action_id, (), ())


async def audit_all(auditor: AsyncEngine) -> list[ActionAudit]:
    """Every action that the ledger, its heads or a business row names, by action id."""
    return await _audit(auditor, None)


async def _audit(auditor: AsyncEngine, action_id: str | None) -> list[ActionAudit]:
    # One snapshot, so that an action that goes on meanwhile does not look broken.
    async with auditor.connect() as plain:
        connection = await plain.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
        entries = await _entries(connection, action_id)
        heads = await _heads(connection, action_id)
        marks = await _marks(connection, action_id)
    return [
        _judge(action, entries.get(action, ()), heads.get(action), marks.get(action, ()))
        for action in sorted({*entries, *heads, *marks})
    ]


def _judge(action_id: str, entries: Sequence[LedgerRow], head: Head | None, marks: Sequence[Mark]) -> ActionAudit:
    problems = verify(action_id, entries, head) + unrecorded(action_id, entries, marks)
    return ActionAudit(action_id, tuple(entries), tuple(problems))


async def _entries(connection: AsyncConnection, action_id: str | None) -> Mapping[str, Sequence[LedgerRow]]:
    rows = select(LEDGER).order_by(LEDGER.c.action_id, LEDGER.c.seq)
    if action_id is not None:
        rows = rows.where(LEDGER.c.action_id == action_id)
    entries: dict[str, list[LedgerRow]] = defaultdict(list)
    for row in (await connection.execute(rows)).mappings():
        entries[row["action_id"]].append(LedgerRow(**row))
    return entries


async def _heads(connection: AsyncConnection, action_id: str | None) -> Mapping[str, Head]:
    rows = select(HEADS)
    if action_id is not None:
        rows = rows.where(HEADS.c.action_id == action_id)
    return {row.action_id: Head(row.seq, row.hash) for row in await connection.execute(rows)}


async def _marks(connection: AsyncConnection, action_id: str | None) -> Mapping[str, Sequence[Mark]]:
    orders = select(col(Order.cancelled_by_action), col(Order.order_id)).where(
        col(Order.cancelled_by_action).is_not(None)
    )
    refunds = select(col(OrderPayment.action_id), col(OrderPayment.payment_id)).where(
        col(OrderPayment.action_id).is_not(None)
    )
    if action_id is not None:
        orders = orders.where(col(Order.cancelled_by_action) == action_id)
        refunds = refunds.where(col(OrderPayment.action_id) == action_id)
    marks: dict[str, list[Mark]] = defaultdict(list)
    for action, order_id in await connection.execute(orders):
        marks[str(action)].append(Mark("orders", {"order_id": order_id}))
    for action, payment_id in await connection.execute(refunds):
        marks[str(action)].append(Mark("order_payments", {"payment_id": str(payment_id)}))
    return marks
