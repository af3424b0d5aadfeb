"""The figures on outside data, and that the measuring itself can tell good from bad."""

from pathlib import Path

import pytest

from activities.guards.pii import Found
from evals.pii import KINDS, Row, Span, measure, read_rows

DATA = Path(__file__).parents[2].parent / "shared" / "data" / "pii"
WITHOUT_DATA = pytest.mark.skipif(not DATA.is_dir(), reason="the outside data is not there")


def row(text: str, *spans: tuple[str, int, int]) -> Row:
    return Row(id="1", source="s", text=text, spans=tuple(Span(type=t, start=a, end=b) for t, a, b in spans))


def test_what_is_missed_cut_short_or_made_up_is_counted() -> None:
    rows = [
        row("0123456789", ("PHONE", 0, 4), ("EMAIL", 6, 9)),
        row("0123456789", ("CREDIT_CARD", 0, 4), ("PERSON", 5, 9)),
        row("made up"),
        row("clean"),
    ]
    answers = iter(
        [
            [Found(0, 5, "phone", "r"), Found(6, 8, "email", "r")],
            [Found(0, 4, "phone", "r")],
            [Found(0, 4, "phone", "r")],
            [],
        ]
    )
    measured = measure(rows, lambda text: next(answers))
    total = measured.total()
    assert (total.spans, total.covered, total.exact, total.findings, total.right) == (3, 1, 0, 4, 2)
    assert total.recall == pytest.approx(1 / 3)
    assert total.precision == pytest.approx(1 / 2)
    assert measured.total("s", ["EMAIL"]).recall == 0
    assert measured.total("another").precision is None
    assert measured.false_positive_rate() == pytest.approx(1 / 2)
    assert measured.false_positive_rate("another") is None


@WITHOUT_DATA
def test_the_goals_are_met_on_outside_data() -> None:
    measured = measure(read_rows(DATA))
    assert (measured.total().recall or 0) >= 0.97
    assert (measured.total().precision or 0) >= 0.95
    for kind in {span_type for _, span_type in measured.tallies if span_type in KINDS}:
        assert (measured.total(types=[kind]).recall or 0) >= 0.97, kind
    # p95 stays under 1 ms as well, but a busy machine must not fail this.
    assert measured.milliseconds()[0] < 1


@WITHOUT_DATA
def test_nothing_but_addresses_is_found_in_talk_about_orders() -> None:
    rows = [row for row in read_rows(DATA) if row.source.startswith("tau-bench retail")]
    assert rows
    found = measure(rows).tallies
    assert {span_type for _, span_type in found} == {"EMAIL"}
    assert measure(rows).false_positive_rate() == 0
