"""A refund that fails after its action has ended: books, people and customer are told, and nothing but the truth."""

import pytest
from temporalio.testing import WorkflowEnvironment

from leverframe import Outcome
from machines.shop.refund_news import BANKS_TAKE
from tests.support.receiver import Receiver, receiving
from tests.support.refund_stories import CANCELLATION, ITEM_CHANGE, PAYMENT_CHANGE, Story, approved
from tests.support.refunding import PAYMENT, Refunding, refund, refunding_rig
from tests.support.rig import LAMP
from tests.support.stripe_double import StripeDouble
from tests.support.typed import typed
from tests.worker.endpoint import SECRET, Endpoint, news
from worker.codec.server import serving
from worker.shop.webhooks import Webhooks
from worker.testing.postgres import Database
from worker.testing.servers import skipping_server
from worker.testing.waiting import until

REOPENED = (200, "The action is reopened.")
ENDED = (CANCELLATION, PAYMENT_CHANGE, ITEM_CHANGE)


async def ended(refunding: Refunding, story: Story) -> tuple[str, Outcome]:
    action_id = await approved(refunding, story)
    outcome = await refunding.rig.result(action_id)
    assert (outcome.kind, outcome.state) == ("done", story.done)
    return action_id, outcome


async def marks(refunding: Refunding) -> list[tuple[str, str | None]]:
    rows = await refunding.rig.refunds()
    return sorted(((str(row["amount"]), row["failure"]) for row in rows), key=str)


async def runs(refunding: Refunding, action_id: str) -> int:
    """How often the action was begun, as its ledger says; its chain holds."""
    return len(await refunding.rig.kinds(action_id, "started")) + len(await refunding.rig.kinds(action_id, "reopened"))


@pytest.mark.parametrize("status", ["failed", "canceled"])
@pytest.mark.parametrize("story", ENDED, ids=lambda story: story.action)
async def test_a_refund_that_fails_after_the_end_is_marked_and_told(
    refunding: Refunding, endpoint: Endpoint, story: Story, status: str
) -> None:
    action_id, _ = await ended(refunding, story)
    refunding.turns(status)
    assert await endpoint.tell(news(action_id, status=status)) == REOPENED
    outcome = await refunding.rig.result(action_id)
    assert (outcome.kind, outcome.state) == ("handed_over", "bounced")
    assert f"refund of {story.amount} for order {story.order_id}" in outcome.reply
    assert "has not reached you" in outcome.reply
    assert await marks(refunding) == [(story.amount, status)]
    assert (await refunding.rig.service.status(action_id)).state == "bounced"
    assert await runs(refunding, action_id) == 2
    assert (await refunding.rig.kinds(action_id, "closed"))[-1]["outcome"] == "handed_over"
    assert len(refunding.proxy.asked) == 1, "nothing is sent again without being asked for"


async def test_what_failed_can_be_given_back_anew(refunding: Refunding, endpoint: Endpoint) -> None:
    action_id, _ = await ended(refunding, CANCELLATION)
    refunding.turns("failed")
    await endpoint.tell(news(action_id))
    await refunding.rig.result(action_id)
    rig = refunding.rig
    rig.script[:] = [refund("54.10")]
    rig.model.requests.clear()
    status = await rig.waiting(f"Please refund 54.10 of {LAMP} once more", action="payment_refund")
    assert status.plan is not None
    await rig.operator.approve(status.action_id, status.plan.code, amount=typed(status.plan))
    await refunding.settling(status.action_id)
    assert await marks(refunding) == [("54.10", "failed"), ("54.10", None)]
    assert refunding.moved == [5410]


async def test_after_the_banks_time_is_over_too(database: Database, stripe_server: StripeDouble) -> None:
    async with (
        skipping_server() as days,
        serving(Webhooks(days.client, SECRET).app(), "127.0.0.1", 0) as address,
        refunding_rig(days, database, stripe_server) as refunding,
    ):
        action_id = await refunding.approved()
        await refunding.settling(action_id)
        await days.sleep(BANKS_TAKE)
        assert (await refunding.rig.result(action_id)).state == "refunded"
        refunding.turns("failed")
        assert await Endpoint(address).tell(news(action_id)) == REOPENED
        outcome = await refunding.rig.result(action_id)
        assert (outcome.kind, outcome.state) == ("handed_over", "bounced")
        assert "refund of 12.50" in outcome.reply
        assert await marks(refunding) == [("12.50", "failed")]


async def test_the_same_message_ten_times_reopens_once(refunding: Refunding, endpoint: Endpoint) -> None:
    action_id, _ = await ended(refunding, CANCELLATION)
    refunding.turns("failed")
    for _ in range(10):
        assert (await endpoint.tell(news(action_id)))[0] == 200
    bounced = await refunding.rig.result(action_id)
    assert (bounced.kind, bounced.state) == ("handed_over", "bounced")
    for _ in range(10):
        assert (await endpoint.tell(news(action_id)))[0] == 200
    assert await refunding.rig.result(action_id) == bounced
    assert await marks(refunding) == [("54.10", "failed")]
    effects = [effect["planned"]["tool"] for effect in await refunding.rig.kinds(action_id, "effect")]
    assert effects == ["orders.cancel", "payments.refund", "payments.note_refunds"]


