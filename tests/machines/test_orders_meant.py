"""Which order is meant, by its number or by what was ordered; and what stays a question."""

from typing import Any

import pytest
from pydantic import JsonValue

from tests.machines.offered import Offers, ask, can_be_proposed, decline, order

LAMP, BOTTLE, FLOOR = "#W1007919", "#W1007920", "#W1007921"
ONE = [order(LAMP, "Desk Lamp")]
TWO = [*ONE, order(BOTTLE, "Water Bottle")]
LAMPS = [*TWO, order(FLOOR, "Floor Lamp")]


def cancelling(orders: list[dict[str, JsonValue]], *messages: str, **facts: Any) -> Offers:
    found = can_be_proposed("order_cancellation", *messages, orders=orders, **facts)
    if "cancel" in found:
        found["cancel"] = {"order_id": found["cancel"]["order_id"]}
    return found


def cancel(order_id: str) -> Offers:
    return {"cancel": {"order_id": [order_id]}}


@pytest.mark.parametrize(
    "text",
    [
        "cancel order 9999999",
        "Bitte Bestellung Nr. 9999999 stornieren",
        "annulez la commande n° 9999999",
        "cancela el pedido 9999999",
        "取消订单９９９９９９９",
        "cancel W 9999999",
    ],
)
def test_an_order_that_is_not_theirs_is_replaced_by_no_other(text: str) -> None:
    assert cancelling(ONE, text) == ask("no_such_order") | decline("OWN-ORDERS")


@pytest.mark.parametrize("text", ["cancel order 12345", "cancel #W100791", "Bestellung 10079199 stornieren"])
def test_a_number_that_can_be_nobodys_is_asked_for_again(text: str) -> None:
    assert cancelling(ONE, text) == ask("no_such_order")


def test_an_own_order_beside_a_foreign_one_is_not_enough() -> None:
    assert cancelling(TWO, f"cancel {LAMP} and #W9999999") == decline("OWN-ORDERS")
    assert cancelling(TWO, f"cancel {LAMP} and order 12345") == ask("no_such_order")


def test_the_right_number_after_a_wrong_one_counts() -> None:
    assert cancelling(TWO, "cancel order 9999999", "sorry, it is 1007920") == cancel(BOTTLE)
    assert cancelling(TWO, f"cancel {LAMP} or {BOTTLE}", "W1007919 then") == cancel(LAMP)


@pytest.mark.parametrize(
    "text",
    ["cancel order 112-3456789-1234567", "annuler la commande n° 406-1234567-7654321", "cancel order number ZX81-77"],
)
def test_the_number_of_another_shop_is_replaced_by_no_order(text: str) -> None:
    assert cancelling(ONE, text) == ask("no_such_order")


@pytest.mark.parametrize(
    "text",
    [
        f"not {LAMP}, cancel {BOTTLE}",
        f"cancel {BOTTLE} and not {LAMP}",
        f"stornieren Sie {BOTTLE}, nicht {LAMP}",
        "cancel the bottle instead of the lamp",
        "keep the lamp, cancel the bottle",
        "Behaltet die Desk Lamp, aber storniert die Water Bottle",
    ],
)
def test_an_order_that_is_to_be_kept_is_not_meant(text: str) -> None:
    assert cancelling(TWO, text) == cancel(BOTTLE)


@pytest.mark.parametrize(
    "text",
    [
        "I don't want the lamp any more, cancel it",
        "not happy with the lamp, cancel",
        "don't charge me for the lamp, cancel it",
        "You keep sending me the desk lamp reminder, cancel it",
        "I was told that the desk lamp stays in the warehouse, so cancel it",
        "Ich will die Desk Lamp nicht mehr, bitte stornieren",
        "Instead of the desk lamp I bought a mirror elsewhere. Cancel please.",
    ],
)
def test_what_is_not_wanted_any_more_is_what_is_to_be_cancelled(text: str) -> None:
    assert cancelling(ONE, text) == cancel(LAMP)


def test_what_is_not_meant_is_never_the_only_one_left_to_choose() -> None:
    assert cancelling(TWO, "everything but the lamp: cancel") == cancel(BOTTLE) | ask("which_order")
    assert cancelling(TWO, "cancel my order", "not the lamp") == cancel(BOTTLE) | ask("which_order")
    assert "cancel" not in cancelling(ONE, "please don't cancel the lamp")
    assert "cancel" not in cancelling(ONE, "cancel my order", "no, keep the lamp")
    assert cancelling(TWO, "keep the lamp", "no, cancel the lamp after all") == cancel(LAMP)


@pytest.mark.parametrize("text", ["cancel the desklamp", "cancel my waterbottles not the lamp"])
def test_a_name_is_found_as_one_word_and_as_two(text: str) -> None:
    assert list(cancelling(TWO, text)) == ["cancel"]


