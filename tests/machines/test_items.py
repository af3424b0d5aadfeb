"""Which items a customer's words can mean, as pure functions of the facts."""

import pytest
from pydantic import JsonValue

from machines.shop.items import EVERYTHING, chosen_items, refusing_again
from machines.shop.orders import which_order
from machines.shop.returning import returnable, which_items
from machines.shop.variants import changes, new_ids, old_ids, which_items_to_change
from tests.machines.item_facts import BOTTLE, ELECTRIC_KETTLE, GREEN_BOTTLE, LAMP, ORDER, TEA_KETTLE, facts


@pytest.mark.parametrize(
    ("words", "items", "expected"),
    [
        ("return the lamp", (LAMP, BOTTLE), ["1001"]),
        ("return the lamps", (LAMP, BOTTLE), ["1001"]),
        ("return the lamp and the bottle", (LAMP, BOTTLE), ["1001", "2001"]),
        ("return the green bottle", (BOTTLE, GREEN_BOTTLE), ["2002"]),
        ("die grüne Water Bottle zurück", (BOTTLE, GREEN_BOTTLE), ["2002"]),
        ("return a bottle", (BOTTLE, GREEN_BOTTLE), ["2001", "2002"]),
        ("return the tea kettle", (TEA_KETTLE, ELECTRIC_KETTLE), ["3001"]),
        ("return the kettle", (TEA_KETTLE, ELECTRIC_KETTLE), ["3001", "4001"]),
        ("return 4001", (TEA_KETTLE, ELECTRIC_KETTLE), ["4001"]),
        ("return my order", (LAMP, BOTTLE), [EVERYTHING, "1001", "2001"]),
        ("die Lampe zurück bitte", (LAMP, BOTTLE), [EVERYTHING, "1001", "2001"]),
        ("everything but the lamp", (LAMP, BOTTLE), ["2001"]),
        ("alles zurück", (LAMP, BOTTLE), [EVERYTHING, "1001", "2001"]),
        ("全部退货", (LAMP, BOTTLE), [EVERYTHING, "1001", "2001"]),
        ("return my order", (LAMP,), ["1001"]),
        ("return both bottles", (BOTTLE, BOTTLE), [EVERYTHING, "2001"]),
        ("not the lamp, the bottle", (LAMP, BOTTLE), ["2001"]),
        ("I don't want to return the lamp but the bottle", (LAMP, BOTTLE), ["2001"]),
        ("no la Desk Lamp sino la Water Bottle", (LAMP, BOTTLE), ["2001"]),
        ("不退Desk Lamp，退Water Bottle", (LAMP, BOTTLE), ["2001"]),
        ("除Desk Lamp以外都退", (LAMP, BOTTLE), ["2001"]),
        ("return the bottle instead of the lamp", (LAMP, BOTTLE), ["2001"]),
        ("I got a bottle instead of the lamp, return it", (LAMP, BOTTLE), ["1001", "2001"]),
    ],
)
def test_what_can_be_returned_are_the_items_that_are_named(
    words: str, items: tuple[dict[str, JsonValue], ...], expected: list[str]
) -> None:
    assert returnable("delivered")(facts(words, items=items)) == expected


def test_nothing_can_be_returned_from_an_order_of_another_status_or_of_somebody_else() -> None:
    assert returnable("delivered")(facts("return the lamp", status="pending")) == []
    assert returnable("delivered")(facts("return the lamp of #W9999999")) == []
    assert returnable("delivered")({}) == []


@pytest.mark.parametrize(
    ("words", "items", "asked"),
    [
        ("return my order", (LAMP, BOTTLE), True),
        ("return my order", (LAMP,), False),
        ("return my order", (BOTTLE, BOTTLE), False),
        ("return the lamp", (LAMP, BOTTLE), False),
        ("return everything", (LAMP, BOTTLE), False),
    ],
)
def test_items_are_asked_for_where_none_is_named(
    words: str, items: tuple[dict[str, JsonValue], ...], asked: bool
) -> None:
    assert which_items("delivered")(facts(words, items=items)) == ["which_items"] * asked


@pytest.mark.parametrize(
    "text",
    ["return item 9999999999", "return 9999999999", "Artikel Nr. 9999999999 zurück", "退货商品９９９９９９９９９９",
     "return item 99999", "devolver el artículo 99999"],
)  # fmt: skip
def test_an_item_that_is_not_theirs_is_replaced_by_no_other(text: str) -> None:
    named = f"{ORDER}: {text}"
    for items in ((LAMP,), (LAMP, BOTTLE)):
        assert returnable("delivered")(facts(named, items=items)) == []
        assert which_items("delivered")(facts(named, items=items)) == ["no_such_item"]
        assert changes("delivered")(facts(named, items=items)) == []
        assert which_items_to_change("delivered")(facts(named, items=items)) == ["no_such_item"]
    assert which_order("delivered")(facts(text)) == ["no_such_order"]


@pytest.mark.parametrize(
    "text", ["return item １００１", "return item no. 1001", "Artikel-Nr. 1001", "商品1001", "return 1001"]
)
def test_an_item_is_found_however_its_number_is_written(text: str) -> None:
    assert returnable("delivered")(facts(text)) == ["1001"]
    assert which_items("delivered")(facts(text)) == []


@pytest.mark.parametrize(
    ("words", "items", "offered"),
    [
        ("return the bottle", (BOTTLE, GREEN_BOTTLE), ["2001", "2002"]),
        ("my desk is full", (LAMP, BOTTLE), ["1001"]),
        ("for tea, please", (TEA_KETTLE, LAMP), ["3001"]),
    ],
)
def test_what_half_a_name_leaves_open_is_asked(
    words: str, items: tuple[dict[str, JsonValue], ...], offered: list[str]
) -> None:
    assert returnable("delivered")(facts(words, items=items)) == offered
    assert which_items("delivered")(facts(words, items=items)) == ["which_items"]


@pytest.mark.parametrize("answer", ["both", "beide", "les deux", "ambos", "两个都"])
def test_both_items_are_an_answer(answer: str) -> None:
    assert which_items("delivered")(facts("return my order", answer)) == []
    assert returnable("delivered")(facts("return my order", answer)) == [EVERYTHING, "1001", "2001"]
    assert which_items_to_change("delivered")(facts("change my order", answer)) == []


def test_everything_is_each_line_of_the_order() -> None:
    known = facts("all", items=(LAMP, BOTTLE, BOTTLE), order_id=ORDER, item_ids=[EVERYTHING, "1001"])
    assert chosen_items(known) == ["1001", "2001", "2001"]
    assert chosen_items(facts("the lamp", order_id=ORDER, item_ids=["1001"])) == ["1001"]


def test_arguments_need_a_proposal() -> None:
    for function in (chosen_items, old_ids, new_ids):
        with pytest.raises(LookupError, match="the facts have no 'proposal"):
            function(facts("the lamp"))


def test_a_second_time_is_refused_with_a_clause_of_its_own() -> None:
    refusing = refusing_again("delivered", "RETURN-DELIVERED", {"return requested": "RETURN-ONCE"})
    assert refusing(facts("the lamp", status="return requested")) == ["RETURN-ONCE"]
    assert refusing(facts("the lamp", status="pending")) == ["RETURN-DELIVERED"]
    assert refusing(facts("the lamp")) == []
