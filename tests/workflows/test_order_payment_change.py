"""An order is paid with another method: one of its own user's, with enough on it, once, as it was shown."""

from typing import Any

import pytest

from leverframe import Status
from tests.support.rig import BO, BOS, GIFT, LAMP, MIA, SHIPPED, Rig
from tests.workflows.change_stories import approved, changed, replaced
from worker.testing.rig import propose

ACTION = "order_payment_change"
TEXT = "please pay for my lamp with PayPal"
PAYPAL = "paypal_1000001"


def change(method: str = PAYPAL, order_id: str = LAMP) -> object:
    return propose("change", order_id=order_id, payment_method_id=method, clause="MODIFY-PAYMENT")


async def add_paypal(rig: Rig) -> None:
    await rig.sql(
        "INSERT INTO shop.payment_methods (payment_method_id, customer_id, source) VALUES (:p, :c, 'paypal')",
        p=PAYPAL,
        c=MIA,
    )


async def shown(rig: Rig, answer: object, text: str = TEXT) -> Status:
    """Start the action, and wait until its plan is shown."""
    rig.script[:] = [answer]
    return await rig.waiting(text, action=ACTION)


async def method(rig: Rig, source: str, customer_id: str = MIA) -> dict[str, Any]:
    """The customer's payment method of that source."""
    (row,) = await rig.sql(
        "SELECT * FROM shop.payment_methods WHERE customer_id = :c AND source = :s", c=customer_id, s=source
    )
    return row


async def fill_gift_card(rig: Rig, balance: str) -> str:
    card = str((await method(rig, "gift_card"))["payment_method_id"])
    await rig.sql("UPDATE shop.payment_methods SET balance = :b WHERE payment_method_id = :p", b=float(balance), p=card)
    return card


async def test_the_new_method_pays_and_the_old_one_gets_its_money_back(rig: Rig) -> None:
    await add_paypal(rig)
    card = (await method(rig, "credit_card"))["payment_method_id"]
    before = await rig.snapshot()
    status = await shown(rig, change())
    assert status.plan is not None
    assert (status.role, status.quorum) == ("support", 1)
    rows = [change for call in status.plan.calls for change in call.changes if change.table == "order_payments"]
    planned = [((row.after or {})["transaction_type"], (row.after or {})["payment_method_id"]) for row in rows]
    assert sorted(map(str, planned)) == sorted(map(str, [("payment", PAYPAL), ("refund", card)]))
    assert await rig.snapshot() == before

    outcome = await approved(rig, status)
    assert (outcome.kind, outcome.state) == ("done", "changed")
    assert LAMP in outcome.reply
    booked = (await changed(rig, before))["order_payments"]
    assert {
        (row["order_id"], row["transaction_type"], row["payment_method_id"], str(row["amount"])) for row in booked
    } == {
        (LAMP, "payment", PAYPAL, "54.10"),
        (LAMP, "refund", card, "54.10"),
    }
    assert (await rig.order(LAMP))["status"] == "pending"
    assert len(await rig.kinds(status.action_id, "effect")) == 1


async def test_a_gift_card_with_enough_on_it_pays(rig: Rig) -> None:
    card = await fill_gift_card(rig, "54.10")
    status = await shown(rig, change(card), "pay for my lamp with my gift card")
    assert (await approved(rig, status)).kind == "done"
    assert (await method(rig, "gift_card"))["balance"] == 0


async def test_a_gift_card_gets_its_money_back(rig: Rig) -> None:
    await add_paypal(rig)
    before = (await method(rig, "gift_card"))["balance"]
    status = await shown(rig, change(order_id=GIFT), f"{GIFT} with PayPal, please")
    assert (await approved(rig, status)).kind == "done"
    assert (await method(rig, "gift_card"))["balance"] - before == 120


async def test_what_is_rejected_or_withdrawn_changes_nothing(rig: Rig) -> None:
    await add_paypal(rig)
    before = await rig.snapshot()
    status = await shown(rig, change())
    assert status.plan is not None
    await rig.operator.reject(status.action_id, status.plan.code, "the customer called")
    assert (await rig.result(status.action_id)).kind == "rejected"
    status = await shown(rig, change())
    await rig.withdraw(status.action_id)
    assert (await rig.result(status.action_id)).kind == "withdrawn"
    assert await rig.snapshot() == before


async def test_what_is_missing_is_asked_and_the_answer_counts(rig: Rig) -> None:
    await add_paypal(rig)
    await fill_gift_card(rig, "100")
    rig.script[:] = [propose("ask", missing="which_method"), change()]
    action_id = await rig.start("I want to pay for my lamp in another way", action=ACTION)
    asked = await rig.until(action_id, lambda status: status.awaiting == "user")
    assert asked.question is not None
    assert "gift card, balance 100.00" in asked.question
    await rig.service.reply(action_id, "with PayPal then")
    status = await rig.until(action_id, lambda status: status.awaiting == "operator")
    assert (await approved(rig, status)).kind == "done"


