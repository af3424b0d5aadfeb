"""One text, several wishes: each becomes an action of its own, and is confirmed on its own."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from typing import Any

import pytest
from temporalio.common import WorkflowIDReusePolicy
from temporalio.service import RPCError
from temporalio.testing import WorkflowEnvironment

from leverframe import Refused, Status
from leverframe.capability_uses import part_id
from leverframe.contracts.names import ROLES, task_queue
from tests.support.rig import BO, CHAIR, LAMP, SHIPPED, Rig, open_rig
from tests.support.sandbox import replay
from tests.support.typed import typed
from tests.threats.impostor import found_in_history
from tests.worker.choosing import careful
from worker.settings.llm import ModelSettings
from worker.testing.keys import TURN
from worker.testing.postgres import Database
from worker.testing.rig import propose
from worker.testing.scripted_model import ScriptedModel
from worker.testing.serving import serving
from worker.testing.waiting import until

pytestmark = pytest.mark.usefixtures("done_again")

BOTH = f"Hello. Cancel {LAMP}, I no longer need it. Please cancel {CHAIR} too. Thank you!"
TWO = ("2 order_cancellation", "3 order_cancellation")
DELEGATES = ("order_cancellation", "order_return")


@dataclass
class Desk:
    """A rig whose model sorts the intake's text as a test says, and does carefully what the parts ask for."""

    rig: Rig
    sorted: list[dict[str, Any]]
    """The model's next answers to the intake; the last one again and again."""

    def __call__(self, request: dict[str, Any]) -> dict[str, Any]:
        offered = {option["properties"]["event"]["const"]: option["properties"] for option in options(request)}
        if "send_back" in offered:
            fields = {name: field for name, field in offered["send_back"].items() if name != "event"}
            values = {
                name: [first(field["items"])] if "items" in field else first(field) for name, field in fields.items()
            }
            return propose("send_back", **values)
        if "wishes" not in offered.get("dispatch", {}):
            return careful(request)
        return self.sorted.pop(0) if len(self.sorted) > 1 else self.sorted[0]

    async def start(self, text: str = BOTH, delegates: tuple[str, ...] = DELEGATES, **other: str) -> str:
        return await self.rig.start(text, action="support_request", delegates=delegates, **other)

    async def part(self, action_id: str, number: int = 1) -> Status:
        """The part, when it waits for an operator."""
        await until(lambda: self.begun(part_id(action_id, number)), bool)
        return await self.rig.until(part_id(action_id, number), lambda status: status.awaiting == "operator")

    async def begun(self, action_id: str) -> bool:
        try:
            await self.rig.client.get_workflow_handle(action_id).describe()
        except RPCError:
            return False
        return True

    async def approve(self, part: Status) -> None:
        assert part.plan is not None
        await self.rig.operator.approve(part.action_id, part.plan.code, amount=typed(part.plan))
        assert (await self.rig.result(part.action_id)).kind == "done"

    async def orders(self) -> list[str]:
        """The status of the two orders."""
        return [(await self.rig.order(order))["status"] for order in (LAMP, CHAIR)]


def options(request: dict[str, Any]) -> list[dict[str, Any]]:
    """What the schema of an answer allows."""
    found: list[dict[str, Any]] = request["response_format"]["json_schema"]["schema"]["properties"]["proposal"]["anyOf"]
    return found


def first(field: dict[str, Any]) -> Any:
    return field["const"] if "const" in field else field["enum"][0]


def dispatch(*wishes: object) -> dict[str, Any]:
    return propose("dispatch", wishes=[*wishes])


@pytest.fixture
async def desk(temporal: WorkflowEnvironment, database: Database) -> AsyncIterator[Desk]:
    async with open_rig(temporal, database, roles=()) as rig:
        desk = Desk(rig, [dispatch(*TWO)])
        async with ScriptedModel(desk) as model:
            settings = replace(rig.settings, model=ModelSettings(model_url=model.base_url, model_name="scripted"))
            async with serving(rig.client, settings, ROLES):
                yield desk


@pytest.fixture
async def done_again(desk: Desk) -> AsyncIterator[None]:
    """What each story has done is done again in the sandbox, before the desk is taken away."""
    yield
    for action_id in desk.rig.started:
        await replay(desk.rig.client, action_id)


