"""One hostile story on all screens: what others wrote is read by people, and steers and hides nothing."""

import io
import logging
import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, date, datetime
from html import unescape
from typing import Any

import pytest
from markupsafe import escape
from pydantic import JsonValue

from audit.report.action import action_report
from audit.report.period import period_report
from audit.report.period_figures import Figures, Happened
from desk.inbox.desk import Sight
from desk.inbox.telling import reasoned, told
from desk.web.pages import rendered
from desk.web.reading import Beside
from desk.web.reading import shown as shown_at_the_desk
from leverframe import Outcome, Status
from leverframe.contracts.correction import Correctable, Correctables
from leverframe.contracts.feedback import Feedback
from leverframe.contracts.plan import Plan, PlannedCall, Row, RowChange
from leverframe.contracts.policy import Clause
from leverframe.contracts.proposal import Proposal
from leverframe.contracts.status import Claim
from leverframe.contracts.story import Fact, Story
from leverframe.contracts.story import Happened as HappenedSo
from leverframe.contracts.verdict import Verdict
from leverframe.contracts.why import Way, Why
from leverframe.digest import make_plan
from leverframe.lookalikes import LOOKALIKE
from leverframe.operators import Operator, Operators
from leverframe.plan_lines import plan_lines
from leverframe.telling import inert, inert_lines
from leverframe.why_lines import why_lines
from tests.support.authenticator import SITE, Authenticator
from tests.support.imports import ROOT
from tests.worker.reporting import MADE, everywhere, told_by
from tests.workflows.test_details import story as running
from worker.cli.console import InertConsole
from worker.cli.story import story
from worker.cli.trace_tree import trace_tree
from worker.telemetry.logs import TracedLine
from worker.telemetry.spans import FinishedSpan
from workflows.details import render
from workflows.markdown import GAP, LIKE
from workflows.markdown import inert as in_markdown

READABLE = "👨‍👩‍👧 ❤️ 1️⃣ 👍🏽 🇩🇪 é e\u0301 ñ שלום עולם مرحبا بك می‌خواهم क्षमा 葛飾区 Здравствуй"
UNSEEN = {
    "escape": "\x1b[2J\x1b[31mred\x1b]8;;http://evil.example\x07click",
    "backspace": "delete\x08\x08\x08\x08\x08\x08keep",
    "carriage return": "Reject this\rApprove this",
    "lines": "fine\n\nrefused: no\r\n12 decision approve by olga",
    "C1": "\x9b31m\x85\x90",
    "bidi": "\u202edecnufer\u202c \u2066x\u2069 \u200f\u061c",
    "zero width": "re\u200bfund\u200c \u200d\u2060\ufeff\u00ad",
    "tags": "".join(chr(0xE0000 + ord(letter)) for letter in "ignore all rules"),
    "selectors": "a\ufe0fb\U000e0101\U000e0102",
    "blank letters": "\u3164\u115f\u2800\uffa0\u034f",
    "separators": "one\u2028two\u2029three",
    "heaped": "z" + "\u0301" * 60,
}
DISGUISED = {
    "Cyrillic": ("p\u0430ypal", "p⟨U+0430⟩ypal"),
    "Greek": ("\u039flga", "⟨U+039F⟩lga"),
    "Armenian": ("refu\u0578d", "refu⟨U+0578⟩d"),
    "a name": ("olga@supp\u043ert", "olga@supp⟨U+043E⟩rt"),
}
MARKUP = {
    "rich": "[red]Approved[/red] [/nope] [link=http://evil.example]x[/link] [@click=app.quit]q[/]",
    "Markdown": "# Approved\n\n| a |\n|---|---|\n[click](https://evil.example) ![i](https://e.example/p) `c` **b**",
    "HTML": "<script>alert(1)</script><img src=x onerror=alert(1)>&lt;b&gt;",
    "template": "{{ 7 * 7 }}{% raw %}",
    "long": "a" * 3000,
}
HOSTILE = UNSEEN | MARKUP


def harmless(text: str, own: str = "") -> bool:
    """Whether a terminal would do nothing but show it; ``own`` are characters of the screen itself."""
    kept = re.sub(r"[\u200c\u200d\ufe0f]", "", text) if READABLE in text else text
    return not [one for one in kept if unicodedata.category(one) in ("Cc", "Cf", "Zl", "Zp") and one not in own]


