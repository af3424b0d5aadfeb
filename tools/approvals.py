"""The record of decisions: append-only, one row per history event, kept with a login of the approvals role's own."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Literal

from sqlalchemy import (
    BigInteger,
    Column,
    DateTime,
    Integer,
    MetaData,
    Row,
    Select,
    Table,
    Text,
    func,
    insert,
    or_,
    select,
)
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from leverframe.contracts.decision import Choice, Trust
from tools.revocations import is_revoked, refuse

APPROVALS = Table(
    "approvals",
    MetaData(schema="leverframe"),
    *(
        Column(name, Text)
        for name in ("action_id", "run_id", "choice", "digest", "person", "identity", "trust", "role")
    ),
    Column("event_id", BigInteger),
    Column("quorum", Integer),
    Column("at", DateTime(timezone=True)),
)


@dataclass(frozen=True)
class RecordedDecision:
    """One person's decision on one plan, as the approvals role has established it."""

    action_id: str
    run_id: str
    event_id: int
    """The history event that carries the decision; it decides once."""
    choice: Choice
    digest: str
    """Of the plan decided on."""
    person: str
    """The person, whichever of their names was used."""
    identity: str
    """The name that was used."""
    trust: Trust
    role: str
    """The role in which the person decided."""
    quorum: int
    """How many distinct people must approve this plan."""
    at: datetime | None = field(default=None, compare=False)
    """When it was recorded, by the database's clock; not given when recording."""


class ApprovalConflict(Exception):
    """The decision does not count; the message is in plain words for whoever sent it.

    ``event``: the same event has decided something else. ``person``: the same person has decided on this plan already.
    """

    def __init__(self, kind: Literal["event", "person"], reason: str) -> None:
        super().__init__(reason)
        self.kind = kind


class ApprovalRecord:
    """Reads and appends decisions; the login can do neither more nor anything else."""

    def __init__(self, engine: AsyncEngine) -> None:
        """``engine`` logs in as the approvals role."""
        self._engine = engine

    async def record(self, decision: RecordedDecision, revocation_ids: Iterable[str]) -> tuple[RecordedDecision, ...]:
        """Append a decision once, and return all decisions on its plan, oldest first.

        Deciders of one action take turns, so that each sees what the others have decided before. The same decision
        again changes nothing. Raises :class:`ApprovalConflict`, and CapabilityRefused when one of the capability's
        ``revocation_ids`` is revoked; nothing is written then.
        """
        async with self._engine.begin() as connection:
            first = (await connection.execute(_take_turns(decision.action_id, revocation_ids))).one()
            refuse(first.revoked)
            standing = [read_decision(row) for row in await connection.execute(_touching(decision))]
            if decision not in standing:
                refuse_conflict(decision, standing)
                row = {name: value for name, value in asdict(decision).items() if name != "at"}
                await connection.execute(insert(APPROVALS).values(row))
            return await _on(connection, decision.action_id, decision.digest)

    async def decisions(self, action_id: str, digest: str) -> tuple[RecordedDecision, ...]:
        """All decisions on the plan of this digest in this action, oldest first."""
        async with self._engine.connect() as connection:
            return await _on(connection, action_id, digest)


def oldest_first(action_id: str | None) -> Select[tuple[object, ...]]:
    """The statement that reads the decisions in an action, or in all."""
    rows = select(APPROVALS).order_by(APPROVALS.c.at, APPROVALS.c.event_id)
    return rows if action_id is None else rows.where(APPROVALS.c.action_id == action_id)


def read_decision(row: Row[tuple[object, ...]]) -> RecordedDecision:
    """A row of :data:`APPROVALS`."""
    return RecordedDecision(**row._mapping)


def refuse_conflict(decision: RecordedDecision, standing: Sequence[RecordedDecision]) -> None:
    """Raise :class:`ApprovalConflict` when what stands leaves no room for this decision. Pure."""
    event = (decision.action_id, decision.run_id, decision.event_id)
    if any((other.action_id, other.run_id, other.event_id) == event for other in standing):
        raise ApprovalConflict("event", "This decision has been used already, for something else; send a new one.")
    if any((other.digest, other.person) == (decision.digest, decision.person) for other in standing):
        raise ApprovalConflict("person", "You have decided on this plan already; another person must decide too.")


def _take_turns(action_id: str, revocation_ids: Iterable[str]) -> Select[tuple[object, bool]]:
    return select(func.leverframe.take_turns(action_id), is_revoked(revocation_ids))


def _touching(decision: RecordedDecision) -> Select[tuple[object, ...]]:
    same_event = (APPROVALS.c.run_id == decision.run_id) & (APPROVALS.c.event_id == decision.event_id)
    same_plan = APPROVALS.c.digest == decision.digest
    return select(APPROVALS).where(APPROVALS.c.action_id == decision.action_id, or_(same_event, same_plan))


async def _on(connection: AsyncConnection, action_id: str, digest: str) -> tuple[RecordedDecision, ...]:
    rows = await connection.execute(oldest_first(action_id).where(APPROVALS.c.digest == digest))
    return tuple(read_decision(row) for row in rows)
