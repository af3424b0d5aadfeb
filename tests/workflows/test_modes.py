"""How far an action goes: beside people (shadow), with them choosing (assist), or for good (live)."""

from dataclasses import replace

import pytest
from temporalio.testing import WorkflowEnvironment

from leverframe.capability_uses import case_id
from leverframe.contracts import names
from leverframe.modes import Modes
from tests.support.receiver import Receiver, receiving
from tests.support.rig import BO, BOS, CHAIR, LAMP, SHIPPED, Rig, cancel, open_rig
from tests.support.sandbox import replay
from tests.workflows.test_outcome_events import of
from worker.reopening import reopen
from worker.roles.workers import role_workers
from worker.settings.base import SettingsError, load
from worker.settings.shared import WorkerSettings
from worker.testing.postgres import Database
from worker.testing.rig import propose
from worker.testing.serving import serving

SHADOW, ASSIST = "order_cancellation=shadow", "order_cancellation=assist"
DECLINE = propose("decline", clause="CANCEL-PENDING")
ASK = propose("ask", missing="which_order")


async def asked_of(rig: Rig, action_id: str) -> list[str]:
    """What an action asked of other roles and workflows, by name."""
    history = await rig.client.get_workflow_handle(action_id).fetch_history()
    found = [event.activity_task_scheduled_event_attributes.activity_type.name for event in history.events]
    begun = [
        event.start_child_workflow_execution_initiated_event_attributes.workflow_type.name for event in history.events
    ]
    return [name for name in (*found, *begun) if name]


async def test_in_shadow_an_action_goes_to_its_plan_and_nobody_is_asked_told_or_touched(
    temporal: WorkflowEnvironment, database: Database
) -> None:
    async with (
        receiving(Receiver()) as receiver,
        open_rig(temporal, database, notifications=receiver.settings(), events=of("all"), mode=SHADOW) as rig,
    ):
        before = await rig.snapshot()
        stories = {
            "confirming": (f"cancel {LAMP}", cancel()),
            "declined": (f"cancel {SHIPPED}", DECLINE),
            "asking": ("please cancel my order", ASK),
            "handed_over": ("call me", propose("hand_over", why="wants_a_person")),
        }
        for state, (text, answer) in stories.items():
            rig.script[:] = [answer]
            outcome = await rig.result(action_id := await rig.start(text))
            assert (outcome.kind, outcome.state, outcome.reply) == ("shadowed", state, "")
            asked = set(await asked_of(rig, action_id))
            assert asked <= {names.SCREEN, names.CALL, names.RETRIEVE, names.PROPOSE, names.PREVIEW, names.RECORD}
            (started,) = await rig.kinds(action_id, "started")
            (closed,) = await rig.kinds(action_id, "closed")
            assert (started["mode"], closed["outcome"], closed["state"]) == ("shadow", "shadowed", state)
            assert len(await rig.kinds(action_id, "proposal")) == 1
            assert len(await rig.kinds(action_id, "plan")) == (state == "confirming")
            described = await rig.client.get_workflow_handle(action_id).describe()
            assert described.typed_search_attributes[names.OUTCOME] == "shadowed"
            await replay(rig.client, action_id)
        assert not [one async for one in rig.operator.pending() if one.action_id in rig.started]
        cases = [one.action_id async for one in rig.operator.cases.open()]
        assert not [case for case in cases if case.removesuffix("/case") in rig.started]
        assert receiver.messages == []
        assert await rig.snapshot() == before
        # What has ended in shadow is not woken: there is no news of what was not done.
        assert not await reopen(rig.client, rig.started[0], "evt_1", good=False)


