"""What may be written down about an address or a payment method, given the user's words and facts."""

import pytest

from tests.machines.offered import (
    CARD,
    CHAIR,
    CHANGED,
    GIFT,
    LAMP,
    METHODS,
    NEW,
    ORDERS,
    PAYPAL,
    SECOND_CARD,
    SOFA,
    Offers,
    ask,
    can_be_proposed,
    decline,
    method,
    order,
)


def change(order_id: str, *written: str) -> Offers:
    return {"change": {"order_id": [order_id], "address": [*written], "clause": ["MODIFY-ADDRESS"]}}


def copy(order_id: str, *labels: str) -> Offers:
    return {"copy": {"order_id": [order_id], "address_of": [*labels], "clause": ["MODIFY-ADDRESS"]}}


@pytest.mark.parametrize(
    ("text", "events"),
    [
        (f"Ship {LAMP} to {NEW}", change(LAMP, NEW)),
        (f"send my lamp to {NEW}", change(LAMP, NEW)),
        (f"I'd like order {LAMP} sent to {NEW}", change(LAMP, NEW)),
        (f"lamp: {NEW} or 13 Hill Road, Austin, TX 78701", change(LAMP, NEW, "13 Hill Road, Austin, TX 78701, USA")),
        (f"my order to {NEW}", ask("which_order")),
        (f"change {LAMP}'s address", ask("which_address")),
        (f"ship {LAMP} to 12 Garden Street in Austin", ask("which_address")),
        (f"I'd like {LAMP} sent to my default address", copy(LAMP, "profile")),
        (f"change {LAMP} to the same address as {CHAIR}", copy(LAMP, CHAIR)),
        (f"make a change to the address of {LAMP}, take the one used for {SOFA}", copy(LAMP, SOFA)),
        (f"send {LAMP} to where {SOFA} went", copy(LAMP, SOFA)),
        (f"send {LAMP} to the address of {SOFA} or to my profile's", copy(LAMP, SOFA, "profile")),
        (f"Bitte {LAMP} an dieselbe Adresse wie {CHAIR}", copy(LAMP, CHAIR)),
        (f"Envoyez {LAMP} à la même adresse que {CHAIR}", copy(LAMP, CHAIR)),
        (f"Enviar {LAMP} a la misma dirección que {CHAIR}", copy(LAMP, CHAIR)),
        (f"请把订单 {LAMP} 的地址改成和 {CHAIR} 一样", copy(LAMP, CHAIR)),
        (f"{LAMP}: {NEW} (same as {SOFA})", change(LAMP, NEW) | copy(LAMP, SOFA)),
        ("my lamp: the same address as #W2000001", decline("OWN-ORDERS")),
        (f"send #W2000001 to {NEW}", ask("no_such_order") | decline("OWN-ORDERS")),
        (f"send {SOFA} to {NEW}", decline("MODIFY-PENDING")),
    ],
)
def test_which_order_goes_where(text: str, events: Offers) -> None:
    assert can_be_proposed("order_address_change", text) == events


def test_an_order_whose_items_were_changed_stays_as_it_is() -> None:
    orders = [order(CHANGED, "Desk Lamp", "pending (item modified)")]
    text = f"send my lamp to {NEW}, paid with PayPal"
    for action in ("order_address_change", "order_payment_change"):
        assert can_be_proposed(action, text, orders=orders) == decline("MODIFY-ONCE")


def test_the_other_order_needs_no_number_where_there_is_one() -> None:
    two = [ORDERS[0], ORDERS[2]]
    assert can_be_proposed("order_address_change", "my lamp, as my previous order", orders=two) == copy(LAMP, SOFA)
    assert can_be_proposed("order_address_change", "my lamp, as my previous order") == ask("which_address")


def test_the_answer_settles_what_was_asked() -> None:
    asked = "please send my order somewhere else"
    assert can_be_proposed("order_address_change", asked, f"the lamp, to {NEW}") == change(LAMP, NEW)
    assert can_be_proposed("order_address_change", f"my lamp to {NEW[:-5]}", "yes") == change(LAMP, NEW)


