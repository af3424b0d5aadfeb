from dataclasses import dataclass

from pydantic import BaseModel

from audit.bodies import Unreadable
from audit.checks import Problem
from tools.chain import LedgerRow


@dataclass(frozen=True)
class Entry:
    """A ledger entry, what it says, and what is wrong with it."""

    row: LedgerRow
    said: BaseModel | None
    why: Unreadable | None
    """Why its body cannot be read."""
    problems: tuple[Problem, ...]
