"""What became of each part is told: the whole is never done where a part was not."""

from collections.abc import Awaitable, Callable

import pytest

from leverframe import Status
from tests.support.rig import LAMP
from tests.workflows.test_support_request import Desk, dispatch
from tests.workflows.test_support_request import desk as desk
from tests.workflows.test_support_request import done_again as done_again

pytestmark = pytest.mark.usefixtures("done_again")

Ends = Callable[[Desk, Status], Awaitable[object]]


async def reject(desk: Desk, part: Status) -> None:
    assert part.plan is not None
    await desk.rig.operator.reject(part.action_id, part.plan.code)


async def withdraw(desk: Desk, part: Status) -> None:
    await desk.rig.withdraw(part.action_id)


async def terminate(desk: Desk, part: Status) -> None:
    await desk.rig.client.get_workflow_handle(part.action_id).terminate("somebody pulled the plug")


async def approve(desk: Desk, part: Status) -> None:
    await desk.approve(part)


@pytest.mark.parametrize(
    ("first", "second", "whole", "kinds"),
    [
        (approve, approve, "done", ["done", "done"]),
        (approve, withdraw, "partly_done", ["done", "withdrawn"]),
        (reject, approve, "partly_done", ["rejected", "done"]),
        (reject, reject, "not_done", ["rejected", "rejected"]),
        (withdraw, reject, "not_done", ["withdrawn", "rejected"]),
        (terminate, reject, "handed_over", ["handed_over", "rejected"]),
    ],
)
async def test_the_outcome_tells_of_each_part(
    desk: Desk, first: Ends, second: Ends, whole: str, kinds: list[str]
) -> None:
    action_id = await desk.start()
    parts = [await desk.part(action_id, number) for number in (1, 2)]
    for end, part in zip((first, second), parts, strict=True):
        await end(desk, part)
    outcome = await desk.rig.result(action_id)
    assert (outcome.kind, [part.kind for part in outcome.parts]) == (whole, kinds)
    assert [part.action for part in outcome.parts] == ["order_cancellation"] * 2
    assert "1. " in outcome.reply
    assert "2. " in outcome.reply


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (f"Hallo. Bitte stornieren Sie meine Bestellung {LAMP}, ich brauche sie nicht mehr.", "nicht"),
        (f"Bonjour. Veuillez annuler ma commande {LAMP}, je n'en ai plus besoin.", "pas"),
        (f"Hola. Por favor, cancele mi pedido {LAMP}, ya no lo necesito.", "no"),
        (f"您好。请取消我的订单 {LAMP}，我不再需要了。", "未"),
    ],
)
async def test_one_wish_that_is_rejected_is_not_done_in_any_language(desk: Desk, text: str, words: str) -> None:
    desk.sorted[:] = [dispatch("2 order_cancellation")]
    action_id = await desk.start(text)
    await reject(desk, await desk.part(action_id))
    outcome = await desk.rig.result(action_id)
    assert outcome.kind == "not_done"
    assert words in outcome.reply
