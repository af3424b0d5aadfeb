"""One call that kills its own process (SIGKILL) at a chosen point: ``python -m tests.faults.doomed_request``.

The call stands in the environment as JSON, with how to reach the database and the system outside.
"""

import asyncio
import json
import os
import signal
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import SecretStr
from sqlalchemy.ext.asyncio import AsyncSession

from leverframe.contracts.calling import CallRequest
from leverframe.contracts.ledger import LedgerEntry
from tests.support.contracts_system import Contracts, tools
from tests.support.rest_system import SERVICE
from tests.tools.http import contracts as declared
from tools import execute, ledger
from tools.base import CallContext
from tools.credential import Credential
from tools.http.system import Reply, Request
from tools.outside import Answer, Outside, Sending
from tools.scope import ScopedSessions, create_engine
from worker.testing.keys import VERIFIER

CALL = "DOOMED_CALL"
POINTS = ("before the request leaves", "once it is answered", "once that is recorded", "once it is committed")
DURING = "while it is under way"
"""The test kills it then: the system says when."""


@dataclass
class Doomed(Contracts):
    """The client, which does not live to send its request, or to tell what was answered."""

    point: str = ""

    async def end(self, path: str, sending: Sending) -> Answer:
        die_at(POINTS[0], self.point)
        answer = await super().end(path, sending)
        die_at(POINTS[1], self.point)
        return answer


class DoomedDeclared(declared.Contracts):
    """The same of tools that are made of declarations."""

    point = ""

    async def send(self, call: CallContext, credential: Credential, asked: Request) -> Reply:
        if asked.method == "GET":
            return await super().send(call, credential, asked)
        die_at(POINTS[0], self.point)
        reply = await super().send(call, credential, asked)
        die_at(POINTS[1], self.point)
        return reply


def die_at(point: str, chosen: str) -> None:
    if point == chosen:
        os.kill(os.getpid(), signal.SIGKILL)


async def main() -> None:
    told: dict[str, Any] = json.loads(os.environ[CALL])
    point = told["point"]
    append = ledger.append

    async def appending(session: AsyncSession, action_id: str, entries: Sequence[LedgerEntry], trace_id: str) -> int:
        die_at(POINTS[2], point)
        return await append(session, action_id, entries, trace_id)

    ledger.append = appending
    sessions = ScopedSessions(create_engine(told["database"]), told["scope_key"])
    request = CallRequest.model_validate(told["request"])
    if told.get("declared"):
        own = DoomedDeclared(told["url"], token=SecretStr(SERVICE), private=["127.0.0.0/8"])
        own.point = point
        print(await execute.execute(sessions, declared.tools(), VERIFIER, request, "", Outside(own)))
    else:
        client = Doomed(told["url"], told["knows_keys"], limit=30, point=point)
        print(await execute.execute(sessions, tools(), VERIFIER, request, "", Outside(client)))
    die_at(POINTS[3], point)


if __name__ == "__main__":
    asyncio.run(main())
