"""The webhook hears of each wait once, however often it fails; and nothing that it does changes the action."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import pytest
from temporalio.api.enums.v1 import EventType
from temporalio.testing import WorkflowEnvironment

from leverframe.contracts.names import ROLES
from tests.support.receiver import HANG, Receiver, receiving
from tests.support.rig import LAMP, MIA, Rig, open_rig
from worker.embedded.process import free_port
from worker.testing.postgres import Database
from worker.testing.rig import propose
from worker.testing.servers import skipping_server
from worker.testing.waiting import until


@asynccontextmanager
async def telling(environment: WorkflowEnvironment, database: Database, receiver: Receiver) -> AsyncIterator[Rig]:
    async with open_rig(environment, database, notifications=receiver.settings(timeout=2)) as rig:
        yield rig


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    async with receiving(Receiver()) as listening:
        yield listening


@pytest.fixture
async def told(temporal: WorkflowEnvironment, database: Database, receiver: Receiver) -> AsyncIterator[Rig]:
    async with telling(temporal, database, receiver) as rig:
        yield rig


async def taken(receiver: Receiver, count: int) -> list[str]:
    """What the receiver has taken, once there is so much of it."""

    async def types() -> list[str]:
        return receiver.types

    found: list[str] = await until(types, lambda types: len(types) >= count)
    return found


async def events(rig: Rig, action_id: str, kind: EventType.ValueType) -> int:
    history = await rig.client.get_workflow_handle(action_id).fetch_history()
    return sum(event.event_type == kind for event in history.events)


async def undelivered(rig: Rig, action_id: str) -> list[Any]:
    problems = [entry for entry in await rig.ledger(action_id) if entry.kind == "problem"]
    assert {entry.role for entry in problems} <= {"notifications"}
    return [(dict(entry.body)["what"], dict(entry.body)["cause"]) for entry in problems]


async def test_a_wait_is_told_from_its_start_to_its_end_each_thing_once(database: Database, receiver: Receiver) -> None:
    """The first attempts fail; three days pass in a moment."""
    receiver.answers = [500, HANG, 204, 503]
    async with skipping_server() as environment, telling(environment, database, receiver) as rig:
        status = await rig.waiting()
        assert status.plan is not None
        assert await taken(receiver, 1) == ["action.waiting"]
        assert len({message.id for message in receiver.messages}) == 1
        assert len(receiver.messages) == 3
        await environment.sleep(timedelta(days=2, hours=1))
        assert set((await taken(receiver, 3))[1:]) == {"action.reminded", "action.escalated"}
        await environment.sleep(timedelta(days=1))
        assert (await rig.result(status.action_id)).kind == "expired"
        # It had been delivered when the action ended.
        assert sorted(receiver.types) == ["action.escalated", "action.expired", "action.reminded", "action.waiting"]
        assert await undelivered(rig, status.action_id) == []
    told = {one.type: one for one in receiver.taken.values()}
    first = told["action.waiting"].data
    assert (
        first.action_id,
        first.action,
        first.state,
        first.awaiting,
        first.deadline and first.deadline.isoformat(),
    ) == (
        status.action_id,
        "order_cancellation",
        "confirming",
        "operator",
        status.deadline,
    )
    lead = first.model_copy(update={"role": "support_lead"})
    assert first.role == "support"
    assert {kind: one.data for kind, one in told.items()} == {
        "action.waiting": first,
        "action.reminded": first,
        "action.escalated": lead,
        "action.expired": lead,
    }
    waited = told["action.expired"].timestamp - told["action.waiting"].timestamp
    assert abs(waited - timedelta(days=3)) < timedelta(minutes=1)
    nothing_of(receiver, MIA, "Mia", "lamp", LAMP, status.plan.code, status.plan.digest, "54.10")


def nothing_of(receiver: Receiver, *secret: str) -> None:
    """No message holds more than the contract names, nor any of these words."""
    for message in receiver.messages:
        told = json.loads(message.body)
        assert told.keys() == {"type", "timestamp", "data"}
        assert told["data"].keys() <= {"action_id", "action", "state", "awaiting", "role", "deadline", "link"}
        assert [word for word in secret if word in message.body.decode()] == []


async def test_a_question_to_the_user_is_told_too(database: Database, receiver: Receiver) -> None:
    async with skipping_server() as environment, telling(environment, database, receiver) as rig:
        rig.script[:] = [propose("ask", missing="which_order")]
        action_id = await rig.start("cancel my order, I am Mia Berg")
        await taken(receiver, 1)
        await environment.sleep(timedelta(days=3, seconds=1))
        assert (await rig.result(action_id)).kind == "expired"
    assert receiver.types == ["action.waiting", "action.reminded", "action.expired"]
    assert {(one.data.awaiting, one.data.role) for one in receiver.taken.values()} == {("user", None)}
    nothing_of(receiver, MIA, "Mia", LAMP)


async def test_a_receiver_that_does_not_want_it_is_not_asked_again_and_that_is_noted(
    told: Rig, receiver: Receiver
) -> None:
    receiver.always = 404
    status = await told.waiting()
    assert status.plan is not None
    await until(lambda: events(told, status.action_id, EventType.EVENT_TYPE_ACTIVITY_TASK_FAILED), bool)
    await told.operator.approve(status.action_id, status.plan.code)
    assert (await told.result(status.action_id)).kind == "done"
    assert len(receiver.messages) == 1
    assert await undelivered(told, status.action_id) == [
        (
            "Nobody could be told by a notification: support is waited for",
            "the receiver answered 404; expected 2xx",
        )
    ]


async def test_a_receiver_that_is_down_holds_nothing_up_and_hears_of_it_when_it_is_up(
    temporal: WorkflowEnvironment, database: Database
) -> None:
    port = free_port()
    receiver = Receiver(url=f"http://127.0.0.1:{port}/hook")
    async with telling(temporal, database, receiver) as rig:
        decided, withdrawn, left = [await rig.waiting() for _ in range(3)]
        assert decided.plan is not None
        receipt = await rig.operator.approve(decided.action_id, decided.plan.code)
        assert receipt.accepted
        assert (await rig.result(decided.action_id)).kind == "done"
        await rig.withdraw(withdrawn.action_id)
        assert (await rig.result(withdrawn.action_id)).kind == "withdrawn"
        # What was still to be delivered about them is true no more.
        for status in (decided, withdrawn):
            assert await undelivered(rig, status.action_id) == []
            assert await events(rig, status.action_id, EventType.EVENT_TYPE_ACTIVITY_TASK_CANCEL_REQUESTED) == 1
        async with receiving(receiver, port):
            await taken(receiver, 1)
        assert [one.data.action_id for one in receiver.taken.values()] == [left.action_id]
        await rig.withdraw(left.action_id)
        await rig.result(left.action_id)


async def test_what_has_expired_is_told_for_ten_minutes_and_ends_as_it_would(
    database: Database, receiver: Receiver
) -> None:
    async with skipping_server() as environment, telling(environment, database, receiver) as rig:
        before = await rig.snapshot()
        status = await rig.waiting()
        await environment.sleep(timedelta(days=2, hours=1))
        await taken(receiver, 3)
        receiver.always = 503
        await environment.sleep(timedelta(days=1))
        await rig.until(status.action_id, lambda status: status.state == "lapsed")
        await environment.sleep(timedelta(minutes=10))
        assert (await rig.result(status.action_id)).kind == "expired"
        assert await rig.snapshot() == before
        assert await undelivered(rig, status.action_id) == [
            (
                "Nobody could be told by a notification: support lead was waited for in vain",
                "the receiver answered 503",
            )
        ]
        assert (await rig.ledger(status.action_id))[-1].kind == "closed"
    sent = receiver.messages[3:]
    assert len({message.id for message in sent}) == 1
    assert 5 < len(sent) < 20


async def test_without_the_role_actions_go_on(temporal: WorkflowEnvironment, database: Database) -> None:
    others = tuple(role for role in ROLES if role != "notifications")
    async with open_rig(temporal, database, roles=others) as rig:
        status = await rig.waiting()
        assert status.plan is not None
        await rig.operator.approve(status.action_id, status.plan.code)
        assert (await rig.result(status.action_id)).kind == "done"
        assert await undelivered(rig, status.action_id) == []