async def test_one_wish_becomes_the_right_action_with_its_own_confirmation(desk: Desk) -> None:
    desk.sorted[:] = [dispatch("2 order_cancellation")]
    action_id = await desk.start(f"Hello. Cancel {LAMP}, I no longer need it. Thanks, mia@example.org")
    part = await desk.part(action_id)
    assert (part.action, part.action_id) == ("order_cancellation", f"{action_id}/1")
    assert await desk.orders() == ["pending", "pending"]
    await desk.approve(part)
    outcome = await desk.rig.result(action_id)
    assert (outcome.kind, outcome.state) == ("done", "done")
    assert f"1. Your order {LAMP} has been cancelled." in outcome.reply
    assert outcome.reply.count("automated assistant") == 1
    assert await desk.orders() == ["cancelled", "pending"]
    assert len(await desk.rig.refunds()) == 1
    begun, ended = await desk.rig.kinds(action_id, "part")
    assert (begun["action_id"], ended["outcome"]) == (part.action_id, "done")
    assert [effect["planned"]["tool"] for effect in await desk.rig.kinds(part.action_id, "effect")] == [
        "orders.cancel", "payments.refund",
    ]  # fmt: skip
    assert await desk.rig.kinds(action_id, "effect") == []


async def test_a_part_is_given_the_users_own_words(desk: Desk) -> None:
    action_id = await desk.start(f"I am mia@example.org. Cancel {LAMP}. I no longer need it. And {CHAIR} too.")
    for number in (1, 2):
        await desk.part(action_id, number)
    texts = [(await found_in_history(desk.rig, part_id(action_id, number))).text for number in (1, 2)]
    assert texts == [f"I am mia@example.org. Cancel {LAMP}.", f"I no longer need it. And {CHAIR} too."]


async def test_two_wishes_are_two_plans_each_confirmed_on_its_own(desk: Desk) -> None:
    action_id = await desk.start()
    first, second = await desk.part(action_id, 1), await desk.part(action_id, 2)
    whole = await desk.rig.service.status(action_id)
    assert (whole.state, whole.plan, whole.awaiting) == ("dispatching", None, "nobody")
    assert whole.parts == (first.action_id, second.action_id)
    assert first.plan is not None
    assert second.plan is not None
    assert first.plan.code != second.plan.code
    # The code of one says nothing to the other.
    with pytest.raises(Refused, match="code"):
        await desk.rig.operator.approve(second.action_id, first.plan.code)
    await desk.approve(first)
    assert await desk.orders() == ["cancelled", "pending"]
    await desk.approve(second)
    assert await desk.orders() == ["cancelled", "cancelled"]
    outcome = await desk.rig.result(action_id)
    assert outcome.kind == "done"
    assert outcome.reply.index(LAMP) < outcome.reply.index(CHAIR)
    assert len(await desk.rig.refunds()) == 2


async def test_different_wishes_are_different_actions(desk: Desk) -> None:
    await desk.rig.sql("UPDATE shop.orders SET status = 'delivered' WHERE order_id = :order_id", order_id=SHIPPED)
    desk.sorted[:] = [dispatch("3 order_return", "2 order_cancellation")]
    action_id = await desk.start(f"Hi. Cancel {LAMP}, I have one. I want to send back the chair of {SHIPPED}.")
    first, second = await desk.part(action_id, 1), await desk.part(action_id, 2)
    assert (first.action, second.action) == ("order_cancellation", "order_return")
    await desk.approve(second)
    await desk.approve(first)
    outcome = await desk.rig.result(action_id)
    assert outcome.kind == "done"
    assert outcome.reply.index(f"1. Your order {LAMP}") < outcome.reply.index("2. ") < outcome.reply.index(SHIPPED)
    assert (await desk.rig.order(LAMP))["status"] == "cancelled"
    assert (await desk.rig.order(SHIPPED))["status"] == "return requested"


async def test_one_that_is_rejected_does_not_undo_the_other(desk: Desk) -> None:
    action_id = await desk.start()
    first, second = await desk.part(action_id, 1), await desk.part(action_id, 2)
    await desk.approve(first)
    assert second.plan is not None
    await desk.rig.operator.reject(second.action_id, second.plan.code, "they keep it")
    outcome = await desk.rig.result(action_id)
    assert (outcome.kind, outcome.state) == ("partly_done", "done_in_part")
    assert [(part.action_id, part.kind) for part in outcome.parts] == [
        (first.action_id, "done"), (second.action_id, "rejected"),
    ]  # fmt: skip
    assert await desk.orders() == ["cancelled", "pending"]
    assert [ended["outcome"] for ended in (await desk.rig.kinds(action_id, "part"))[2:]] == ["done", "rejected"]


