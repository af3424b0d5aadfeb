"""What the outbox says of requests to systems outside, beside what those systems say."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.engine import Row as Found
from sqlalchemy.ext.asyncio import AsyncEngine

from leverframe.call_timeouts import TRIED
from leverframe.contracts.entries import Settled
from leverframe.contracts.entry import Malformed
from leverframe.errors import LeverframeError
from leverframe.naming import named
from leverframe.subject_keys import SubjectKeys
from tools.base import Toolbox
from tools.body_encryption import Bodies
from tools.errors import NotKnown, NotLooked, ToolError, ToolRefused, Unreachable
from tools.ledger import LEDGER
from tools.outbox import OUTBOX, Sent, not_known, read_sent, receipt
from tools.outside import Answer, Outside, Sending
from tools.settling import settled_call, settlement

NO_TOOLS = Toolbox()


@dataclass(frozen=True)
class Compared:
    """One request, and what the system that it went to says of it."""

    action_id: str
    call_key: str
    service: str
    what: str = ""
    """What differs or is not known, in words; empty where both say the same."""
    looked: bool = True
    """Whether the system could be asked."""

    def __str__(self) -> str:
        return f"{self.action_id}, {self.call_key}: {self.what}"


async def reconcile(
    auditor: AsyncEngine, people: SubjectKeys | None, outside: Outside, since: timedelta, tools: Toolbox = NO_TOOLS
) -> AsyncIterator[Compared]:
    """Each request that was sent in the time ``since`` then, oldest first, compared; nothing is written anywhere.

    ``tools`` are those that may have sent them: some can be asked what has become of a request of theirs.
    """
    rows = select(OUTBOX).where(OUTBOX.c.first_sent_at >= datetime.now(UTC) - since).order_by(OUTBOX.c.first_sent_at)
    settlements, bodies = select(LEDGER).where(LEDGER.c.kind == Settled.kind), Bodies(people)
    async with auditor.connect() as connection:
        found = (await connection.execute(rows)).all()
        settled = (await connection.execute(settlements.order_by(LEDGER.c.seq))).all()
    by = {(one.action_id, settled_call(one.key)): one for one in settled}
    for row in found:
        told = await _differs(row, by.get((row.action_id, row.call_key)), bodies, outside, tools)
        yield Compared(row.action_id, row.call_key, row.service, *told)


async def _differs(
    row: Found[Any], by: Found[Any] | None, bodies: Bodies, outside: Outside, tools: Toolbox
) -> tuple[str, bool]:
    """What differs, and whether the system could be asked."""
    if row.state == "unsent":
        return "", True
    here = "" if row.state in ("answered", "refused") else not_known(row.service, row.tries, row.first_sent_at)
    try:
        sent = await read_sent(bodies, row)
        settled = await _settled(by, bodies)
        there = await _there(row, sent.sending, outside, tools)
    except NotLooked as error:
        return f"{here}; nobody here can ask it: look there ({error})" if here and by is None else "", False
    except NotKnown as error:
        # What was answered may have been changed by others since.
        return f"{here}: {error}" if here else "", True
    except (LeverframeError, Malformed, Unreachable, ToolError, ToolRefused) as error:
        return f"{here or f'{named(row.service)} cannot be compared'}: {error}", True
    return _compared(sent, there, here, settled), True


async def _there(row: Found[Any], sending: Sending, outside: Outside, tools: Toolbox) -> Answer | None:
    if finder := outside.finder(row.service):
        return await finder.find(sending)
    find = tools.get(row.tool).find if row.tool in tools.names else None
    if find is None:
        raise NotLooked("it has no way to be found again")
    return await find(outside, sending)


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
    told = sent.answer.told if sent.answer else {}
    changed = any(told[name] != there.told[name] for name in told.keys() & there.told.keys())
    return f"{service} has answered {receipt(sent.answer)}, and says {receipt(there)} now" if changed else ""
