"""A system outside is away for an hour: what was asked of it has happened once, or not at all, and that is known."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from datetime import timedelta
from urllib.parse import urlsplit

import pytest
from temporalio import workflow
from temporalio.testing import WorkflowEnvironment
from temporalio.worker import UnsandboxedWorkflowRunner, Worker

from activities.calling import CallingActivities
from leverframe.contracts.calling import CallRequest, CallResult
from tests.support.asked_outside import Asked, Kind, reached
from tests.support.two_customers import Sql
from tests.worker.gate import Gate
from worker.testing.keys import VERIFIER
from worker.testing.servers import skipping_server
from worker.testing.waiting import until
from workflows.roles import Roles

PREFIX = "away"


@workflow.defn(name="order_cancellation")
class OneCall:
    """Makes one call as an action does: tried again and again, for an hour."""

    @workflow.run
    async def run(self, request: CallRequest) -> CallResult:
        return await Roles(PREFIX).call(request, "Ask")


@dataclass
class Door:
    """The way to a system; shut, nobody is there."""

    gate: Gate
    port: int = 0
    server: asyncio.Server | None = field(default=None)

    async def open(self) -> None:
        self.gate.open = True
        self.server = await asyncio.start_server(self.gate.serve, "127.0.0.1", self.port)
        self.port = self.server.sockets[0].getsockname()[1]

    def shut(self) -> None:
        self.gate.shut()
        if self.server is not None:
            self.server.close()


@pytest.fixture(scope="module")
async def skipping() -> AsyncIterator[WorkflowEnvironment]:
    async with skipping_server() as environment:
        yield environment


@pytest.fixture
async def door(asked: Asked) -> AsyncIterator[Door]:
    url = urlsplit(asked.url)
    door = Door(Gate(str(url.hostname), url.port or 0))
    await door.open()
    async with reached(asked.kind, url._replace(netloc=f"127.0.0.1:{door.port}").geturl()) as outside:
        asked.action = replace(asked.action, outside=outside)
        yield door
    door.shut()


@dataclass(frozen=True)
class Case:
    """How it is away, and what must have come of it."""

    name: str
    kind: Kind
    lost: bool
    """Whether it has done what it was asked before, and the answer is lost."""
    back: bool
    """Whether it is there again before the hour is over."""
    status: str
    left: tuple[str, ...]
    """What the outbox says."""


def cases(*kinds: Kind) -> list[Case]:
    return [
        case
        for kind in kinds
        for case in (
            Case("from the beginning", kind, False, False, "failed", ()),
            Case("once an answer was lost", kind, True, False, "unfinished", ("unknown",)),
            Case("and comes back", kind, True, True, "succeeded", ("answered",)),
        )
    ]


HEAVY = pytest.mark.heavy
CASES = [
    *(pytest.param(one.kind, one, id=f"{one.kind}, {one.name}") for one in cases("rest, by a key")),
    *(pytest.param(one.kind, one, id=f"{one.kind}, {one.name}", marks=HEAVY) for one in cases("mcp", "stripe")),
]


@pytest.mark.parametrize(("asked", "case"), CASES, indirect=["asked"])
async def test_away_for_an_hour(asked: Asked, door: Door, skipping: WorkflowEnvironment, sql: Sql, case: Case) -> None:
    action, call, client = asked.action, asked.call, skipping.client
    plan = await action.preview(call)
    request = CallRequest(action_id=action.id, capability=action.approved(plan.digest), planned=call, approved=plan)
    tools = CallingActivities(action.sessions, action.tools, VERIFIER, action.outside)
    if case.lost:
        asked.loses()
    else:
        door.shut()
    async with (
        Worker(client, task_queue=f"{PREFIX}-tools", activities=[tools.call]),
        Worker(client, task_queue=PREFIX, workflows=[OneCall], workflow_runner=UnsandboxedWorkflowRunner()),
    ):
        running = await client.start_workflow(OneCall.run, request, id=action.id, task_queue=PREFIX)
        if case.lost:

            async def happened() -> int:
                return asked.happened()

            await until(happened, bool)
            door.shut()
        if case.back:
            await skipping.sleep(timedelta(minutes=40))
            await door.open()
        result = await running.result()
    assert (result.status, asked.happened()) == (case.status, int(case.lost))
    assert await sql("SELECT state FROM leverframe.outbox") == [(state,) for state in case.left]
    if case.status == "failed":
        assert result.message.startswith("nothing was sent, and it is not tried any more: ")
    if case.status == "unfinished":
        assert result.message.startswith("It is not known whether what was asked of ")
        assert "nothing was written" not in result.message