@pytest.mark.parametrize("kind", ["refund.updated", "charge.refund.updated"])
async def test_good_news_of_what_ended_well_reopens_nothing(
    refunding: Refunding, endpoint: Endpoint, kind: str
) -> None:
    action_id, outcome = await ended(refunding, CANCELLATION)
    status, words = await endpoint.tell(news(action_id, kind, status="succeeded"))
    assert (status, words) == (200, "The action has ended well, and this is no bad news.")
    assert await refunding.rig.result(action_id) == outcome
    assert await runs(refunding, action_id) == 1


async def test_a_message_that_lies_changes_nothing(refunding: Refunding, endpoint: Endpoint) -> None:
    """It says failed, and the provider says succeeded: the action stands as it ended."""
    action_id, outcome = await ended(refunding, CANCELLATION)
    assert await endpoint.tell(news(action_id)) == REOPENED
    assert await refunding.rig.result(action_id) == outcome
    assert await marks(refunding) == [("54.10", None)]
    effects = [effect["planned"]["tool"] for effect in await refunding.rig.kinds(action_id, "effect")]
    assert effects == ["orders.cancel", "payments.refund"]


async def test_late_success_is_noted_in_the_books(refunding: Refunding, endpoint: Endpoint) -> None:
    refunding.answers("requires_action")
    action_id = await approved(refunding, CANCELLATION)
    outcome = await refunding.rig.result(action_id)
    assert outcome.state == "unsettled"
    refunding.turns("succeeded")
    assert await endpoint.tell(news(action_id, "refund.updated", status="succeeded")) == REOPENED
    assert await refunding.rig.result(action_id) == outcome
    assert [row["pending"] for row in await refunding.rig.refunds()] == [None]


async def test_two_actions_refunds_of_one_payment_are_told_apart(refunding: Refunding, endpoint: Endpoint) -> None:
    rig, both = refunding.rig, []
    for amount in ("10.00", "12.50"):
        rig.script[:] = [refund(amount)]
        rig.model.requests.clear()
        both.append(await refunding.approved(f"Please refund {amount} of {LAMP}"))
        await refunding.settling(both[-1])
    first = next(refund for refund in refunding.stripe.refunds(refunding.payment) if refund["amount"] == 1000)
    refunding.stripe.turn(first["id"], "failed")
    await endpoint.tell(news(both[1], message="evt_2"))
    await endpoint.tell(news(both[0]))
    outcome = await rig.result(both[0])
    assert (outcome.state, "refund of 10.00" in outcome.reply) == ("bounced", True)
    assert await marks(refunding) == [("10.00", "failed"), ("12.50", None)]
    assert (await rig.service.status(both[1])).state == "settling"


async def test_a_refund_that_leverframe_did_not_make_is_nobodys_news(refunding: Refunding, endpoint: Endpoint) -> None:
    """Somebody refunds by hand, of the same payment; that one fails."""
    action_id, outcome = await ended(refunding, ITEM_CHANGE)
    other = refunding.stripe.refund(refunding.payment, 500)
    refunding.stripe.turn(other, "failed")
    event = news(action_id)
    event["data"]["object"]["metadata"] = {}
    assert (await endpoint.tell(event))[1] == "The refund is none that Leverframe has made."
    await endpoint.tell(news(action_id))
    assert await refunding.rig.result(action_id) == outcome
    assert await marks(refunding) == [("2.00", None)]


async def test_news_that_comes_while_the_action_ends_is_not_lost(refunding: Refunding, endpoint: Endpoint) -> None:
    async def fails_now() -> None:
        refunding.turns("failed")
        assert (await endpoint.tell(news(refunding.rig.started[-1])))[1] == "The action is woken."

    async def then() -> None:
        refunding.rig.before["record"] = fails_now

    refunding.rig.before["payments.refund"] = then
    outcome = await refunding.rig.result(await approved(refunding, CANCELLATION))
    assert (outcome.kind, outcome.state) == ("handed_over", "bounced")
    assert await marks(refunding) == [("54.10", "failed")]


async def test_whoever_is_in_charge_is_told_once_through_the_webhook(
    temporal: WorkflowEnvironment, database: Database, stripe_server: StripeDouble, endpoint: Endpoint
) -> None:
    async with (
        receiving(Receiver()) as receiver,
        refunding_rig(temporal, database, stripe_server, notified=receiver.settings()) as refunding,
    ):
        action_id, _ = await ended(refunding, ITEM_CHANGE)
        refunding.turns("failed")
        for number in range(3):
            await endpoint.tell(news(action_id, message=f"evt_{number}"))
        await refunding.rig.result(action_id)

        async def types() -> list[str]:
            return receiver.types

        await until(types, lambda types: "case.opened" in types)
    handed = [told.data for told in receiver.taken.values() if told.type == "case.opened"]
    assert [(one.action_id, one.state, one.awaiting, one.role) for one in handed] == [
        (f"{action_id}/case", "case", "operator", "support")
    ]


async def test_where_the_provider_cannot_be_asked_a_person_is(refunding: Refunding, endpoint: Endpoint) -> None:
    action_id, _ = await ended(refunding, CANCELLATION)
    await refunding.rig.sql(
        "UPDATE shop.order_payments SET provider_payment = 'pi_gone' WHERE order_id = :o AND position = 1", o=LAMP
    )
    assert await endpoint.tell(news(action_id)) == REOPENED
    outcome = await refunding.rig.result(action_id)
    assert (outcome.kind, outcome.state) == ("handed_over", "unsettled")
    assert await marks(refunding) == [("54.10", None)]
    assert refunding.rig.started == [action_id]
    assert PAYMENT.startswith(LAMP)
    assert await until(lambda: runs(refunding, action_id), lambda count: count == 2) == 2