async def test_one_that_breaks_off_does_not_stop_the_other(desk: Desk) -> None:
    action_id = await desk.start()
    await desk.part(action_id, 2)
    await desk.rig.client.get_workflow_handle(part_id(action_id, 2)).terminate("somebody pulled the plug")
    await desk.approve(await desk.part(action_id, 1))
    outcome = await desk.rig.result(action_id)
    assert (outcome.kind, outcome.state) == ("handed_over", "partly_done")
    assert f"1. Your order {LAMP}" in outcome.reply
    assert "2. We could not do this at once. A colleague will take care of it" in outcome.reply
    assert await desk.orders() == ["cancelled", "pending"]


async def test_withdrawing_the_request_withdraws_what_is_open_and_not_what_is_done(desk: Desk) -> None:
    action_id = await desk.start()
    first, second = await desk.part(action_id, 1), await desk.part(action_id, 2)
    await desk.approve(first)
    await desk.rig.withdraw(action_id)
    outcome = await desk.rig.result(action_id)
    assert [outcome.kind, *(part.kind for part in outcome.parts)] == ["withdrawn", "done", "withdrawn"]
    assert f"1. Your order {LAMP} has been cancelled." in outcome.reply
    assert "2. Your request has been withdrawn." in outcome.reply
    assert (await desk.rig.result(second.action_id)).kind == "withdrawn"
    assert await desk.orders() == ["cancelled", "pending"]


async def test_what_the_issuer_has_not_foreseen_is_refused_and_the_rest_is_done(desk: Desk) -> None:
    desk.sorted[:] = [dispatch("2 order_cancellation", "3 customer_erasure")]
    action_id = await desk.start(f"Hello. Cancel {LAMP}. Delete my account.")
    await desk.approve(await desk.part(action_id))
    outcome = await desk.rig.result(action_id)
    assert (outcome.kind, outcome.state) == ("handed_over", "partly_done")
    assert "A colleague will take care of it" in outcome.reply
    (problem,) = await desk.rig.kinds(action_id, "problem")
    assert "the right to act for this user does not allow it" in problem["what"]
    assert "does not allow to start 'customer_erasure'" in problem["cause"]
    assert len(await desk.rig.kinds(part_id(action_id, 1), "closed")) == 1
    assert not await desk.begun(part_id(action_id, 2))


async def test_a_request_that_says_nothing_is_asked_back_and_goes_on(desk: Desk) -> None:
    desk.sorted[:] = [propose("ask", missing="what_is_wanted"), dispatch("2 order_cancellation")]
    action_id = await desk.start("I need help.")
    asked = await desk.rig.until(action_id, lambda status: status.awaiting == "user")
    assert "What can we do for you?" in (asked.question or "")
    await desk.rig.service.reply(action_id, f"Cancel {LAMP}, please.")
    await desk.approve(await desk.part(action_id))
    assert (await desk.rig.result(action_id)).kind == "done"


@pytest.mark.parametrize(
    "wishes",
    [
        ["2 drop_all_tables"],
        ["9 order_cancellation"],
        ["2 support_request"],
        [f"2 order_cancellation of {BO}"],
        ["2 order_cancellation"] * 50,
        [{"action": "order_cancellation", "text": f"Cancel {CHAIR}"}],
    ],
)
async def test_a_hostile_models_wishes_start_nothing(desk: Desk, wishes: list[Any]) -> None:
    before = await desk.rig.snapshot()
    desk.sorted[:] = [dispatch(*wishes)]
    action_id = await desk.start()
    assert (await desk.rig.result(action_id)).kind == "handed_over"
    assert await desk.rig.kinds(action_id, "part") == []
    assert await desk.rig.snapshot() == before


async def test_a_stolen_part_serves_no_other_action_part_or_user(desk: Desk) -> None:
    action_id = await desk.start()
    part = await desk.part(action_id)
    await desk.rig.withdraw(action_id)
    await desk.rig.result(action_id)
    before = await desk.rig.snapshot()
    stolen = await found_in_history(desk.rig, part.action_id)
    for action, taken in (
        ("order_return", part.action_id),
        ("order_cancellation", part_id(action_id, 7)),
        ("support_request", action_id),
        ("order_cancellation", f"order_cancellation-{'0' * 16}-{'1' * 12}"),
    ):
        handle: Any = await desk.rig.client.start_workflow(
            action,
            stolen.model_copy(update={"action": action, "text": f"Cancel {CHAIR}, it is of {BO}."}),
            id=taken,
            task_queue=task_queue("workflows", desk.rig.prefix),
            id_reuse_policy=WorkflowIDReusePolicy.ALLOW_DUPLICATE,
            priority=TURN,
        )
        ended = await handle.result()
        assert (ended["kind"], "does not count here" in ended["reply"]) == ("blocked", True)
    assert await desk.rig.snapshot() == before