@pytest.mark.parametrize(
    ("text", "events"),
    [
        ("cancel my first order and the set", ask("which_order")),
        ("cancel it for me with this and that", ask("which_order")),
        ("bitte für mich und mit dem stornieren", ask("which_order")),
        ("annulez la commande pour moi avec les deux", ask("which_order")),
        ("cancel the lamp", cancel(LAMP)),
        ("cancel the lamps", cancel(LAMP)),
        ("取消Desk Lamp", cancel(LAMP)),
        ("cancel the bottles please", cancel(BOTTLE)),
        ("my desk is full, cancel it", cancel(LAMP) | ask("which_order")),
    ],
)
def test_only_telling_words_tell_an_order(text: str, events: Offers) -> None:
    assert cancelling(TWO, text) == events


@pytest.mark.parametrize("name", ["First Aid Set", "Game for the Family", "Order and Chaos", "Pens with Case"])
@pytest.mark.parametrize("text", ["cancel my first order, the one with this set, for the case and more"])
def test_a_word_that_joins_others_decides_nothing(name: str, text: str) -> None:
    orders = [order(LAMP, name), order(BOTTLE, "Water Bottle")]
    assert cancelling(orders, text) == ask("which_order")


@pytest.mark.parametrize(
    ("text", "events"),
    [
        ("cancel the lamp", ask("which_order")),
        ("cancel the desk lamp", cancel(LAMP)),
        ("cancel the floor lamps", cancel(FLOOR)),
        ("the lamp on my desk, cancel it", cancel(LAMP) | ask("which_order")),
    ],
)
def test_with_two_candidates_the_question_stays(text: str, events: Offers) -> None:
    assert cancelling(LAMPS, text) == events


def test_a_word_of_something_delivered_does_not_take_the_question_away() -> None:
    orders = [order(LAMP, "Desk Lamp", "delivered"), order(BOTTLE, "Water Bottle")]
    assert cancelling(orders, "my desk is full, cancel my order") == ask("which_order") | decline("CANCEL-PENDING")


@pytest.mark.parametrize(
    "answer",
    [
        "both",
        "Both, please!",
        "all of them",
        "alle",
        "beide bitte",
        "les deux",
        "ambos por favor",
        "两个都取消",
        "都取消",
    ],
)
def test_both_is_answered_once_with_what_is_possible_and_then_by_a_person(answer: str) -> None:
    asked = "please cancel my order"
    assert cancelling(TWO, asked, answer) == ask("one_order")
    assert cancelling(TWO, asked, answer, answer) == {}
    assert cancelling(TWO, asked, answer, LAMP) == cancel(LAMP)


@pytest.mark.parametrize(
    "text",
    ["cancel both orders", "cancel all my orders", "beide Bestellungen", "toutes mes commandes", "ambos pedidos",
     "取消所有订单", f"cancel {LAMP} and {BOTTLE}"],
)  # fmt: skip
def test_who_wants_several_is_told_at_once(text: str) -> None:
    assert cancelling(TWO, text) == ask("one_order")


def test_a_list_that_was_cut_off_is_not_all_there_is() -> None:
    assert cancelling(ONE, "cancel my order", unlisted={"pending": 1}) == ask("which_order")
    assert cancelling(ONE, "cancel my lamp", unlisted={"pending": 1}) == cancel(LAMP) | ask("which_order")
    assert cancelling(ONE, "cancel my order", unlisted={"delivered": 9}) == cancel(LAMP)
    delivered = [order(LAMP, "Desk Lamp", "delivered")]
    assert cancelling(delivered, "cancel my order", unlisted={"pending": 1}) == ask("which_order")
    assert cancelling(delivered, f"cancel {LAMP}", unlisted={"pending": 1}) == decline("CANCEL-PENDING")


def test_an_order_that_was_not_looked_up_is_not_called_somebody_elses() -> None:
    many = " ".join(f"#W{number}" for number in range(2000000, 2000030))
    assert cancelling(ONE, f"cancel {many}")["decline"] == {"clause": ["OWN-ORDERS"]}
    found = cancelling(ONE, "cancel order 12345", unlisted={"delivered": 1})
    assert found == ask("no_such_order")


PAYMENTS: list[JsonValue] = [
    {"payment_id": f"{LAMP}/1", "order_id": LAMP, "payment_method_id": "credit_card_1", "refundable": "54.10",
     "description": "credit card ending 4412"},
    {"payment_id": f"{LAMP}/2", "order_id": LAMP, "payment_method_id": "paypal_7654321", "refundable": "4.10",
     "description": "PayPal"},
]  # fmt: skip


def refunding(payments: list[JsonValue], *messages: str, **facts: Any) -> Offers:
    found = can_be_proposed("payment_refund", *messages, orders=ONE, payments=payments, **facts)
    if "refund" in found:
        found["refund"] = {"payment_id": found["refund"]["payment_id"]}
    return found


