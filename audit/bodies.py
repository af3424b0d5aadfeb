"""The ledger's bodies as an auditor reads them: opened where there is a key, and why not where there is none."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from audit.checks import Problem
from leverframe.contracts.entries import read
from leverframe.contracts.entry import Malformed
from leverframe.errors import KeyDestroyed, KeyUnknown, Undecryptable
from leverframe.pseudonym import subject_of
from leverframe.subject_keys import SubjectKeys
from leverframe.telling import Unreadable
from tools.body_encryption import Bodies
from tools.chain import LedgerRow
from tools.subject_keys import SUBJECT_KEYS


@dataclass(frozen=True)
class KeyFate:
    """A person's key that was doomed."""

    doomed_by: str
    """The action that erased the person."""
    doomed_at: datetime
    destroyed_at: datetime | None
    """``None`` as long as it waits for the person's actions to end."""


@dataclass(frozen=True)
class Opened:
    """An action's entries with the bodies that can be read; the others stay as they are stored."""

    entries: tuple[LedgerRow, ...]
    unreadable: Mapping[int, Unreadable]
    """By the entry's place."""
    problems: tuple[Problem, ...]


async def open_bodies(action_id: str, entries: Sequence[LedgerRow], bodies: Bodies) -> Opened:
    """Open what can be opened; raises KeyServiceUnreachable."""
    opened: list[LedgerRow] = []
    unreadable: dict[int, Unreadable] = {}
    problems = []
    for entry in entries:
        try:
            body = await bodies.unseal(entry.action_id, entry.key, entry.kind, entry.body)
        except KeyDestroyed:
            unreadable[entry.seq] = "destroyed"
        except KeyUnknown:
            unreadable[entry.seq] = "no key"
        except Undecryptable as error:
            unreadable[entry.seq] = "broken"
            problems.append(Problem(action_id, entry.seq, f"its body does not open: {error}"))
        else:
            entry = replace(entry, body=body)
            problems += _malformed(entry)
        opened.append(entry)
    return Opened(tuple(opened), unreadable, tuple(problems))


def _malformed(entry: LedgerRow) -> Iterable[Problem]:
    try:
        read(entry.kind, entry.body)
    except Malformed as error:
        yield Problem(entry.action_id, entry.seq, f"forged, or of a newer version: {error}")


async def fetch_keys(people: SubjectKeys | None, action_ids: Iterable[str]) -> None:
    """Have these actions' people's keys at hand: one after the other, asking would take most of the time.

    Raises KeyServiceUnreachable.
    """
    if people is not None:
        await people.prepare(name for action_id in action_ids if (name := subject_of(action_id)))


async def read_fates(connection: AsyncConnection) -> Mapping[str, KeyFate]:
    """The keys that were doomed, by pseudonym."""
    key = SUBJECT_KEYS.c
    doomed = select(key.pseudonym, key.doomed_by, key.doomed_at, key.destroyed_at).where(key.doomed_by.is_not(None))
    return {
        row.pseudonym: KeyFate(row.doomed_by, row.doomed_at, row.destroyed_at)
        for row in await connection.execute(doomed)
    }
