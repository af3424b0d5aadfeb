"""What operators read of a plan: all of it, and nothing that the data could have made of the screen."""

import io
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from pydantic import JsonValue
from rich.console import Console, RenderableType

from desk.inbox.item import item_of
from desk.inbox.plan_rows import plan_table
from desk.inbox.telling import told
from desk.times import moment
from leverframe import Pending, Status
from leverframe.claiming import ANY_NAME, APPROVER_TRUST
from leverframe.contracts.plan import PlannedCall, RowChange
from leverframe.digest import make_plan
from leverframe.plan_lines import plan_lines

ROOT = Path(__file__).parents[2]
SOURCES = (
    "machines/amounts.py",
    "workflows/confirmation.py",
    "workflows/decisions.py",
    "workflows/handling.py",
    "workflows/refusal_counts.py",
    "activities/person.py",
    "activities/permission.py",
    "activities/sent_by.py",
    "activities/approving.py",
    "tools/approvals.py",
    "leverframe/client.py",
    "leverframe/confirmation_code.py",
    "leverframe/server_answers.py",
    "leverframe/decision_signature.py",
)
"""Where decisions are refused."""
HOSTILE = "[bold red]Approved[/] \x1b[2J\x1b[31m `x` \u202edecnufer\u202c\r\n\x07 ‹end›"


def drawn(*parts: RenderableType, width: int = 150) -> str:
    """As a terminal gets it."""
    console = Console(file=io.StringIO(), width=width, force_terminal=True, color_system="truecolor")
    for part in parts:
        console.print(part)
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def waiting_for(after: dict[str, JsonValue]) -> Status:
    """The status of an action whose plan writes this row."""
    call = PlannedCall(call="refunding", key="refunding#1", tool="payments.refund", arguments={})
    change = RowChange(table="order_payments", key={"payment_id": HOSTILE}, before=None, after=after)
    plan = make_plan("a-1", [(call, [change])])
    return Status(
        action_id="a-1", action="order_cancellation", state="confirming", awaiting="operator", plan=plan,
        role="support", quorum=2, deadline="2026-11-25T07:20:00+00:00", notice=HOSTILE,
    )  # fmt: skip


def test_whatever_the_data_say_is_shown_as_text() -> None:
    status = waiting_for({"note": HOSTILE, HOSTILE: None, "amount": "54.10"})
    assert status.plan is not None
    text = drawn(*told(status, status.plan))
    # Only the colours and the weight that are ours: nothing that erases, moves or reverses.
    assert set(re.findall(r"\x1b\[[0-9;?]*[A-Za-z]", text)) <= {"\x1b[0m", "\x1b[1m", "\x1b[3m", "\x1b[33m"}
    assert "\x07" not in text
    assert "\u202e" not in text
    assert "[bold red]Approved[/] ⟨U+001B⟩[2J⟨U+001B⟩[31m" in " ".join(text.split())
    for mark in ("⟨U+202E⟩decnufer", "↵", "‹end›"):
        assert mark in text
    assert re.search(r"\x1b\[1m54\.10 *\x1b\[0m", text)


def test_that_any_name_counts_is_said_where_it_does(monkeypatch: pytest.MonkeyPatch) -> None:
    status = waiting_for({"amount": "54.10"})
    assert status.plan is not None
    for trust, said in (("claimed", True), ("signed", False), ("principal", False), ("", False)):
        monkeypatch.setenv(APPROVER_TRUST, trust)
        assert (f"{ANY_NAME}." in drawn(*told(status, status.plan))) == said


def test_nothing_of_a_plan_is_cut_in_a_narrow_terminal() -> None:
    value = "".join(f"{number:04}" for number in range(100))
    status = waiting_for({"note": value})
    assert status.plan is not None
    text = drawn(plan_table(status.plan), width=80)
    assert "…" not in text.split("\n", 1)[1]
    cells = (line.split("│")[-2].strip() for line in text.splitlines() if line.count("│") == 6)
    assert value in "".join(cells)


def test_a_call_that_changes_no_row_is_told_all_the_same() -> None:
    call = PlannedCall(call="telling", key="telling#1", tool="provider.tell", arguments={})
    plan = make_plan("a-1", [(call, [])])
    (line,) = plan_lines(plan)
    assert (line.number, line.call, line.what) == (1, "Tell provider", "no row")
    assert re.search(r"1\. Tell provider +│ no row: –", drawn(plan_table(plan)))


def test_an_item_says_since_when_and_whether_it_is_escalated() -> None:
    start = datetime(2026, 11, 20, tzinfo=UTC)
    deadline = datetime(2026, 11, 25, 7, 20, tzinfo=UTC)
    for role, state, escalated, since in (
        ("support", "confirming", False, datetime(2026, 11, 22, 7, 20, tzinfo=UTC)),
        ("support_lead", "confirming", True, datetime(2026, 11, 22, 7, 20, tzinfo=UTC)),
        ("user", "asking", False, start),
    ):
        action_id = "order_cancellation-0123456789abcdef-000000000001"
        pending = Pending(action_id, "order_cancellation", state, role, start, deadline)
        item = item_of(pending)
        assert (item.escalated, item.since, item.user) == (escalated, since, "0123456789abcdef")
        assert item_of(replace(pending, deadline=None)).since == start
    assert item_of(Pending("x", "no_such_action", "confirming", "support", start, deadline)).since == start


def test_times_are_told_where_the_reader_is_and_in_utc() -> None:
    at = datetime(2026, 11, 24, 23, 30, tzinfo=UTC)
    east = timezone(timedelta(hours=2), "EET")
    assert moment(at, east) == "2026-11-25 01:30 EET (2026-11-24 23:30 UTC)"
    assert moment(at - timedelta(hours=9), east) == "2026-11-24 16:30 EET (14:30 UTC)"
    assert moment(at, UTC) == "2026-11-24 23:30 UTC"
    assert moment(None) == "–"


def test_every_refusal_of_the_page_is_one_that_is_given() -> None:
    code = "".join((ROOT / file).read_text() for file in SOURCES)
    given = re.sub(r'"\s*\n\s*f?"', "", code)
    page = (ROOT / "docs" / "operators.md").read_text(encoding="utf-8")
    table = page.partition("## When a decision is refused")[2]
    told = re.findall(r"^\| (.+?) \| .+ \|$", table, re.MULTILINE)[1:]
    assert len(told) > 15
    assert [message for message in told if message not in given and message != "---"] == []
