"""Canonical JSON: whichever way it is written, its bytes are those that RFC 8785 asks for, or there are none."""

from collections.abc import Callable
from decimal import Decimal
from enum import IntEnum, StrEnum
from typing import Any

import pytest
import rfc8785
from hypothesis import example, given, settings
from hypothesis import strategies as st
from pydantic import JsonValue

from leverframe.digest import canonical
from tools.chain import GENESIS, LedgerRow


class Number(IntEnum):
    ONE = 1


class Word(StrEnum):
    ONE = "one"


EDGE = st.sampled_from(
    [2**53, 2**53 - 1, 1 - 2**53, -(2**53), 10**15, 10**15 - 1, -(10**14), 10**400, 0, -0.0, 1.0, 1e21, 5e-324, 1e16,
     float("nan"), float("inf"), float("-inf"), "\ud800", "\udfff", "\U00010000", "\uffff", "\ue000", "\x7f", "\u2028",
     '"\\/\b\f\n\r\t\0\x1f', "NaN", "1.5", "", True, False, None, 1, Number.ONE, Word.ONE]
)  # fmt: skip
LEAVES = st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.text('ab"\\\n\x00\x7f/') | EDGE
NAMES = st.text() | st.text('ab"\\\x01\x7f', max_size=3) | st.sampled_from(["\uffff", "\U00010000", "\ud800", Word.ONE])
NO_NAMES = st.none() | st.booleans() | st.integers(-2, 2) | st.sampled_from([1.5, Number.ONE, b"a", (1,)])
NO_JSON = st.sampled_from([b"a", {1}, Decimal("1.5"), 1j, object()])


def nested(leaves: st.SearchStrategy[Any], names: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.recursive(
        leaves,
        lambda inner: st.lists(inner) | st.lists(inner).map(tuple) | st.dictionaries(names, inner),
        max_leaves=20,
    )


def result(write: Callable[[Any], bytes], value: object) -> bytes | None:
    """``None`` where it was refused as it is to be: with ``ValueError``."""
    try:
        return write(value)
    except ValueError:
        return None


@settings(max_examples=800, deadline=None)
@given(nested(LEAVES, NAMES))
@example({"\U00010000": 1, "\uffff": 2})
@example({"a": 2**53, "b": [True, 1, 1.0]})
def test_it_is_what_rfc_8785_asks_for(value: object) -> None:
    assert result(canonical, value) == result(rfc8785.dumps, value)


@settings(max_examples=300, deadline=None)
@given(nested(LEAVES | NO_JSON, NAMES | NO_NAMES))
@example({1: "a"})
@example({None: "a", True: "b"})
@example({"a": {1.5: 1}})
@example({"1": "a", 1: "b"})
def test_what_is_no_json_is_refused_all_the_same(value: object) -> None:
    assert result(canonical, value) == result(rfc8785.dumps, value)


@settings(max_examples=300, deadline=None)
@given(st.integers(-(2**60), 2**60) | st.integers(-(10**17), 10**17))
def test_numbers_are_refused_from_where_a_double_is_not_exact(number: int) -> None:
    assert result(canonical, [number]) == (b"[%d]" % number if -(2**53) < number < 2**53 else None)


def test_however_deep_it_is() -> None:
    for depth in (10, 400, 900, 5000):
        value: Any = []
        for _ in range(depth):
            value = [value]
        try:
            expected = rfc8785.dumps(value)
        except RecursionError:
            with pytest.raises(RecursionError):
                canonical(value)
        else:
            assert canonical(value) == expected


def test_the_example_of_the_standard() -> None:
    """RFC 8785, sections 3.2.2 and 3.2.3."""
    value: JsonValue = {
        "numbers": [333333333.33333329, 1e30, 4.50, 2e-3, 0.000000000000000000000000001],
        "string": "\u20ac$\u000f\u000aA'\u0042\u0022\u005c\\\"/",
        "literals": [None, True, False],
    }
    assert canonical(value) == (
        rb'{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],'
        rb'"string":"' + "\u20ac".encode() + rb"$\u000f\nA'B\"\\\\" + rb'\"/"}'
    )
    names = ["\u20ac", "\r", "\ufb33", "1", "\U0001f600", "\x80", "\u00f6"]
    expected = ["\r", "1", "\x80", "\u00f6", "\u20ac", "\U0001f600", "\ufb33"]
    written = canonical(dict.fromkeys(names)).decode()
    assert [written.index(canonical(name).decode()) for name in expected] == sorted(
        written.index(canonical(name).decode()) for name in names
    )


@pytest.mark.parametrize(
    ("body", "digest"),
    [
        ({"action": "order_cancellation", "n": 1}, "b4537c005dfed8a8b648c47226ea43d88d25c849185453786cff58c5ec143c8a"),
        (
            {"note": "r\u00e9sum\u00e9", "ratio": 0.25},
            "5c345e51fc33626846b057eee1f769f33a1576db53020c0d2489d8ad20b56f61",
        ),
    ],
)
def test_what_was_recorded_before_verifies(body: dict[str, Any], digest: str) -> None:
    """Digests that an earlier release computed: a change of them would break every ledger that there is."""
    row = LedgerRow("a-1", 1, "k", "started", "workflows", "2026-11-01T00:00:00+00:00", body, "ab" * 16, GENESIS)
    assert row.computed_hash() == digest