async def test_what_a_hostile_model_makes_up_ends_at_a_person(rig: Rig) -> None:
    await add_paypal(rig)
    bos = (await method(rig, "credit_card", BO))["payment_method_id"]
    gift = (await method(rig, "gift_card"))["payment_method_id"]
    card = (await method(rig, "credit_card"))["payment_method_id"]
    await rig.sql(
        "INSERT INTO shop.payment_methods (payment_method_id, customer_id, source, closed)"
        " VALUES ('paypal_1000002', :c, 'paypal', true)",
        c=MIA,
    )
    before = await rig.snapshot()
    attempts = [
        ("somebody else's method", TEXT, change(bos)),
        ("no method at all", TEXT, change("paypal_9999999")),
        ("a gift card that holds too little", "pay for my lamp with my gift card", change(gift)),
        ("the method that pays already", "pay for my lamp with my credit card", change(card)),
        ("a method that is closed", f"{TEXT}, paypal_1000002", change("paypal_1000002")),
        ("another method than the one that is named", "lamp with PayPal", change(gift)),
        ("somebody else's order", f"pay {BOS} with PayPal", change(order_id=BOS)),
        ("an order that is on its way", f"pay {SHIPPED} with PayPal", change(order_id=SHIPPED)),
    ]
    for number, (what, text, answer) in enumerate(attempts, start=1):
        rig.script[:] = [answer] * (2 * number)
        outcome = await rig.result(await rig.start(text, action=ACTION))
        assert (what, outcome.kind) == (what, "handed_over")
        assert len(rig.model.requests) == 2 * number
        assert await rig.snapshot() == before


@pytest.mark.parametrize(
    ("text", "clause"),
    [
        (f"pay {SHIPPED} with my gift card", "MODIFY-PENDING"),
        ("pay for my lamp with my gift card", "MODIFY-PAYMENT"),
        ("pay for my lamp with PayPal", "PAYMENT-OWN"),
        ("pay for my lamp with the card ending in 7777", "PAYMENT-OWN"),
        (f"pay {BOS} with my gift card", "OWN-ORDERS"),
    ],
)
async def test_a_refusal_cites_its_clause(rig: Rig, text: str, clause: str) -> None:
    rig.script[:] = [propose("decline", clause=clause)]
    action_id = await rig.start(text, action=ACTION)
    outcome = await rig.result(action_id)
    assert outcome.kind == "declined"
    (proposal,) = await rig.kinds(action_id, "proposal")
    assert proposal["cited"][0]["text"] in outcome.reply


async def test_an_order_is_moved_once(rig: Rig) -> None:
    await add_paypal(rig)
    assert (await approved(rig, await shown(rig, change()))).kind == "done"
    card = (await method(rig, "credit_card"))["payment_method_id"]
    before = await rig.snapshot()
    rig.script[:] = [change(card)]
    action_id = await rig.start("back to my credit card for the lamp", action=ACTION)
    assert (await rig.result(action_id)).kind == "handed_over"
    problems = [problem["what"] for problem in await rig.kinds(action_id, "problem")]
    assert any("(PAYMENT-ONCE)" in problem for problem in problems)
    assert await rig.snapshot() == before


async def test_an_amount_that_moved_meanwhile_is_confirmed_anew(rig: Rig) -> None:
    await add_paypal(rig)
    first = await shown(rig, change())
    assert first.plan is not None
    await rig.sql("UPDATE shop.order_payments SET amount = 50.00 WHERE order_id = :o", o=LAMP)
    await rig.operator.approve(first.action_id, first.plan.code)
    again = await replaced(rig, first, first.plan.digest)
    assert await rig.refunds(LAMP) == []
    assert (await approved(rig, again)).kind == "done"
    assert [str(row["amount"]) for row in await rig.refunds(LAMP)] == ["50.00"]


async def test_a_gift_card_that_is_spent_meanwhile_goes_to_a_person(rig: Rig) -> None:
    card = await fill_gift_card(rig, "60")
    status = await shown(rig, change(card), "pay for my lamp with my gift card")
    await fill_gift_card(rig, "54.09")
    assert (await approved(rig, status)).kind == "handed_over"
    assert await rig.refunds(LAMP) == []
    problems = [problem["what"] for problem in await rig.kinds(status.action_id, "problem")]
    assert any("(MODIFY-PAYMENT)" in problem for problem in problems)
