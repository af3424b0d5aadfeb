"""What a value says never leaves its own place in a path or query, whoever chose it."""

from urllib.parse import parse_qs, unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import JsonValue

from tools.errors import BadArguments
from tools.http.paths import filled, holes, query

LEAVES = [
    "", ".", "..", "...", ". .", "/", "//", "a/b", "../x", "..\\x", "\\", "a?b", "a#b", "a;b", "..;", "%2e%2e", "%2F",
    "..%2f..%2f", "%252e%252e", "%u002e", "a\nb", "a\r\nHost: x", "\x00", "\x7f", "\x85", "\u2028", "．．", "a／b",
    "a＼b", "\ud800", " a", "a ", "x" * 201, "\t", "a‥b",
]  # fmt: skip
"""The last is a character that is two dots when it is normalized; alone it would leave, and within it stays."""


@pytest.mark.parametrize("value", LEAVES[:-1])
def test_a_value_that_would_leave_its_segment_is_refused(value: str) -> None:
    with pytest.raises(BadArguments, match="order_id would leave its place in the path; expected 1 to 200 characters"):
        filled("/orders/{order_id}/lines", {"order_id": value})


def test_a_character_that_is_two_dots_to_some_is_refused_alone() -> None:
    with pytest.raises(BadArguments, match="leave its place"):
        filled("/orders/{order_id}", {"order_id": "‥"})
    assert filled("/orders/{order_id}", {"order_id": "a‥b"}).startswith("/orders/a%E2")


@pytest.mark.parametrize("value", [None, True, 1.5, ["a"], {"a": "b"}])
def test_a_value_of_another_type_is_refused(value: JsonValue) -> None:
    with pytest.raises(BadArguments, match="expected text or a whole number"):
        filled("/orders/{order_id}", {"order_id": value})


def test_two_values_beside_each_other_make_no_dots() -> None:
    with pytest.raises(BadArguments):
        filled("/x/{a}{b}", {"a": ".", "b": "."})


@given(st.text(max_size=30))
def test_a_path_has_as_many_segments_as_its_template(value: str) -> None:
    try:
        path = filled("/a/{v}/c", {"v": value})
    except BadArguments:
        return
    _, first, own, last = path.split("/")
    assert (first, unquote(own), last) == ("a", value, "c")
    assert path.isascii()
    assert not {*"?#\\ "} & {*path}


def test_ids_as_they_are_in_use_are_sent_as_they_are() -> None:
    assert filled("/o/{a}/{b}", {"a": "#W-1:2@x".replace("#", ""), "b": 7}) == "/o/W-1%3A2%40x/7"
    assert filled("/o/{a}", {"a": "Müller & Söhne 100%"}) == "/o/M%C3%BCller%20%26%20S%C3%B6hne%20100%25"


@pytest.mark.parametrize(
    "template",
    [
        "",
        "/",
        "x",
        "//x",
        "http://x/y",
        "/a?b={c}",
        "/a#b",
        "/a/../b",
        "/a/./b",
        "/a/{b",
        "/a/{b}}",
        "/%2e",
        "/a b",
        "/{}",
    ],
)
def test_what_is_no_template_is_refused_when_it_is_declared(template: str) -> None:
    with pytest.raises(ValueError, match="is no path template; expected one such as"):
        holes(template)


def test_a_query_holds_each_value_apart() -> None:
    said = query({"a": "1&b=2", "c": ["x", "y#"], "d": True, "e": None, "f": 1.5})
    assert parse_qs(said) == {"a": ["1&b=2"], "c": ["x", "y#"], "d": ["true"], "f": ["1.5"]}


@pytest.mark.parametrize("value", [{"a": "b"}, [["a"]], [None], "\ud800"])
def test_what_cannot_stand_in_a_query_is_refused(value: JsonValue) -> None:
    with pytest.raises(BadArguments, match="expected text"):
        query({"a": value})
