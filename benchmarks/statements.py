"""How many SQL statements reach the database, as its own log tells."""

import asyncio
import re
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import psycopg

PREFIX = "%u@%d|"
SAID = re.compile(r"^(\w+)@\w*\|LOG:  (?:statement|execute [^:]*): (\S+)", re.MULTILINE)
FRAME = frozenset({"BEGIN", "COMMIT", "ROLLBACK", "SAVEPOINT", "RELEASE"})
"""What only opens and ends transactions."""


@dataclass
class Statements:
    """Those of a while, by the login that sent them."""

    all: Counter[str] = field(default_factory=Counter)
    frames: Counter[str] = field(default_factory=Counter)
    """Of these, the ones that open and end transactions."""


@asynccontextmanager
async def counting(owner: str, log: Path) -> AsyncIterator[Statements]:
    """Count while the block lasts; ``owner`` is the superuser's connection string, ``log`` where the server writes."""
    found = Statements()
    await _say(owner, f"ALTER SYSTEM SET log_line_prefix = '{PREFIX}'", "ALTER SYSTEM SET log_statement = 'all'")
    start = log.stat().st_size
    try:
        yield found
    finally:
        await _say(owner, "ALTER SYSTEM RESET log_line_prefix", "ALTER SYSTEM RESET log_statement")
    with log.open(encoding="utf-8", errors="replace") as file:
        file.seek(start)
        for login, word in SAID.findall(file.read()):
            found.all[login] += 1
            found.frames[login] += word.rstrip(";").upper() in FRAME


async def _say(owner: str, *changes: str) -> None:
    async with await psycopg.AsyncConnection.connect(owner, autocommit=True) as connection:
        for change in (*changes, "SELECT pg_reload_conf()"):
            await connection.execute(change.encode())
    # Every server process reads its settings anew before its next statement, once the signal has reached it.
    await asyncio.sleep(0.3)