@pytest.mark.parametrize(
    ("text", "events"),
    [
        (f"new home: {NEW}", {"change": {"address": [NEW], "clause": ["OWN-PROFILE"]}}),
        (f"make the address of {SOFA} my default", {"copy": {"address_of": [SOFA], "clause": ["OWN-PROFILE"]}}),
        ("change my default address", ask("which_address")),
        ("it's my default address that has to change", ask("which_address")),
        (f"change my wife's account address to {NEW}", decline("OWN-PROFILE")),
        (f"die Adresse im Konto meiner Frau: {NEW}", decline("OWN-PROFILE")),
        ("take the address of #W2000001", decline("OWN-ORDERS")),
        ("take the address of #W2000001 for my friend's profile", decline("OWN-ORDERS", "OWN-PROFILE")),
    ],
)
def test_what_the_default_address_can_become(text: str, events: Offers) -> None:
    assert can_be_proposed("customer_address_change", text) == events


def paid_with(order_id: str, *methods: str) -> Offers:
    return {"change": {"order_id": [order_id], "payment_method_id": [*methods], "clause": ["MODIFY-PAYMENT"]}}


@pytest.mark.parametrize(
    ("text", "events"),
    [
        ("pay the lamp with PayPal", paid_with(LAMP, PAYPAL)),
        ("pay the lamp with my other credit card", paid_with(LAMP, SECOND_CARD)),
        ("pay the lamp with the card ending in 9001", paid_with(LAMP, SECOND_CARD)),
        ("PayPal or the card ending 9001 for the lamp, PayPal rather", paid_with(LAMP, SECOND_CARD, PAYPAL)),
        ("pay the lamp with my gift card", decline("MODIFY-PAYMENT")),
        ("the lamp: not with the card ending in 4412", ask("which_method")),
        ("pay the lamp with the card ending in 7777", decline("PAYMENT-OWN")),
        ("pay the lamp in another way", ask("which_method")),
        ("pay with PayPal", ask("which_order")),
        (f"pay {SOFA} with PayPal", decline("MODIFY-PENDING")),
        ("pay #W2000001 with PayPal", ask("no_such_order") | decline("OWN-ORDERS")),
    ],
)
def test_which_method_can_pay(text: str, events: Offers) -> None:
    assert can_be_proposed("order_payment_change", text) == events


def test_a_gift_card_pays_when_it_holds_just_enough() -> None:
    enough = [*METHODS[:2], method(GIFT, "gift card", "gift card", "54.10")]
    assert can_be_proposed("order_payment_change", "lamp with gift card", payment_methods=enough) == paid_with(
        LAMP, GIFT
    )


@pytest.mark.parametrize("balance", [None, "", "a lot", "NaN"])
def test_a_balance_that_cannot_be_read_pays_nothing(balance: str | None) -> None:
    unreadable = [METHODS[0], method(GIFT, "gift card", "gift card", balance)]
    found = can_be_proposed("order_payment_change", "lamp with gift card", payment_methods=unreadable)
    assert found == decline("MODIFY-PAYMENT")


def test_of_two_cards_that_are_not_told_apart_neither_is_taken() -> None:
    paid_by_paypal = [{**ORDERS[0], "payment_method_ids": [PAYPAL]}]
    found = can_be_proposed("order_payment_change", "lamp with my credit card", orders=paid_by_paypal)
    assert found == ask("which_method")


def test_the_only_other_method_needs_no_name() -> None:
    two = [METHODS[0], METHODS[3]]
    found = can_be_proposed("order_payment_change", "pay the lamp in another way", payment_methods=two)
    assert found == paid_with(LAMP, PAYPAL)
    alone = can_be_proposed("order_payment_change", "pay the lamp in another way", payment_methods=two[:1])
    assert alone == decline("PAYMENT-OWN")


@pytest.mark.parametrize("paying", [[], [CARD, PAYPAL], None])
def test_an_order_without_one_single_payment_stays_as_it_is(paying: list[str] | None) -> None:
    orders = [{**ORDERS[0], "payment_method_ids": paying}]
    assert can_be_proposed("order_payment_change", "lamp with PayPal", orders=orders) == decline("PAYMENT-ONCE")
