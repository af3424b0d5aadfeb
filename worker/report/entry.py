from dataclasses import dataclass

from pydantic import BaseModel

from tools.chain import LedgerRow
from worker.audit_bodies import Unreadable
from worker.audit_checks import Problem


@dataclass(frozen=True)
class Entry:
    """A ledger entry, what it says, and what is wrong with it."""

    row: LedgerRow
    said: BaseModel | None
    why: Unreadable | None
    """Why its body cannot be read."""
    problems: tuple[Problem, ...]
