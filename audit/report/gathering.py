"""Gathers a period's figures with the auditor's login, row by row: a year needs no more memory than a day."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from pydantic import JsonValue
from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from audit.bodies import fetch_keys
from audit.report.period_figures import OTHER, Happened
from leverframe.contracts.entries import CaseEntry, Closed, Decided, FeedbackEntry, Judged, Proposed, Troubled
from leverframe.errors import KeyDestroyed, KeyUnknown, Undecryptable
from leverframe.local_time import parsed
from leverframe.pseudonym import subject_of
from leverframe.subject_keys import SubjectKeys
from leverframe.telling import Unreadable
from tools.approvals import RecordedDecision
from tools.body_encryption import Bodies

BATCH = 200
"""Actions whose people's keys are asked for at once; fewer than are kept."""
ROWS = 1000
"""Rows that are read at a time."""
TOLD = tuple(model.kind for model in (Judged, Proposed, Decided, Troubled, Closed, CaseEntry, FeedbackEntry))
"""Kinds of entries whose bodies are opened."""
QUERY = text("""
    SELECT l.action_id, l.kind, l.role, l.at, l.key, CASE WHEN l.kind = ANY (:told) THEN l.body END AS body,
        CASE WHEN l.seq = 1 THEN (SELECT jsonb_agg(to_jsonb(a) ORDER BY a.at, a.event_id)
            FROM leverframe.approvals a WHERE a.action_id = l.action_id) END AS decisions
    FROM leverframe.ledger l
    WHERE (l.seq = 1 OR l.kind = 'plan' OR l.kind = ANY (:told)) AND l.action_id IN (
        SELECT first.action_id FROM leverframe.ledger first
        WHERE first.seq = 1 AND first.at COLLATE "C" >= :since AND first.at COLLATE "C" < :until)
    ORDER BY l.action_id, l.seq""")

Entry = Row[tuple[object, ...]]


@dataclass(frozen=True)
class Gathered:
    """One action of a period."""

    action_id: str
    action: str
    began: str
    entries: Sequence[Happened]
    decisions: Sequence[RecordedDecision]


async def gathered(
    auditor: AsyncEngine, since: date, to: date, people: SubjectKeys | None, told: Sequence[str]
) -> AsyncIterator[Gathered]:
    """The actions that began from one day to another, in no order of time; bodies only of the kinds ``told``.

    Raises KeyServiceUnreachable.
    """
    bodies = Bodies(people)
    async with auditor.connect() as plain:
        connection = await plain.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
        async for batch in _batches(connection, since, to, told):
            await fetch_keys(people, (entries[0].action_id for entries in batch))
            for entries in batch:
                first = entries[0]
                happened = [await _happened(bodies, entry) for entry in entries]
                name = first.action_id.partition("-")[0] if subject_of(first.action_id) else OTHER
                decisions = [_decision(row) for row in first.decisions or ()]
                yield Gathered(first.action_id, name, first.at, happened, decisions)


async def _batches(
    connection: AsyncConnection, since: date, to: date, told: Sequence[str]
) -> AsyncIterator[Sequence[Sequence[Entry]]]:
    """The entries of some actions at a time, each action's together and in order."""
    period = {"since": since.isoformat(), "until": (to + timedelta(days=1)).isoformat(), "told": [*told]}
    batch: list[list[Entry]] = []
    rows = await connection.stream(QUERY, period)
    async for part in rows.partitions(ROWS):
        for entry in part:
            if batch and batch[-1][0].action_id == entry.action_id:
                batch[-1].append(entry)
                continue
            if len(batch) == BATCH:
                yield batch
                batch = []
            batch.append([entry])
    if batch:
        yield batch


async def _happened(bodies: Bodies, entry: Entry) -> Happened:
    body: dict[str, JsonValue] | Unreadable | None = None
    if entry.body is not None:
        try:
            body = await bodies.unseal(entry.action_id, entry.key, entry.kind, entry.body)
        except KeyDestroyed:
            body = "destroyed"
        except KeyUnknown:
            body = "no key"
        except Undecryptable:
            body = "broken"
    return Happened(entry.kind, entry.role, entry.at, body)


def _decision(row: dict[str, object]) -> RecordedDecision:
    return RecordedDecision(**{**row, "at": parsed(str(row["at"]))})  # type: ignore[arg-type]
