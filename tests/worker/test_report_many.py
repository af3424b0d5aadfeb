"""The report of a period with many actions: every name is read whole, and nothing is cut, at any width."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from playwright.async_api import Page

from audit.report.period import period_report
from audit.report.period_figures import NOT_ENDED, NOT_READABLE, OTHER, Figures, Happened
from tests.ui.pages import CHROMIUM, PHONE, WIDE, browsing, look, overflow
from tests.worker.reporting import MADE, Words
from tools.approvals import RecordedDecision

SINCE, TO = date(2026, 11, 1), date(2026, 11, 30)
OUTCOMES = ("done", "declined", "blocked", "rejected", "expired", "withdrawn", "handed_over", None)
KINDS = (
    "order_cancellation",
    "customer_address_change",
    "rechtsschutzversicherungsvertragsaenderung",
    "household_insurance_claim_with_a_name_that_goes_on_and_on_and_on",
    *(f"warehouse_reorganisation_of_department_{number}" for number in range(40)),
)
NARROW = """() => [...document.querySelectorAll('table.wide th, table.wide td')].filter((cell) => {
  // Where cells stand below each other, each says itself what it is.
  if (getComputedStyle(cell.closest('thead') ?? cell).position === 'absolute') return false;
  const range = document.createRange();
  const walker = document.createTreeWalker(cell, NodeFilter.SHOW_TEXT);
  for (let node; (node = walker.nextNode()); ) {
    for (const word of node.textContent.matchAll(/\\S+/g)) {
      range.setStart(node, word.index);
      range.setEnd(node, word.index + word[0].length);
      if (range.getClientRects().length > 1) return true;
    }
  }
  return cell.scrollWidth > cell.clientWidth + 1;
}).map((cell) => cell.textContent)"""
"""Cells in which a word is broken that need not be, or from which something sticks out."""
CUT = """() => [...document.querySelectorAll('svg text')].filter((text) => {
  const inner = text.getBBox(), outer = text.ownerSVGElement.viewBox.baseVal;
  return inner.x < -1 || inner.x + inner.width > outer.width + 1 || inner.y + inner.height > outer.height + 1;
}).map((text) => text.textContent)"""


def month() -> Figures:
    """264 actions of 44 kinds, with every outcome, many rules and many reasons."""
    figures = Figures()
    for number in range(len(KINDS) * 6):
        kind, outcome = KINDS[number % len(KINDS)], OUTCOMES[number * 7 % len(OUTCOMES)]
        at = datetime(2026, 11, 1, tzinfo=UTC) + timedelta(minutes=number)
        verdict = {
            "guard": f"guard_{number % 5}", "version": "1", "judgement": "block",
            "rule": f"a_rule_with_a_long_name_{number % 30}", "reason": "r",
        }  # fmt: skip
        entries = [
            Happened("plan", "workflows", at.isoformat(), None),
            Happened("verdict", "guards", "", verdict),
            Happened(
                "problem", "tools", "", {"what": f"Number {number % 25} of the reasons for which nothing was done"}
            ),
        ]
        if outcome:
            entries.append(Happened("closed", "workflows", "", {"outcome": outcome, "state": "end"}))
        figures.add(kind, entries, [decided(number, at)] if number % 3 else [])
    return figures


def decided(number: int, at: datetime) -> RecordedDecision:
    return RecordedDecision(
        action_id=f"a-{number}", run_id="r", event_id=1, digest="d", identity="olga", role="support",
        choice="reject" if number % 4 == 0 else "approve",
        person="olga", trust="signed", quorum=1, at=at + timedelta(minutes=number),
    )  # fmt: skip


@pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine (install the package chromium)")
async def test_every_name_is_read_whole_at_any_width(tmp_path: Path) -> None:
    file = tmp_path / "period.html"
    file.write_text(period_report(month(), SINCE, TO, MADE), encoding="utf-8")
    async with browsing() as browser:
        for width in (WIDE, 800, PHONE):
            tab, _ = await look(browser, file, width)
            await tab.screenshot(path=tmp_path / f"period-{width}.png", full_page=True)
            assert await overflow(tab) <= 0, width
            assert await tab.evaluate(NARROW) == [], width
            assert await tab.evaluate(CUT) == [], width
            assert await hidden(tab) == [], width
            await tab.close()
        tab, _ = await look(browser, file, WIDE)
        await tab.emulate_media(media="print")
        await tab.set_viewport_size({"width": 718, "height": 1000})  # A4 within its margins.
        assert await overflow(tab) <= 0
        assert await tab.evaluate(NARROW) == []


async def hidden(tab: Page) -> list[str]:
    """What can only be reached by scrolling sideways."""
    found: list[str] = await tab.evaluate(
        "() => [...document.querySelectorAll('body *')].filter((e) => e.scrollWidth > e.clientWidth + 1 "
        "&& getComputedStyle(e).overflowX !== 'visible' && e.tagName !== 'THEAD').map((e) => e.outerHTML.slice(0, 200))"
    )
    return found


@pytest.mark.parametrize(
    ("outcomes", "said"),
    [
        ([None] * 8 + ["done"] * 9, "53% of all actions ended done"),
        ([None] * 8 + ["done"] * 5 + ["rejected"] * 4, "47% of all actions have not ended"),
        (["handed_over"] * 3, "100% of all actions ended handed over"),
    ],
)
def test_what_has_not_ended_is_not_said_to_have_ended(outcomes: list[str | None], said: str) -> None:
    figures = Figures()
    for outcome in outcomes:
        closed = [Happened("closed", "workflows", "", {"outcome": outcome, "state": "end"})] if outcome else []
        figures.add("order_return", closed, [])
    told = Words(period_report(figures, SINCE, TO, MADE)).lines
    assert said in told
    assert "ended not ended" not in told


def test_what_cannot_be_read_is_said_to_be_that() -> None:
    for name, said in (
        (NOT_READABLE, "100% of all actions ended in a way that cannot"),
        (OTHER, "in other ways"),
    ):
        figures = Figures()
        figures.actions["order_return", name] = 3
        told = Words(period_report(figures, SINCE, TO, MADE)).lines
        assert said in told
        assert f"ended {NOT_ENDED}" not in told
