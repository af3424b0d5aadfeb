"""Numbers of orders and items in people's words, in the many ways in which they are written."""

import pytest

from machines.shop.named import Named, named_of, to_look_up
from machines.shop.references import Reference, candidates, in_shops_form, references
from tests.support.timing import cost

OWN, OTHER = "#W1007919", "#W1007920"


def orders_in(text: str) -> list[str]:
    return [each.digits for each in references(text) if each.kind == "order"]


@pytest.mark.parametrize(
    "text",
    [
        "cancel #W1007919",
        "cancel #w1007919 please",
        "cancel W 1007919",
        "cancel #w-1007919",
        "cancel W.1007919",
        "cancel # W1007919",
        "cancel W100 79 19",
        "cancel #W1007919, I no longer need it",
        "cancel #W1007919 I no longer need it",
        "cancel W1007919 2 lamps are too many",
        "cancel ＃Ｗ１００７９１９",
        "cancel #W١٠٠٧٩١٩",
        "cancel #W१००७९१९",
        "cancel #W1007\u200b919",
        "cancel #W\u20111007919",
        "cancel #W\u00a01007919",
        "cancel #W1OO7919",
        "cancel #WlOO79l9",
        "cancel #WI007919",
        "cancel =23W1007919 now",
        "cancel #W100=\r\n7919",
        "cancel %23W1007919",
        "cancel &#35;W1007919",
        "cancel order 1007919",
        "cancel order no. 1007919",
        "cancel order number: 1007919",
        "my order number is 1007919",
        "cancel order № 1007919",
        "cancel the 1007919 order",
        "order 100-79-19",
        "order\n1 007 919",
        "order 1OO7919",
        "cancel #1007919",
        "cancel number 1007919",
        "cancel 1007919",
        "1007919",
        "1007919 please",
        "die 1007919 bitte stornieren",
        "my order, 1007919, please",
        "cancel one order, the 1007919",
        "cancel ref. 1007919",
        "mi compra 1007919",
        "Bestellung Nr. 1007919 bitte stornieren",
        "Bitte stornieren Sie meine Bestellung 1007919",
        "Bestellnummer 1007919",
        "Bestell-Nr.: 1007919",
        "meine Auftragsnummer lautet 1007919",
        "annulez ma commande n° 1007919",
        "la commande numéro 1007919",
        "mi pedido núm. 1007919",
        "el número de mi pedido es el pedido nº 1007919",
        "取消订单1007919",
        "订单号是１００７９１９",
        "请取消1007919号订单",
        "取消订单W1007919谢谢",
    ],
)
def test_an_order_is_named_in_many_ways(text: str) -> None:
    assert orders_in(text) == ["1007919"]
    assert named_of("order", [text], [OTHER, OWN]) == Named((OWN,))
    assert named_of("order", [text], [OTHER]) == Named((), ("1007919",))
    assert OWN in to_look_up([text])


@pytest.mark.parametrize(
    ("text", "digits"),
    [
        ("cancel order 12345", "12345"),
        ("cancel order no. 123", "123"),
        ("cancel order 1234 please", "1234"),
        ("cancel order 123456789012", "123456789012"),
        ("cancel #W100791", "100791"),
        ("cancel W10079199", "10079199"),
        ("Bestellung 10079199 stornieren", "10079199"),
        ("commande n° 4711", "4711"),
        ("取消订单12345", "12345"),
        ("cancel #123456", "123456"),
    ],
)
def test_a_number_that_is_too_short_or_too_long_is_named_and_not_found(text: str, digits: str) -> None:
    assert named_of("order", [text], [OWN]) == Named((), (digits,))
    assert orders_in(text) == [digits]