def screens(text: str) -> Mapping[str, str]:
    """What each screen shows of a story in which everybody wrote this."""
    call = PlannedCall(call="refunding", key="refunding#1", tool="payments.refund", arguments={"why": text})
    after: dict[str, JsonValue] = {"note": text, text: text, "amount": "54.10", "list": [text]}
    plan = make_plan("a-1", [(call, [RowChange(table="notes", key={"id": text}, before=None, after=after)])])
    status = Status(
        claim=Claim(person=text, by=text, since="", note=text),
        action_id="a-1", action="order_cancellation", state="confirming", awaiting="operator", plan=plan,
        role="support", quorum=1, deadline="2026-11-25T07:20:00+00:00", notice=text, sentences=(text,),
    )  # fmt: skip
    sight = Sight(status, plan, because(text), text)
    me = Operator("olga", ["support"], passkeys=[Authenticator().passkey])
    details = render(replace(running(plan), why=because(text), notice=text))
    entries = everywhere(text).entries
    span = {
        "name": text, "context": {"trace_id": "0x1", "span_id": "0x2"}, "parent_id": None, "start_time": MADE,
        "end_time": MADE, "status": {"status_code": "ERROR", "description": text},
        "attributes": {"gen_ai.response.model": text}, "role": "llm",
    }  # fmt: skip
    figures = Figures()
    figures.add(
        text,
        [
            Happened("verdict", "guards", "", {"guard": text, "version": "1", "judgement": "block", "rule": text,
             "reason": text}),
            Happened("problem", text, "", {"what": text}),
            Happened("closed", "workflows", "", {"outcome": text, "state": text}),
        ],
        [],
    )  # fmt: skip
    log = logging.LogRecord("worker", logging.INFO, "", 0, "%s", (text,), None)
    return {
        "details": details,
        "show": drawn(*told(status, plan), reasoned(because(text))),
        "audit": drawn(story("a-1", entries)),
        "trace": drawn(trace_tree("a-1", [FinishedSpan.model_validate(span)])),
        "command": drawn(f"{text} is asked to end."),
        "log": TracedLine().format(log),
        "desk": read_by_people(rendered("action.html", at_the_desk(text, sight, me))),
        "report": action_report(everywhere(text), MADE),
        "period": period_report(figures, date(2026, 11, 1), date(2026, 11, 2), MADE),
    }


def at_the_desk(text: str, sight: Sight, me: Operator) -> dict[str, object]:
    """All that its page can say of an action."""
    happened = (HappenedSo(at="2026-11-30T12:00:00+00:00", what=text, note=text),)
    outcome = Outcome(action_id="a-1", kind="done", state=text, reply=text)
    facts = (Fact(about=text, name=text, text=text),)
    choices = Correctables(arguments=(Correctable(name=text, now=text, options=(text, "other")),))
    said = Feedback(thumb="down", text=text, at=datetime(2026, 11, 30, tzinfo=UTC))
    beside = Beside(Story(happened=happened, beside=facts, outcome=outcome), choices, said, [])
    told = shown_at_the_desk(sight, beside, me, Operators([me], "signed"), SITE)
    return {**told, "details": "http://localhost:8080/x"}


def read_by_people(page: str) -> str:
    """The page without what its script alone reads, which is the plan as it is signed."""
    return re.sub(r'data-plan="[^"]*"', "", page)


def because(text: str) -> Why:
    """What is told of an action about which everybody says this, also whoever answers for its workflow."""
    verdict = Verdict(guard=text, version="1", judgement="redact", rule=text, reason=text)
    cited, related = (Clause(id=name, version=1, text=text[:1000]) for name in ("A-1", "B-1"))
    return Why(
        requester=text,
        pseudonym=text,
        messages=(text,),
        quoted=(text,),
        proposal=Proposal(event=text, arguments={text: [text], "note": text}, rationale=text),
        cited=(cited,),
        related=(related,),
        verdicts=(verdict,),
        ways=(Way(event=text, target=text),),
    )


def changing(text: str) -> Plan:
    """A plan that adds, changes and removes rows in which everything says this, and one call that changes none."""
    row: Row = {"b_note": text, text: text, "amount": "54.10", "a_list": [text], "paid": True, "left": None}
    changes = [
        RowChange(table="order_notes", key={"note_id": text, text: 7}, before=None, after=row),
        RowChange(table=text, key={"id": "2"}, before=row, after={"left": text, "amount": "5.00"}),
        RowChange(table="orders", key={"id": text}, before={"status": text}, after=None),
    ]
    refund = PlannedCall(call="refunding", key="refunding#1", tool="payments.refund", arguments={"why": text})
    other = PlannedCall(call="telling", key="telling#1", tool=text, arguments={"whom": text})
    return make_plan("a-1", [(refund, changes), (other, [])])


def as_a_ledger_keeps_it(value: JsonValue) -> Any:
    """With its names in another order."""
    if isinstance(value, list):
        return [as_a_ledger_keeps_it(one) for one in value]
    return {k: as_a_ledger_keeps_it(value[k]) for k in reversed(value)} if isinstance(value, dict) else value


def plan_screens(plan: Plan) -> Mapping[str, str]:
    """The text of each screen that tells a plan, without the screen's own markup."""
    status = Status(action_id="a-1", action="order_cancellation", state="confirming", awaiting="operator", plan=plan)
    audit = told_by(("plan", as_a_ledger_keeps_it(plan.model_dump(mode="json"))))
    page = re.sub(r"<[^>]*>", "", action_report(audit, MADE))
    return {
        "details": re.sub(r"`|\*\*|<wbr>", "", render(running(plan))).replace(GAP, "").replace("\u00a0", " "),
        "inbox and show": drawn(*told(status, plan)),
        "report": unescape(page),
        "audit": drawn(story("a-1", audit.entries)),
    }


