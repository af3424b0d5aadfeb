"""How a period's figures are gathered and drawn, one by one."""

from collections.abc import Sequence
from datetime import date, timedelta

import pytest

from audit.rates import percentile
from audit.report.charts import Bar, bars, histogram
from audit.report.period import bins, period_report
from audit.report.period_figures import MOST, OTHER, Figures, Happened, settled
from benchmarks.completed import FIRST
from tests.worker.reporting import HOSTILE, MADE, Words
from tools.approvals import RecordedDecision

DAY = date(2026, 11, 1)


def decision(choice: str, person: str, quorum: int = 1, seconds: int = 0) -> RecordedDecision:
    at = FIRST + timedelta(seconds=seconds)
    return RecordedDecision(
        "a", "r", 1, choice, "0" * 64, person, person, "signed", "support", quorum, at  # type: ignore[arg-type]
    )  # fmt: skip


def test_a_plan_is_settled_by_its_last_approval_or_its_first_rejection() -> None:
    olga, twice, rita = (decision("approve", person, 2) for person in ("olga", "OLGA", "rita"))
    no = decision("reject", "rob", 2)
    assert settled([]) is None
    assert settled([olga, twice]) is None
    assert settled([olga, twice, rita, no]) is rita
    assert settled([olga, no, rita]) is no


def test_the_time_to_a_decision_counts_from_the_plan_that_was_shown_last() -> None:
    figures = Figures()
    shown = [Happened("plan", "tools", (FIRST + timedelta(seconds=at)).isoformat(), None) for at in (0, 100, 500)]
    figures.add("a", shown, [decision("approve", "olga", seconds=130)])
    figures.add("a", [Happened("plan", "tools", "no time", None)], [decision("approve", "olga", seconds=1)])
    assert figures.waits == [30]
    assert figures.decided == {"a": 2}


def test_the_bins_hold_every_time_once() -> None:
    times = [0, 10, 10.1, 60, 599, 3600, 3601, 86_400, 172_800, 172_801, 10**7]
    counted = bins(times)
    assert [bar.count for bar in counted] == [2, 2, 1, 1, 1, 1, 1, 2]
    assert sum(bar.count for bar in counted) == len(times)
    assert percentile(times, 0.5) == 3600


def test_made_up_names_fill_neither_memory_nor_page() -> None:
    figures = Figures()
    for number in range(MOST * 2):
        verdict = {"guard": f"g{number}", "version": "1", "judgement": "block", "rule": "r", "reason": "x"}
        body = {"what": f"reason {number}: more"}
        figures.add(f"a{number}", [_said("verdict", verdict), _said("problem", body), _said("closed", {})], [])
    assert len(figures.actions) <= MOST + 1
    assert len(figures.verdicts) <= MOST + 1
    assert len(figures.refusals) <= MOST + 1
    assert figures.total == MOST * 2
    assert figures.actions[OTHER, OTHER] == MOST


def _said(kind: str, body: dict[str, str]) -> Happened:
    return Happened(kind, "tools", FIRST.isoformat(), {**body})


@pytest.mark.parametrize("hostile", HOSTILE, ids=range(len(HOSTILE)))
def test_nothing_that_somebody_wrote_becomes_a_part_of_the_page(hostile: str) -> None:
    def page(words: str) -> Words:
        figures = Figures()
        verdict = {"guard": words, "version": "1", "judgement": "block", "rule": words, "reason": words}
        closed = {"outcome": words, "state": words}
        figures.add(words, [_said("verdict", verdict), _said("problem", {"what": words}), _said("closed", closed)], [])
        return Words(period_report(figures, DAY, DAY, MADE))

    # A long name is broken where it may be, and goes on in the next line of a picture.
    tags = ([tag for tag in page(text).tags if tag not in ("wbr", "text")] for text in (hostile, "harmless"))
    assert next(tags) == next(tags)
    assert {*page(hostile).attributes} == {*page("harmless").attributes}


def test_a_picture_says_in_words_what_it_shows() -> None:
    shown: Sequence[Bar] = [Bar("done", 1200), Bar("<b>", 0)]
    for draw in (bars, histogram):
        picture = draw(shown, "Most are done", "actions", "p")
        assert "<title" in picture
        assert "Most are done: done 1200, &lt;b&gt; 0" in picture
        assert "1,200" in picture
        assert picture.count("<rect") == 2
        assert draw([], "Nothing", "actions", "p").count("<rect") == 0
