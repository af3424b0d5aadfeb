"""What items can be changed into, as pure functions of the facts."""

import pytest
from pydantic import JsonValue

from machines.arguments import ManyOf
from machines.shop.order_exchange import Exchange
from machines.shop.variants import (
    MOST,
    about_items,
    changes,
    new_ids,
    old_ids,
    refusing_unavailable,
    which_items_to_change,
    which_variant,
)
from tests.machines.item_facts import BOTTLE, BOTTLES, LAMP, LAMPS, SHIRT, VARIANTS, facts, variant


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("a white lamp instead", ["1001_to_1002"]),
        ("a white lamp, and brighter: high", ["1001_to_1003"]),
        ("the lamp with brightness high", ["1001_to_1004"]),
        ("white, with more brightness", ["1001_to_1002", "1001_to_1003"]),
        ("item 1003 for the lamp", ["1001_to_1003"]),
        ("etwas in Weiß bitte", ["1001_to_1002"]),
        ("换成白色的", ["1001_to_1002"]),
        ("in red", ["2001_to_2004"]),
        ("the lamp in white and the bottle in 1000 ml", ["1001_to_1002", "2001_to_2003"]),
        ("the lamp is black, I want it white", ["1001_to_1002"]),
    ],
)
def test_a_change_goes_to_the_variant_that_fits_best(words: str, expected: list[str]) -> None:
    assert changes("delivered")(facts(words)) == expected


@pytest.mark.parametrize(
    "words",
    [
        "a lamp of another colour",
        "swap something",
        "the toaster in green",
        "the lamp for a table fan",
        "I don't want the lamp any more. Money back, please.",
        "Two things are wrong.",
        "Die Lampe flackert, reparieren Sie so etwas?",
    ],
)
def test_a_change_that_would_be_guessed_is_asked_about(words: str) -> None:
    known = facts(words)
    assert changes("delivered")(known) == []
    assert which_items_to_change("delivered")(known) or which_variant("delivered")(known)


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("it's too small, size L please", ["5001_to_5002"]),
        ("I'm sure that's the wrong size", ["5001_to_5002", "5001_to_5003"]),
        ("l'article en taille S", ["5001_to_5003"]),
    ],
)
def test_what_is_left_out_after_an_apostrophe_is_no_size(words: str, expected: list[str]) -> None:
    assert changes("delivered")(facts(words, items=(SHIRT,))) == expected


def test_every_change_that_can_be_written_down_is_of_the_order_and_of_the_same_product() -> None:
    words = "the lamp in white, the bottle in red and the shirt in L"
    known = facts(words, items=(LAMP, BOTTLE, SHIRT), variants={**VARIANTS, "9999": LAMPS})
    pairs = changes("delivered")(known)
    assert len(pairs) == 3
    for old, new in (pair.split("_to_") for pair in pairs):
        assert old in ("1001", "2001", "5001")
        assert old[0] == new[0]


def test_too_many_changes_are_not_offered_but_asked_about() -> None:
    many: JsonValue = [variant(str(3000 + number), color=f"shade {number}") for number in range(MOST + 1)]
    known = facts("another lamp", items=(LAMP,), variants={"1001": many})
    assert changes("delivered")(known) == []
    assert which_variant("delivered")(known) == ["which_variant"]
    assert about_items("delivered", which_variant("delivered"))(known) == ["1001"]
    told = facts("another lamp", "shade 7", items=(LAMP,), variants={"1001": many})
    assert changes("delivered")(told) == ["1001_to_3007"]


@pytest.mark.parametrize(
    ("words", "items", "variants"),
    [
        ("swap something", ["which_items"], ["which_variant"]),
        ("another lamp", [], ["which_variant"]),
        ("a white lamp", [], []),
        ("in red", [], []),
    ],
)
def test_only_what_is_open_is_asked_for(words: str, items: list[str], variants: list[str]) -> None:
    known = facts(words)
    assert which_items_to_change("delivered")(known) == items
    assert which_variant("delivered")(known) == variants


def test_the_arguments_of_the_tool_are_the_halves_of_the_changes() -> None:
    known = facts("x", changes=["1001_to_1002", "2001_to_2004"])
    assert (old_ids(known), new_ids(known)) == (["1001", "2001"], ["1002", "2004"])


def test_where_no_variant_is_available_the_clause_says_so() -> None:
    refusing = refusing_unavailable("delivered", "EXCHANGE-DELIVERED")
    assert refusing(facts("another lamp", variants={"1001": [], "2001": BOTTLES})) == ["EXCHANGE-DELIVERED"]
    assert refusing(facts("another lamp")) == []
    assert refusing(facts("another lamp", status="pending")) == []


@pytest.mark.parametrize(
    ("said", "items", "most"),
    [
        ("a white lamp instead", (LAMP, BOTTLE), 1),
        ("a lamp of another colour", (LAMP, BOTTLE), 1),
        ("the lamp in white and the bottle in 1000 ml", (LAMP, BOTTLE), 2),
        ("size L please", (SHIRT, SHIRT), 2),
    ],
)
def test_no_more_changes_can_be_written_down_than_there_are_lines_to_change(
    said: str, items: tuple[dict[str, JsonValue], ...], most: int
) -> None:
    """A small model goes on with a list as long as it may: it wrote one change down five times."""
    marks = Exchange.model_fields["changes"].metadata
    (mark,) = [mark for mark in marks if isinstance(mark, ManyOf)]
    assert mark.most(facts(said, items=items)) == most