async def test_in_assist_a_person_chooses_whatever_the_model_suggests(
    temporal: WorkflowEnvironment, database: Database
) -> None:
    async with open_rig(temporal, database, mode=ASSIST) as rig:
        for text, answer, suggestion in [(f"cancel {SHIPPED}", DECLINE, "decline"), ("cancel my order", ASK, "ask")]:
            rig.script[:] = [answer]
            outcome = await rig.result(action_id := await rig.start(text))
            assert outcome.kind == "handed_over"
            case = await rig.operator.cases.look(case_id(action_id))
            assert case.reason.startswith(f"A person chooses here. The model suggests '{suggestion}'")
            assert case.why.proposal is not None
            assert case.why.proposal.event == suggestion
            await replay(rig.client, action_id)
        rig.script[:] = [cancel()]
        status = await rig.waiting()
        assert status.plan is not None
        await rig.operator.approve(status.action_id, status.plan.code)
        assert (await rig.result(status.action_id)).kind == "done"
        (started,) = await rig.kinds(status.action_id, "started")
        assert started["mode"] == "assist"


async def test_an_action_keeps_the_mode_in_which_it_was_begun(
    temporal: WorkflowEnvironment, database: Database
) -> None:
    async with open_rig(temporal, database, roles=("guards", "llm", "approvals", "notifications")) as rig:
        live, shadow = (
            replace(rig.settings, worker=rig.settings.worker.model_copy(update={"mode": mode}))
            for mode in ("live", SHADOW)
        )
        async with serving(rig.client, live, ("workflows", "tools")):
            begun = await rig.waiting()
            assert begun.plan is not None
        async with serving(rig.client, shadow, ("workflows",)), serving(rig.client, live, ("tools",)):
            rig.script[:] = [cancel(CHAIR)]
            later = await rig.result(await rig.start(f"cancel {CHAIR}"))
            assert (later.kind, later.state) == ("shadowed", "confirming")
            await rig.operator.approve(begun.action_id, begun.plan.code)
            assert (await rig.result(begun.action_id)).kind == "done"
        # Where the tools role has them in shadow, it begins no write of one that was begun before either.
        async with serving(rig.client, live, ("workflows", "tools")):
            rig.script[:] = [cancel(BOS)]
            waiting = await rig.waiting(f"cancel {BOS}", subject=BO)
            assert waiting.plan is not None
        async with serving(rig.client, shadow, ("workflows", "tools")):
            await rig.operator.approve(waiting.action_id, waiting.plan.code)
            assert (await rig.result(waiting.action_id)).kind == "handed_over"
            assert (await rig.order(BOS))["status"] == "pending"
            problems = [problem["what"] for problem in await rig.kinds(waiting.action_id, "problem")]
            assert any("run beside people here, and nothing of them is carried out" in what for what in problems)
        assert len(await rig.refunds(LAMP)) == 1


@pytest.mark.parametrize(
    ("text", "modes"),
    [
        ("live", ["live", "live", "live"]),
        ("shadow", ["shadow", "shadow", "shadow"]),
        ("shadow, order_cancellation=live", ["live", "live", "shadow"]),
        ("acme/order_cancellation=assist,order_cancellation=live,shadow", ["assist", "live", "shadow"]),
        ("acme/*=assist, payment_refund=shadow", ["assist", "live", "shadow"]),
    ],
)
def test_what_is_said_of_both_tenant_and_action_counts_before_what_is_said_of_one(text: str, modes: list[str]) -> None:
    asked = [("order_cancellation", "acme"), ("order_cancellation", "other"), ("payment_refund", "other")]
    assert [Modes.parse(text).of(*one) for one in asked] == modes


@pytest.mark.parametrize(
    "text", ["on", "order_cancellation", "=shadow", "shadow,live", "a=shadow,a=live", "a=b=shadow"]
)
def test_what_is_no_mode_is_refused_in_words(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LEVERFRAME_MODE", text)
    with pytest.raises(SettingsError, match="LEVERFRAME_MODE cannot be used: expected live, assist or shadow"):
        load(WorkerSettings)


async def test_a_mode_for_an_action_that_is_none_here_is_refused(
    temporal: WorkflowEnvironment, database: Database
) -> None:
    async with open_rig(temporal, database, roles=()) as rig:
        mistyped = rig.settings.worker.model_copy(update={"mode": "order_cancelation=shadow"})
        for role in ("workflows", "tools"):
            with pytest.raises(SettingsError, match="names what is no action here: order_cancelation"):
                async with role_workers(rig.client, (role,), replace(rig.settings, worker=mistyped)):
                    raise AssertionError("it must not start")
