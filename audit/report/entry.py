from dataclasses import dataclass

from audit.checks import Problem
from leverframe.contracts.entries import Body
from leverframe.telling import Unreadable
from tools.chain import LedgerRow


@dataclass(frozen=True)
class Entry:
    """A ledger entry, what it says, and what is wrong with it."""

    row: LedgerRow
    said: Body | None
    why: Unreadable | None
    """Why its body cannot be read."""
    problems: tuple[Problem, ...]