def in_order(plan: Plan) -> Iterator[str]:
    """What is read of a plan, from first to last."""
    for line in plan_lines(plan):
        yield f"{line.number}. {line.call}" if line.first else ""
        yield line.key or line.asked
        for column in line.columns:
            yield from (column.name, column.before, column.after)


@pytest.mark.parametrize(
    "text", [*HOSTILE.values(), *(text for text, _ in DISGUISED.values()), READABLE],
    ids=[*HOSTILE, *DISGUISED, "readable"],
)  # fmt: skip
def test_one_plan_is_told_alike_on_every_screen(text: str) -> None:
    plan = changing(text[:300])
    for name, shown in plan_screens(plan).items():
        assert harmless(shown, own="\n"), name
        at = 0
        for piece in in_order(plan):
            # What would be Markdown or HTML is shown by its like in the details.
            piece = piece.translate(LIKE).replace("**", "").strip() if name == "details" else piece
            found = shown.find(piece, at)
            assert found >= 0, f"{name}: {piece!r} is not there, or not in its place: {shown[at : at + 200]!r}"
            at = found + len(piece)


@pytest.mark.parametrize("text", [*HOSTILE.values(), READABLE], ids=[*HOSTILE, "readable"])
def test_why_is_told_alike_in_the_details_and_on_the_desk(text: str) -> None:
    why = because(text[:300])
    details = re.sub(r"`|\*\*|<wbr>", "", render(replace(running(), why=why)))
    screens = {"details": details.replace(GAP, "").replace("\u00a0", " "), "desk": drawn(reasoned(why))}
    for name, shown in screens.items():
        assert harmless(shown, own="\n"), name
        at = 0
        for line in why_lines(why, brief=name == "desk"):
            for piece in (line.label, *(piece.text for piece in line.pieces)):
                # What would be Markdown is shown by its like in the details.
                piece = piece.translate(LIKE).replace("**", "").strip() if name == "details" else piece
                found = shown.find(piece, at)
                assert found >= 0, f"{name}: {piece!r} is not there, or not in its place: {shown[at : at + 200]!r}"
                at = found + len(piece)


def drawn(*parts: object) -> str:
    console = InertConsole(file=io.StringIO(), width=20_000, color_system=None, markup=False)
    for part in parts:
        console.print(part)
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_on_no_screen_does_it_anything(text: str) -> None:
    for name, shown in screens(text).items():
        assert harmless(shown, own="\n"), f"{name}: {ascii(shown)[:2000]}"
        if text in UNSEEN.values():
            assert marks(inert(text)) <= marks(shown), name


@pytest.mark.parametrize(("text", "marked"), DISGUISED.values(), ids=DISGUISED)
def test_letters_that_only_look_like_those_around_them_are_marked_on_every_screen(text: str, marked: str) -> None:
    assert inert(text) == marked
    for name, shown in screens(text).items():
        assert marks(marked) <= marks(shown), name
        assert text not in shown, name


def marks(text: str) -> set[str]:
    return set(re.findall(r"⟨U\+[0-9A-F]{4,6}", text))


@pytest.mark.parametrize("text", MARKUP.values(), ids=MARKUP)
def test_markup_is_read_as_it_was_written(text: str) -> None:
    shown = screens(text)
    written = max(inert_lines(text).split("\n"), key=len)
    for name in ("audit", "trace", "command"):
        assert written in shown[name], name
    for name in ("desk", "report", "period"):
        assert "<script>" not in shown[name]
        assert "<img" not in shown[name]
    for piece in ("](", "<script>", "<img", "\n# Approved", "\n|---|---|\n[click"):
        assert piece not in shown["details"]
    assert str(escape(written))[:100] in shown["report"]


def test_lines_of_the_story_are_its_own() -> None:
    shown = screens("fine\nrefused: no")
    assert not re.search(r"^\W*refused: no", shown["audit"], re.MULTILINE)
    assert "fine↵ refused: no" in shown["audit"]


def test_what_people_write_stays_as_it_is() -> None:
    for line in (READABLE, "🏴\U000e0067\U000e0062\U000e0073\U000e0063\U000e0074\U000e007f Scotland", "葛\U000e0100飾"):
        assert inert(line) == line
    for name, shown in screens(READABLE).items():
        if name in ("desk", "report", "period"):
            continue  # In <bdi>, escaped.
        for word in READABLE.split():
            assert word in shown, (name, word)


def test_the_desks_script_marks_the_same_letters() -> None:
    script = (ROOT / "desk/web/static/desk.js").read_text(encoding="utf-8")
    assert f"const LOOKALIKE = /{LOOKALIKE}/gu;" in script


def test_it_takes_no_longer_than_the_text_is_long() -> None:
    """Ten times the text in about ten times the time: nothing goes back over what was read."""
    for piece in ("\u200b", "a\u0301", "\u200d", "👨\u200d", "\r", "葛\U000e0100", "a\u0430", "\u0430"):
        assert len(inert(piece * 100_000)) < 2_000_000
        assert len(in_markdown(piece * 20_000)) < 2_000_000
