"""The webhook hears when an action starts and how it has ended, where it wants to; no action waits for that."""

from collections.abc import AsyncIterator

import pytest
from temporalio.api.enums.v1 import EventType
from temporalio.client import WorkflowFailureError
from temporalio.testing import WorkflowEnvironment

from leverframe.contracts import names
from leverframe.contracts.notification import NotifyRequest, not_usual
from tests.support.receiver import Receiver, receiving
from tests.support.rig import LAMP, MIA, Rig, cancel, open_rig
from tests.workflows.test_support_request import DELEGATES, dispatch
from worker.settings.base import SettingsError, load
from worker.settings.notifications import EventSettings
from worker.testing.postgres import Database
from worker.testing.waiting import until
from workflows.roles import cause

ENDED = NotifyRequest(type="action.ended", state="done", visit=1, awaiting="nobody", role=None, outcome="done")


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    async with receiving(Receiver()) as listening:
        yield listening


def of(events: str) -> EventSettings:
    return EventSettings(notifications_events=events)


async def taken(receiver: Receiver, *kinds: str) -> None:
    """Wait until these and no others were taken."""

    async def types() -> list[str]:
        return receiver.types

    await until(types, lambda types: len(types) >= len(kinds))
    assert sorted(receiver.types) == sorted(kinds)


async def asked_for(rig: Rig, action_id: str) -> int:
    """How much an action asked of others to have the webhook told."""
    history = await rig.client.get_workflow_handle(action_id).fetch_history()
    scheduled = [event.activity_task_scheduled_event_attributes.activity_type.name for event in history.events]
    children = [event.event_type for event in history.events].count(
        EventType.EVENT_TYPE_START_CHILD_WORKFLOW_EXECUTION_INITIATED
    )
    return scheduled.count(names.NOTIFY) + children


async def test_an_action_is_told_of_from_its_start_to_its_outcome(
    temporal: WorkflowEnvironment, database: Database, receiver: Receiver
) -> None:
    async with open_rig(temporal, database, notifications=receiver.settings(), events=of("all")) as rig:
        status = await rig.waiting()
        assert status.plan is not None
        await taken(receiver, "action.started", "action.waiting")
        await rig.operator.approve(status.action_id, status.plan.code)
        assert (await rig.result(status.action_id)).kind == "done"
        await taken(receiver, "action.started", "action.waiting", "action.ended")
    told = {one.type: one for one in receiver.taken.values()}
    assert {(one.data.action_id, one.data.action) for one in told.values()} == {(status.action_id, status.action)}
    assert {one.data.link for one in told.values()} == {told["action.waiting"].data.link}
    ended = told["action.ended"].data.model_dump(exclude={"link"}, exclude_none=True)
    assert ended == {
        "action_id": status.action_id,
        "action": "order_cancellation",
        "state": "cancelled",
        "awaiting": "nobody",
        "outcome": "done",
    }
    assert told["action.started"].timestamp < told["action.waiting"].timestamp < told["action.ended"].timestamp
    for message in receiver.messages:
        assert [word for word in (MIA, "lamp", status.plan.code, "54.10") if word in message.body.decode()] == []


async def test_an_action_of_which_nobody_wants_to_hear_asks_for_nothing(
    temporal: WorkflowEnvironment, database: Database, receiver: Receiver
) -> None:
    async with open_rig(temporal, database, notifications=receiver.settings(), events=of("none")) as rig:
        status = await rig.waiting()
        assert status.plan is not None
        await rig.operator.approve(status.action_id, status.plan.code)
        assert (await rig.result(status.action_id)).kind == "done"
        assert await asked_for(rig, status.action_id) == 0
    assert receiver.types == []


async def test_what_became_of_each_part_is_told_and_what_is_not_wanted_is_not(
    temporal: WorkflowEnvironment, database: Database, receiver: Receiver
) -> None:
    async with open_rig(temporal, database, notifications=receiver.settings(), events=of("action.ended")) as rig:
        rig.script[:] = [dispatch("2 order_cancellation"), cancel()]
        action_id = await rig.start(
            f"Hello. Cancel {LAMP}, I no longer need it.", action="support_request", delegates=DELEGATES
        )
        asked = await rig.until(action_id, lambda status: bool(status.parts))
        part = await rig.until(asked.parts[0], lambda status: status.awaiting == "operator")
        assert part.plan is not None
        await rig.operator.reject(part.action_id, part.plan.code)
        assert (await rig.result(action_id)).kind == "not_done"
        await taken(receiver, "action.ended", "action.ended")
    of_part, whole = sorted((one.data for one in receiver.taken.values()), key=lambda one: len(one.parts or ()))
    assert (of_part.action_id, of_part.outcome, of_part.parts) == (part.action_id, "rejected", None)
    assert (whole.action_id, whole.outcome, whole.state) == (action_id, "not_done", "not_done")
    assert whole.parts is not None
    assert [one.model_dump() for one in whole.parts] == [
        {"action_id": part.action_id, "action": "order_cancellation", "kind": "rejected", "state": "not_approved"}
    ]


async def test_a_webhook_that_is_away_holds_up_no_action_and_hears_of_it_when_it_is_back(
    temporal: WorkflowEnvironment, database: Database, receiver: Receiver
) -> None:
    receiver.always = 503
    wanted = of("action.started,action.ended")
    async with open_rig(temporal, database, notifications=receiver.settings(), events=wanted) as rig:
        status = await rig.waiting()
        await rig.withdraw(status.action_id)
        assert (await rig.result(status.action_id)).kind == "withdrawn"
        assert receiver.types == []
        receiver.always = None
        await taken(receiver, "action.started", "action.ended")
        ended = next(one for one in receiver.taken.values() if one.type == "action.ended")
        assert (ended.data.action_id, ended.data.outcome) == (status.action_id, "withdrawn")
        assert len({message.id for message in receiver.messages}) == 2
        assert await rig.kinds(status.action_id, "problem") == []


async def test_whoever_starts_the_telling_without_an_action_has_nothing_sent(
    temporal: WorkflowEnvironment, database: Database, receiver: Receiver
) -> None:
    async with open_rig(temporal, database, notifications=receiver.settings(), events=of("action.ended")) as rig:
        status = await rig.waiting()
        queue = names.task_queue("workflows", rig.prefix)
        forger = await rig.client.start_workflow(names.TELL, ENDED, id=f"{status.action_id}/1", task_queue=queue)
        with pytest.raises(WorkflowFailureError) as failed:
            await forger.result()
        assert "expected an action to have started this" in cause(failed.value)
    assert receiver.types == []


def test_a_type_that_does_not_exist_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LEVERFRAME_NOTIFICATIONS_EVENTS", "action.ended, action.finished")
    with pytest.raises(SettingsError, match=r"expected all, none, or some of .*action\.ended.*; got action\.finished"):
        load(EventSettings)


def test_whatever_else_running_actions_are_asked_is_answered_as_without_any_setting() -> None:
    for events in ("all", "none", "action.ended"):
        assert of(events).answer("what later code asks")
    assert [of(events).answer(not_usual("action.ended")) for events in ("all", "none")] == [True, False]
    assert [of(events).answer(not_usual("action.waiting")) for events in ("all", "none")] == [False, True]
