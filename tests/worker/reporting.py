"""What the tests of reports share: a page as words, a page in a browser, and ledgers that say what is given."""

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser
from pathlib import Path

import pytest
from pydantic import JsonValue

from audit.audit import ActionAudit
from audit.bodies import KeyFate
from audit.checks import Problem
from leverframe.contracts.ledger import LedgerEntry
from tests.ui.pages import CHROMIUM, PHONE, WIDE, browsing, look, overflow
from tools.chain import Head, link

MADE = datetime(2026, 11, 3, 12, tzinfo=UTC)
ID = "order_cancellation-0123456789abcdef-000000000001"
BLOCKS = ("td", "th", "dd", "dt", "li", "p", "caption", "h2")


class Words(HTMLParser):
    """The text of a page, and the names of its elements and attributes."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.text, self.tags, self.attributes = "", [""], [""]
        self.feed(page)

    def handle_data(self, data: str) -> None:
        self.text += data

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.text += " " if tag in BLOCKS else ""
        self.tags.append(tag)
        self.attributes += [name for name, _ in attrs]

    @property
    def lines(self) -> str:
        return re.sub(r"\s+", " ", self.text)


async def looks_right(page: str, file: Path, shown: str) -> None:
    """In a browser: nothing is cut at any width, nothing is asked for, and it is to be seen."""
    if CHROMIUM is None:
        pytest.skip("no Chromium on this machine (install the package chromium)")
    file.write_text(page, encoding="utf-8")
    async with browsing() as browser:
        for width, dark in ((WIDE, False), (PHONE, False), (WIDE, True)):
            tab, asked = await look(browser, file, width, dark)
            assert asked == [file.as_uri()]
            assert await overflow(tab) <= 0
            assert await tab.get_by_text(shown).first.is_visible()
            picture = file.with_name(f"{file.stem}-{width}{'-dark' if dark else ''}.png")
            await tab.screenshot(path=picture, full_page=True)
            assert picture.stat().st_size > 20_000
            await tab.close()


def told_by(*bodies: tuple[str, dict[str, JsonValue]], action_id: str = ID, **other: object) -> ActionAudit:
    """What an audit would find in a ledger that says this."""
    entries = [
        LedgerEntry(key=f"k{n}", kind=kind, role="workflows", at=(MADE + timedelta(seconds=n)).isoformat(), body=body)
        for n, (kind, body) in enumerate(bodies)
    ]
    return replace(ActionAudit(action_id, tuple(link(Head(), action_id, entries, "ab" * 16)), ()), **other)  # type: ignore[arg-type]


HOSTILE = (
    "<script>alert(1)</script>",
    "</style></title><script src=https://evil.example/x.js></script>",
    '"><svg onload=alert(1)><image href="https://evil.example/p.png"/></svg>',
    "' onmouseover='alert(1)",
    "{{ 7 * 7 }}{% raw %}",
    "\u202egnp.exe \u2066hidden\u2069 \u200b\x1b[31m\x07",
    "עברית والعربية",
    "a" * 3000,
    "<!--", "]]>", "&lt;b&gt;",
)  # fmt: skip


def everywhere(text: str) -> ActionAudit:
    """An action of which each kind of entry has the text wherever a text can be."""
    call: dict[str, JsonValue] = {
        "planned": {"call": text, "key": text, "tool": text, "arguments": {text: text}},
        "changes": [{"table": text, "key": {text: text}, "before": {text: text}, "after": {text: [text]}}],
        "digest": text,
    }
    approver: JsonValue = {"person": text, "identity": text + "2", "trust": "claimed", "event_id": 1}
    verdict: dict[str, JsonValue] = {
        "guard": text, "version": text, "judgement": "block", "rule": text, "reason": text,
        "evidence": [{"start": 0, "end": 1, "label": text, "path": text}],
    }  # fmt: skip
    clause: JsonValue = {"id": "A-B", "version": 1, "text": text[:900]}
    proposal: dict[str, JsonValue] = {
        "event": text, "arguments": {text: text}, "rationale": text, "model": text, "prompt": text,
        "prompt_version": 1, "prompt_hash": text, "cited": [clause], "related": [{"id": text, "version": 1}],
    }  # fmt: skip
    return told_by(
        ("started", {"action": text, "requester": text, "pseudonym": text}),
        ("transition", {"source": text, "event": text, "target": text}),
        ("verdict", verdict),
        ("verdict", verdict | {"judgement": "redact"}),
        ("proposal", proposal),
        ("plan", {"calls": [call], "digest": text}),
        (
            "decision",
            {"choice": "approve", "accepted": True, "digest": text, "note": text, "amount": text, "approver": approver},
        ),
        ("decision", {"choice": "reject", "accepted": False, "reason": text, "digest": text, "note": text}),
        ("effect", {**call, "plan": text, "token": text, "answers": [{text: text}]}),
        ("reminder", {"deadline": text}),
        ("escalation", {"source": text, "target": text}),
        ("question", {"text": text}),
        ("answer", {"accepted": False, "reason": text}),
        ("withdrawal", {"accepted": False}),
        ("problem", {"what": text}),
        ("part", {"action": text, "action_id": text, "outcome": text}),
        ("closed", {"outcome": text, "state": text}),
        ("feedback", {"thumb": "down", "text": text}),
        ("people", {"event": text, "arguments": {text: text}, "by": text}),
        problems=(Problem(ID, 1, text), Problem(ID, None, text)),
        fate=KeyFate(text, MADE, None),
    )
