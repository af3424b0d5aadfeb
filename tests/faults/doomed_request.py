"""Calls, each in a process of its own that kills itself (SIGKILL) at a chosen point: ``python -m
tests.faults.doomed_request``.

Each line of the input is a call as JSON, with how to reach the database and the system outside. Its process is a fork,
since imports take seconds; its id is printed, and then how it has ended.
"""

import asyncio
import json
import os
import signal
import sys
import traceback
from collections.abc import Sequence
from functools import partial
from typing import Any
from unittest.mock import patch

from sqlalchemy.ext.asyncio import AsyncSession

from leverframe.contracts.calling import CallRequest
from leverframe.contracts.ledger import LedgerEntry
from leverframe.contracts.plan import RowChange
from tests.support.asked_outside import reached, tools_for
from tools import execute, ledger
from tools.outbox import Outbox, Sent
from tools.outside import Answer, Perform, Sending
from tools.scope import ScopedSessions, create_engine
from worker.testing.keys import VERIFIER

POINTS = ("before the request leaves", "once it is answered", "once that is recorded", "once it is committed")
DURING = "while it is under way"
"""The test kills it then: the system says when."""
BETWEEN = "between two calls of the plan"


def die_at(point: str, chosen: str) -> None:
    if point == chosen:
        os.kill(os.getpid(), signal.SIGKILL)


async def run(told: dict[str, Any]) -> None:
    point, send, append = told["point"], Outbox.send, ledger.append

    async def performing(perform: Perform, sending: Sending) -> Answer:
        die_at(POINTS[0], point)
        answer = await perform(sending)
        die_at(POINTS[1], point)
        return answer

    async def sending(
        outbox: Outbox, requests: Sequence[tuple[RowChange, Perform]], standing: dict[int, Sent]
    ) -> list[Answer]:
        return await send(outbox, [(asked, partial(performing, perform)) for asked, perform in requests], standing)

    async def appending(session: AsyncSession, action_id: str, entries: Sequence[LedgerEntry], trace_id: str) -> int:
        last = entries[-1].key == ledger.effect_key(request.calls[-1].key)
        die_at(POINTS[2] if last else BETWEEN, point)
        return await append(session, action_id, entries, trace_id)

    sessions = ScopedSessions(create_engine(told["database"]), told["scope_key"])
    request = CallRequest.model_validate(told["request"])
    tools = tools_for(told["kind"])
    async with reached(told["kind"], told["url"]) as outside:
        with patch.object(Outbox, "send", sending), patch.object(ledger, "append", appending):
            print(await execute.execute(sessions, tools, VERIFIER, request, "", outside), file=sys.stderr)
    die_at(POINTS[3], point)


def main() -> None:
    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            try:
                asyncio.run(run(json.loads(line)))
            except Exception:
                traceback.print_exc()
            finally:
                os._exit(1)
        print(child, flush=True)
        print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)


if __name__ == "__main__":
    main()
