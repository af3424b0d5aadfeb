"""What the outbox says of requests to systems outside, beside what those systems say."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.engine import Row as Found
from sqlalchemy.ext.asyncio import AsyncEngine

from leverframe.call_timeouts import TRIED
from leverframe.contracts.entries import Malformed, Settled
from leverframe.errors import LeverframeError
from leverframe.naming import named
from leverframe.subject_keys import SubjectKeys
from tools.body_encryption import Bodies
from tools.errors import NotConnected, NotKnown, ToolRefused, Unreachable
from tools.ledger import LEDGER
from tools.outbox import OUTBOX, Sent, not_known, read_sent, receipt
from tools.outside import Answer, Outside
from tools.settling import settled_call, settlement


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
    settlements, bodies = select(LEDGER).where(LEDGER.c.kind == Settled.kind), Bodies(people)
    async with auditor.connect() as connection:
        found = (await connection.execute(rows)).all()
        settled = (await connection.execute(settlements.order_by(LEDGER.c.seq))).all()
    by = {(one.action_id, settled_call(one.key)): one for one in settled}
    for row in found:
        what = await _differs(row, by.get((row.action_id, row.call_key)), bodies, outside)
        yield Compared(row.action_id, row.call_key, row.service, what)


async def _differs(row: Found[Any], by: Found[Any] | None, bodies: Bodies, outside: Outside) -> str:
    if row.state == "unsent":
        return ""
    here = "" if row.state in ("answered", "refused") else not_known(row.service, row.tries, row.first_sent_at)
    finder = outside.finder(row.service)
    if finder is None:
        return f"{here}; nobody here can ask it: look there" if here and by is None else ""
    try:
        sent = await read_sent(bodies, row)
        settled = await _settled(by, bodies)
        there = await finder.find(sent.sending)
    except (LeverframeError, Malformed, Unreachable, NotConnected, NotKnown, ToolRefused) as error:
        return f"{here or f'{named(row.service)} cannot be compared'}: {error}"
    return _compared(sent, there, here, settled)


async def _settled(row: Found[Any] | None, bodies: Bodies) -> Settled | None:
    return Settled.read(await bodies.unseal(row.action_id, row.key, row.kind, row.body)) if row else None


def _compared(sent: Sent, there: Answer | None, here: str, settled: Settled | None) -> str:
    service = named(sent.sending.asked.table)
    if here:
        if datetime.now(UTC) - sent.sending.first_sent_at < TRIED and sent.state == "sending":
            return ""  # It is under way.
        if settled is not None and settled.happened == (there is not None):
            return ""
        said = f". {settlement(settled)}" if settled else ""
        says = f"says that it has: {receipt(there)}" if there else "knows nothing of it"
        return f"{here}{said}. {service} {says}"
    if sent.state == "refused":
        return f"{service} has refused it, and has it now: {receipt(there)}" if there else ""
    if there is None:
        return f"{service} has answered it ({receipt(sent.answer)}), and knows nothing of it now"
    changed = sent.answer is not None and sent.answer.told != there.told
    return f"{service} has answered {receipt(sent.answer)}, and says {receipt(there)} now" if changed else ""