@pytest.mark.parametrize(
    "text",
    [
        f"refund {LAMP}/3",
        "refund W 1007919 / 3",
        "refund to my card ending in 1111",
        "erstatten Sie auf die Karte mit den Endziffern 1111",
        "退到尾号１１１１的卡",
        "refund my gift card 9999999",
        "refund order 12345",
    ],
)
def test_a_payment_that_is_not_there_is_replaced_by_no_other(text: str) -> None:
    assert refunding(PAYMENTS[:1], text) == ask("no_such_payment")


def test_a_payment_is_told_by_its_number_or_by_what_paid() -> None:
    second: Offers = {"refund": {"payment_id": [f"{LAMP}/2"]}}
    for text in (f"refund {LAMP}/2", "refund w1007919 / 2", "refund the PayPal one", "refund paypal 7654321"):
        assert refunding(PAYMENTS, text) == second, text
    assert refunding(PAYMENTS, "refund it") == ask("which_payment")
    assert refunding(PAYMENTS, "refund both payments") == ask("one_payment")
    assert refunding(PAYMENTS, "refund it", "beide", "beide") == {}
    assert refunding(PAYMENTS[:1], "refund it", unlisted={"delivered": 3}) == ask("which_payment")


@pytest.mark.parametrize(
    "address",
    ["the same address as order 8888888", "the same address as ＃Ｗ８８８８８８８", "the address of order no. 8888888",
     "my other order's, order 8888888"],
)  # fmt: skip
def test_an_address_of_an_order_that_is_not_theirs_is_not_copied_from_another(address: str) -> None:
    orders = [*ONE, order(BOTTLE, "Water Bottle", "delivered")]
    found = can_be_proposed("order_address_change", f"send {LAMP} to {address}", orders=orders)
    assert "copy" not in found
    assert found == decline("OWN-ORDERS")


@pytest.mark.parametrize("source", ["W-1007920", "order number 1007920", "order １００７９２０", "order W 1007920"])
def test_an_address_is_copied_however_its_order_is_written(source: str) -> None:
    orders = [*ONE, order(BOTTLE, "Water Bottle", "delivered")]
    found = can_be_proposed("order_address_change", f"send my lamp to the same address as {source}", orders=orders)
    assert found["copy"]["address_of"] == [BOTTLE]
    assert found["copy"]["order_id"] == [LAMP]


SHIPPED = order("#W3301987", "Winter Gloves", status="processed")


@pytest.mark.parametrize(
    "text",
    [
        f"Do NOT cancel {LAMP}! I only want to know when it ships.",
        f"别取消{LAMP}",
        f"Bitte {LAMP} nicht stornieren, ich behalte sie.",
        f"Please don't cancel {LAMP}. When does it ship?",
        f"Stornieren Sie {LAMP} bitte nicht!",
        f"N'annulez pas la commande {LAMP}, merci",
        f"Por favor no cancelen el pedido {LAMP}",
    ],
)
@pytest.mark.parametrize("orders", [ONE, TWO, [*ONE, SHIPPED]])
def test_what_is_refused_by_its_number_makes_no_other_order_the_one_that_is_meant(
    orders: list[dict[str, JsonValue]], text: str
) -> None:
    assert "cancel" not in cancelling(orders, text)


@pytest.mark.parametrize(
    "text",
    [
        f"Don't cancel {LAMP}, cancel the water bottle",
        f"cancel {BOTTLE}, not {LAMP}",
        f"Please keep {LAMP} and cancel {BOTTLE}",
    ],
)
def test_what_is_named_in_its_place_is_meant(text: str) -> None:
    assert cancelling(TWO, text) == cancel(BOTTLE)


@pytest.mark.parametrize(
    "text",
    [
        "If you don't cancel {} within the hour I'll sue you. I don't need it!!",
        "Unless you cancel {} today I'll call my bank",
        "Wenn Sie {} nicht stornieren, gehe ich zum Anwalt",
        "Si no cancelan el pedido {} pondré una queja",
        "Si vous n'annulez pas {}, je porterai plainte",
        "如果你们不取消{}我就投诉",
    ],
)
def test_a_threat_is_a_wish_about_what_it_names(text: str) -> None:
    assert cancelling(TWO, text.format(LAMP)) == cancel(LAMP)
    assert "cancel" not in cancelling([*ONE, SHIPPED], text.format("#W3301987"))


@pytest.mark.parametrize(
    "text",
    [
        "Ich kann {} nicht stornieren, bitte stornieren Sie das",
        "Warum haben Sie {} noch nicht storniert?",
        "no puedo cancelar {}",
        "Why don't you cancel {} as I asked?",
    ],
)
def test_who_cannot_cancel_it_wants_it_cancelled(text: str) -> None:
    assert cancelling(TWO, text.format(LAMP)) == cancel(LAMP)
