"""What actions cost, against the same by hand: figures that can be checked by head."""

from datetime import date, timedelta

import pytest

from audit.report.period import period_report
from audit.report.period_figures import Figures, Happened
from audit.report.returns import ByHand, Spent, returns
from benchmarks.completed import FIRST, completed
from leverframe.pseudonym import Pseudonyms
from tests.worker.reporting import MADE, Words
from worker.settings.base import SettingsError
from worker.settings.returns import by_hand

USUAL = ByHand(
    minutes={"": 6.0, "order_return": 10.0},
    hourly=60.0,
    decision_minutes=1.0,
    input_price=1.0,
    output_price=10.0,
    currency="EUR",
)
DAY = date(2026, 11, 1)


def test_each_outcome_has_its_cost_and_what_it_would_have_been_by_hand() -> None:
    spent = {
        ("order_cancellation", "done"): Spent(10, 100_000, 10_000, decisions=10, seconds=1200),
        ("order_return", "done"): Spent(2, 0, 0, decisions=4, seconds=120),
        ("order_return", "handed_over"): Spent(1, 50_000, 0, decisions=0, seconds=60),
    }
    done, handed_over, every = returns(spent, USUAL)
    assert (done.outcome, done.actions, done.minutes) == ("done", 12, 14)
    assert done.lasted == pytest.approx(110 / 60)
    assert done.model == pytest.approx(0.2)
    assert done.cost == pytest.approx(14.2)
    assert (done.by_hand_minutes, done.by_hand_cost) == (80, 80)
    assert done.saved == pytest.approx(65.8)
    # Who is handed over costs what they would have by hand, and the model besides.
    assert (handed_over.minutes, handed_over.by_hand_cost) == (10, 10)
    assert handed_over.saved == pytest.approx(-0.05)
    assert (every.outcome, every.actions, every.by_hand_minutes) == ("", 13, 90)
    assert every.cost == pytest.approx(done.cost + handed_over.cost)


def test_of_what_nobody_has_timed_nothing_is_said() -> None:
    only = ByHand({"order_return": 10.0}, 60.0, 1.0, 0.0, 0.0, "EUR")
    spent = {("order_cancellation", "done"): Spent(10), ("order_return", "done"): Spent(1)}
    assert [row.actions for row in returns(spent, only)] == [1, 1]
    assert returns({("order_cancellation", "done"): Spent(10)}, only) == []


def test_the_report_has_it_where_the_settings_say_what_the_hand_made_way_takes() -> None:
    figures = Figures()
    for number in range(10):
        one = completed(Pseudonyms(b"a test's key, 16 bytes or more").action_id("order_cancellation", "c", "1"), number)
        entries = [Happened(entry.kind, entry.role, entry.at, entry.body) for entry in one.entries]
        figures.add("order_cancellation", entries, [one.decision])
    assert figures.spent["order_cancellation", "done"].input_tokens == 9 * 900
    assert figures.spent["order_cancellation", "done"].decisions == 9
    assert figures.spent["order_cancellation", "done"].seconds > timedelta(seconds=9 * 20).total_seconds()
    told = Words(period_report(figures, DAY, DAY, MADE, by_hand=USUAL)).lines
    assert "All in all 10.01 EUR and 10 minutes of people, against 60.00 EUR and 60 minutes by hand." in told
    assert "What it returns" not in Words(period_report(figures, DAY, DAY, MADE)).lines
    assert FIRST.date() == DAY


def test_the_settings_name_minutes_for_all_actions_and_for_some(monkeypatch: pytest.MonkeyPatch) -> None:
    assert by_hand() is None
    monkeypatch.setenv("LEVERFRAME_BY_HAND_MINUTES", "8, order_return=11.5")
    monkeypatch.setenv("LEVERFRAME_BY_HAND_HOURLY", "42")
    found = by_hand()
    assert found is not None
    assert (found.of("order_cancellation"), found.of("order_return"), found.hourly) == (8, 11.5, 42)


@pytest.mark.parametrize("wrong", ["soon", "order_return=", "-1"])
def test_minutes_that_are_none_are_refused(monkeypatch: pytest.MonkeyPatch, wrong: str) -> None:
    monkeypatch.setenv("LEVERFRAME_BY_HAND_MINUTES", wrong)
    with pytest.raises(SettingsError, match="LEVERFRAME_BY_HAND_MINUTES"):
        by_hand()
