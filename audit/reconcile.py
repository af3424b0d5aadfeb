"""What the outbox says of requests to systems outside, beside what those systems say."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.engine import Row as Found
from sqlalchemy.ext.asyncio import AsyncEngine

from leverframe.errors import LeverframeError
from leverframe.naming import named
from leverframe.plan_size import TRIED
from leverframe.subject_keys import SubjectKeys
from tools.errors import NotConnected, NotKnown, ToolRefused, Unreachable
from tools.outbox import OUTBOX, Sent, not_known, read_sent, receipt
from tools.outside import Answer, Outside
from tools.sealing import Bodies


@dataclass(frozen=True)
class Compared:
    """One request, and what the system that it went to says of it."""

    action_id: str
    call_key: str
    service: str
    what: str = ""
    """What differs or is not known, in words; empty where both say the same."""

    def __str__(self) -> str:
        return f"{self.action_id}, {self.call_key}: {self.what}"


async def reconcile(
    auditor: AsyncEngine, people: SubjectKeys | None, outside: Outside, since: timedelta
) -> AsyncIterator[Compared]:
    """Each request that was sent in the time ``since`` then, oldest first, compared; nothing is written anywhere."""
    rows = select(OUTBOX).where(OUTBOX.c.first_sent_at >= datetime.now(UTC) - since).order_by(OUTBOX.c.first_sent_at)
    async with auditor.connect() as connection:
        found = (await connection.execute(rows)).all()
    for row in found:
        yield Compared(row.action_id, row.call_key, row.service, await _differs(row, Bodies(people), outside))


async def _differs(row: Found[Any], bodies: Bodies, outside: Outside) -> str:
    if row.state == "unsent":
        return ""
    here = "" if row.state in ("answered", "refused") else not_known(row.service, row.tries, row.first_sent_at)
    finder = outside.finder(row.service)
    if finder is None:
        return f"{here}; nobody here can ask it: look there" if here else ""
    try:
        sent = await read_sent(bodies, row)
        there = await finder.find(sent.sending)
    except (LeverframeError, Unreachable, NotConnected, NotKnown, ToolRefused) as error:
        return f"{here or f'{named(row.service)} cannot be compared'}: {error}"
    return _compared(sent, there, here)


def _compared(sent: Sent, there: Answer | None, here: str) -> str:
    service = named(sent.sending.asked.table)
    if here:
        if datetime.now(UTC) - sent.sending.first_sent_at < TRIED and sent.state == "sending":
            return ""  # It is under way.
        return (
            f"{here}. {service} says that it has: {receipt(there)}"
            if there
            else f"{here}. {service} knows nothing of it"
        )
    if sent.state == "refused":
        return f"{service} has refused it, and has it now: {receipt(there)}" if there else ""
    if there is None:
        return f"{service} has answered it ({receipt(sent.answer)}), and knows nothing of it now"
    changed = sent.answer is not None and sent.answer.told != there.told
    return f"{service} has answered {receipt(sent.answer)}, and says {receipt(there)} now" if changed else ""
