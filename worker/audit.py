"""Verify the ledger with the auditor's login, which can read it and change nothing."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine
from sqlmodel import col

from leverframe.pseudonym import subject_of
from leverframe.subject_keys import SubjectKeys
from tools.approvals import RecordedDecision, oldest_first, read_decision
from tools.chain import Head, LedgerRow
from tools.ledger import HEADS, LEDGER
from tools.sealing import Bodies
from tools.shop.models import Order, OrderPayment
from worker.audit_bodies import KeyFate, Unreadable, open_bodies, read_fates
from worker.audit_checks import Mark, Problem, unapproved, unrecorded, verify


@dataclass(frozen=True)
class ActionAudit:
    """One action's story and what is wrong with it."""

    action_id: str
    entries: tuple[LedgerRow, ...]
    problems: tuple[Problem, ...]
    decisions: tuple[RecordedDecision, ...] = ()
    """Who decided on its plans, oldest first."""
    unreadable: Mapping[int, Unreadable] = field(default_factory=dict)
    """Why the body of an entry, by its place, cannot be read; nothing is wrong with these."""
    fate: KeyFate | None = None
    """What became of the key of the person whom it is about, if it was doomed."""

    @property
    def ok(self) -> bool:
        return not self.problems


async def audit_action(auditor: AsyncEngine, action_id: str, people: SubjectKeys | None = None) -> ActionAudit:
    """One action's story and problems; an action that nobody has heard of has no entries and no problems.

    ``people`` are the keys that open its bodies; without them the chain is verified and the bodies stay sealed.
    Raises KeyServiceUnreachable.
    """
    audits = await _audit(auditor, action_id, people)
    return audits[0] if audits else ActionAudit(action_id, (), ())


async def audit_all(auditor: AsyncEngine, people: SubjectKeys | None = None) -> list[ActionAudit]:
    """Every action that the ledger, its heads or a business row names, by action id."""
    return await _audit(auditor, None, people)


async def _audit(auditor: AsyncEngine, action_id: str | None, people: SubjectKeys | None) -> list[ActionAudit]:
    # One snapshot, so that an action that goes on meanwhile does not look broken.
    async with auditor.connect() as plain:
        connection = await plain.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
        entries = await _entries(connection, action_id)
        heads = await _heads(connection, action_id)
        marks = await _marks(connection, action_id)
        decisions = await _decisions(connection, action_id)
        fates = await read_fates(connection)
    found = [
        _Found(action, entries.get(action, ()), heads.get(action), marks.get(action, ()), decisions.get(action, ()))
        for action in sorted({*entries, *heads, *marks})
    ]
    return [await _judge(one, Bodies(people), fates.get(subject_of(one.action_id) or "")) for one in found]


@dataclass(frozen=True)
class _Found:
    """What the database holds of an action."""

    action_id: str
    entries: Sequence[LedgerRow]
    head: Head | None
    marks: Sequence[Mark]
    decisions: Sequence[RecordedDecision]


async def _judge(found: _Found, bodies: Bodies, fate: KeyFate | None) -> ActionAudit:
    action_id = found.action_id
    # The chain is over what is stored: it verifies with or without a key.
    opened = await open_bodies(action_id, found.entries, bodies)
    problems = (
        *verify(action_id, found.entries, found.head),
        *opened.problems,
        *unrecorded(action_id, opened.entries, found.marks, opened.unreadable),
        *unapproved(action_id, opened.entries, found.decisions, opened.unreadable),
    )
    return ActionAudit(action_id, opened.entries, problems, tuple(found.decisions), opened.unreadable, fate)


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


async def _decisions(connection: AsyncConnection, action_id: str | None) -> Mapping[str, Sequence[RecordedDecision]]:
    found: dict[str, list[RecordedDecision]] = defaultdict(list)
    for row in await connection.execute(oldest_first(action_id)):
        found[row.action_id].append(read_decision(row))
    return found


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
