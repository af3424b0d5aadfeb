"""Verify the ledger with the auditor's login, which can read it and change nothing, or from an export of it."""

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field

from sqlalchemy.ext.asyncio import AsyncEngine

from audit.bodies import KeyFate, fetch_keys, open_bodies
from audit.checks import Problem, unapproved, unrecorded, verify
from audit.recorded import Found, Recorded, database
from audit.requests import Request, unsettled
from leverframe.pseudonym import subject_of
from leverframe.subject_keys import SubjectKeys
from leverframe.telling import Unreadable
from tools.approvals import RecordedDecision
from tools.body_encryption import Bodies
from tools.chain import LedgerRow

BATCH = 200
"""Actions whose people's keys are asked for at once; fewer than are kept."""


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
    requests: tuple[Request, ...] = ()
    """What it asked of systems outside, oldest first."""

    @property
    def ok(self) -> bool:
        return not self.problems


async def audit_action(auditor: AsyncEngine, action_id: str, people: SubjectKeys | None = None) -> ActionAudit:
    """One action's story and problems; an action that nobody has heard of has no entries and no problems.

    ``people`` are the keys that open its bodies; without them the chain is verified and the bodies stay sealed.
    Raises KeyServiceUnreachable.
    """
    async with database(auditor, action_id) as recorded:
        audits = [audit async for audit in audited(recorded, people)]
    return audits[0] if audits else ActionAudit(action_id, (), ())


async def audit_all(auditor: AsyncEngine, people: SubjectKeys | None = None) -> list[ActionAudit]:
    """Every action that the ledger, its heads or a business row names, by action id."""
    async with database(auditor) as recorded:
        audits = [audit async for audit in audited(recorded, people)]
    return sorted(audits, key=lambda audit: audit.action_id)


async def audited(recorded: Recorded, people: SubjectKeys | None = None) -> AsyncIterator[ActionAudit]:
    """Every action's audit, one after the other: however many there are, few are held at a time."""
    bodies, batch = Bodies(people), list[Found]()
    async for found in recorded.actions():
        batch.append(found)
        if len(batch) == BATCH:
            for audit in await _judged(batch, bodies, recorded, people):
                yield audit
            batch = []
    for audit in await _judged(batch, bodies, recorded, people):
        yield audit


async def _judged(
    batch: list[Found], bodies: Bodies, recorded: Recorded, people: SubjectKeys | None
) -> list[ActionAudit]:
    await fetch_keys(people, (found.action_id for found in batch))
    return [await _judge(found, bodies, recorded.fates.get(subject_of(found.action_id) or "")) for found in batch]


async def _judge(found: Found, bodies: Bodies, fate: KeyFate | None) -> ActionAudit:
    action_id = found.action_id
    # The chain is over what is stored: it verifies with or without a key.
    opened = await open_bodies(action_id, found.entries, bodies)
    problems = (
        *verify(action_id, found.entries, found.head),
        *opened.problems,
        *unrecorded(action_id, opened.entries, found.marks, opened.unreadable),
        *unapproved(action_id, opened.entries, found.decisions, opened.unreadable),
        *unsettled(action_id, opened.entries, found.requests),
    )
    decisions, requests = tuple(found.decisions), tuple(found.requests)
    return ActionAudit(action_id, opened.entries, problems, decisions, opened.unreadable, fate, requests)