@pytest.mark.parametrize(
    "text",
    [
        "cancel my order, call me on 5551234",
        "my order, phone +49 30 1007918",
        "order 030 1234567",
        "the order of 2024-05-01",
        "order 2025-11-05",
        "my order from 12.05.2026",
        "my order of 2024",
        "order 2024 was a bad year",
        "my order 54.10",
        "my order of 90000 EUR",
        "order 90000 EUR of them",
        "cancel 1000000 euros",
        "I want to order 2 of these for 900.00",
        "I wanted to order 1000 sheets",
        "I ordered 12345678 of them",
        "send my order to 10827 Berlin",
        "London W12 8QQ",
        "1234 W 10400 South, Salt Lake City",
        "Apt #12045",
        "invoice no. 1234567",
        "my customer number 1234567",
        "meine Kundennummer 1234567",
        "credit_card_1234567",
        "my gift card 1234567",
        "Geschenkkarte Nr. 1234567",
        "礼品卡1234567",
        "Sie erreichen mich unter 5551234",
        "my ZIP is 1234567",
        "$1234567",
        "Wool and W3 and 100% wool",
        "order 3 of them",
    ],
)
def test_other_numbers_are_no_orders(text: str) -> None:
    assert orders_in(text) == []


@pytest.mark.parametrize(
    ("text", "digits"),
    [
        ("return item 1008292230", ["1008292230"]),
        ("return item no. 1008-292-230", ["1008292230"]),
        ("return 1008292230", ["1008292230"]),
        ("Artikel Nr. 1008292230 zurück", ["1008292230"]),
        ("l'article 1008292230", ["1008292230"]),
        ("el artículo 1008292230", ["1008292230"]),
        ("退货商品１００８２９２２３０", ["1008292230"]),
        ("items 1008292230 and 1008292231", ["1008292230", "1008292231"]),
        ("article 17 GDPR", []),
        ("item 3 of the list", []),
    ],
)
def test_items_are_named_by_their_numbers(text: str, digits: list[str]) -> None:
    assert [each.digits for each in references(text) if each.kind == "item"] == digits


def test_lists_are_read_whole() -> None:
    assert orders_in("cancel orders 9999999 and 1007919") == ["9999999", "1007919"]
    assert orders_in("Bestellungen 9999999 und 1007919") == ["9999999", "1007919"]
    assert orders_in("订单 9999999 和 1007919") == ["9999999", "1007919"]
    assert [*references("#W1007919 or item 1008292230")] == [
        Reference("order", "1007919"),
        Reference("item", "1008292230"),
    ]


@pytest.mark.parametrize(
    ("messages", "named"),
    [
        (["cancel order 9999999", "sorry, it is 1007919"], Named((OWN,))),
        (["cancel order 9999999", "it is 8888888"], Named((), ("8888888",))),
        (["cancel order 9999999", "yes please"], Named((), ("9999999",))),
        (["cancel #W1007919 or #W1007920", "the former, W1007919"], Named((OWN,))),
        (["cancel #W1007919", "and #W1007920"], Named((OWN, OTHER))),
        (["cancel #W1007919", "and #W9999999"], Named((OWN,), ("9999999",))),
        (["cancel it"], Named()),
        ([], Named()),
    ],
)
def test_an_answer_narrows_or_puts_right_what_was_said(messages: list[str], named: Named) -> None:
    assert named_of("order", messages, [OWN, OTHER]) == named


def test_a_number_of_something_else_of_theirs_is_no_order_that_is_missing() -> None:
    assert named_of("order", ["order 1008292230"], [OWN], ["1008292230"]) == Named()


def test_no_more_is_looked_up_than_a_read_takes() -> None:
    assert len(to_look_up([" ".join(f"#W{number}" for number in range(1000000, 1000100))])) == 20


def test_the_shops_form_is_put_into_the_sentence() -> None:
    assert in_shops_form("as order number １００７９１９, please") == f"as order {OWN}, please"
    assert in_shops_form("as w-1007919") == f"as {OWN}"
    assert in_shops_form("order 12345 at 10827 Berlin") == "order 12345 at 10827 Berlin"


@pytest.mark.parametrize(
    "unit",
    ["W", "order ", "order number ", "1 ", "#W1", "W1 ", "9,", "order 1,", "cancel ", "no. ", "=\n", "&", "l", "# "],
)
def test_time_is_linear(unit: str) -> None:
    def took(length: int) -> float:
        text = unit * (length // len(unit))
        return cost(lambda: (references(text), candidates(text), in_shops_form(text)))

    took(1_000)
    assert took(32_000) < 60 * max(took(2_000), 0.002)
