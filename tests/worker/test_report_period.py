"""The report of a period: every figure is what a person would count in the ledger."""

import os
from collections.abc import AsyncIterator
from dataclasses import asdict, dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine
from typer.testing import CliRunner

from audit.drift.gathering import with_drift
from audit.report.period import period_report
from audit.report.period_figures import Figures, Happened
from benchmarks.completed import FIRST, Completed, completed
from leverframe.contracts.ledger import LedgerEntry
from leverframe.pseudonym import Pseudonyms
from leverframe.subject_keys import SubjectKeys
from tests.support.command import command
from tests.ui.pages import CHROMIUM, PHONE, WIDE, browsing, look, overflow
from tests.worker.reporting import MADE, Words
from tools import ledger
from tools.approvals import RecordedDecision
from tools.scope import Scope, ScopedSessions, create_engine
from worker.cli.app import app
from worker.testing.postgres import Database
from worker.testing.serving import key_service

PSEUDONYMS = Pseudonyms(b"a test's key, 16 bytes or more")
DAY, NEXT = date(2026, 11, 1), date(2026, 11, 2)
MANY = range(20)
"""Actions of the first day, two of which were rejected."""
LATER = 400
"""An action that began on the second day."""
ERASED = "a person who was erased"


@dataclass
class Filled:
    """A ledger with a known content."""

    auditor: AsyncEngine
    people: SubjectKeys
    sessions: ScopedSessions
    owner: AsyncEngine
    waits: list[float] = field(default_factory=list)

    async def write(self, action: Completed) -> None:
        await self.append(action.action_id, *action.entries)
        await self.decide(action.decision)

    async def append(self, action_id: str, *entries: LedgerEntry) -> None:
        async with self.sessions.begin(Scope(subject="", action_id=action_id)) as session:
            await ledger.append(session, action_id, entries, "ab" * 16)

    async def decide(self, decision: RecordedDecision) -> None:
        row = asdict(decision)
        names = f"({', '.join(row)}) VALUES ({', '.join(f':{name}' for name in row)})"
        async with self.owner.begin() as connection:
            await connection.execute(text(f"INSERT INTO leverframe.approvals {names}"), row)

    async def figures(self, since: date = DAY, to: date = DAY, people: SubjectKeys | None = None) -> Figures:
        return (await with_drift(self.auditor, since, to, people or self.people))[0]


def an_id(customer: str, number: int, action: str = "order_cancellation") -> str:
    return PSEUDONYMS.action_id(action, customer, str(number))


def entry(kind: str, at: datetime = FIRST, **body: object) -> LedgerEntry:
    return LedgerEntry.model_validate(
        {"key": f"{kind}#{body}"[:90], "kind": kind, "role": "guards", "at": at.isoformat(), "body": body}
    )


@pytest.fixture
async def filled(database: Database, owner: AsyncEngine, auditor: AsyncEngine) -> AsyncIterator[Filled]:
    engine = create_engine(database.tools_url)
    async with key_service(database) as (_, service):
        people = SubjectKeys(service)
        found = Filled(auditor, people, ScopedSessions(engine, database.scope_key, people), owner)
        for number in (*MANY, LATER):
            action = completed(an_id(f"customer {number % 7}", number), number)
            await found.write(action)
            (shown,) = [entry for entry in action.entries if entry.kind == "plan"]
            if number != LATER and action.decision.at:
                found.waits.append((action.decision.at - datetime.fromisoformat(shown.at)).total_seconds())
        yield found
    await engine.dispose()


async def test_the_figures_are_what_the_ledger_says(filled: Filled) -> None:
    await filled.append(
        an_id("customer 1", 77, "order_return"),
        entry("started"),
        entry("verdict", guard="injection", version="2", judgement="block", rule="override", reason="it gives orders"),
        entry("problem", what="No plan could be made: it was delivered on 2026-10-01 (RETURN-DELIVERED)"),
        entry("closed", outcome="blocked", state="stopped"),
    )
    await filled.append(an_id("customer 2", 78, "order_return"), entry("started"))
    figures = await filled.figures()
    assert figures.actions == {
        ("order_cancellation", "done"): 18,
        ("order_cancellation", "rejected"): 2,
        ("order_return", "blocked"): 1,
        ("order_return", "not ended"): 1,
    }
    assert (figures.override().count, figures.override().of) == (2, 20)
    assert figures.override("order_return").of == 0
    assert sorted(figures.waits) == sorted(filled.waits)
    assert figures.trusts == {"signed": 20}
    assert figures.verdicts["pii", "email", "redact"] == 5
    assert figures.verdicts["injection", "override", "block"] == 1
    assert figures.verdicts["injection", "none", "allow"] == 60
    assert figures.refusals == {("decision", "Wrong code"): 4, ("guards", "No plan could be made"): 1}
    assert figures.unreadable == {}
    told = Words(period_report(figures, DAY, DAY, MADE)).lines
    assert "22 actions began on these days" in told
    assert "People rejected 2/20 = 10.0% (2.8%–30.1%) of the plans" in told
    assert "82% of all actions ended done" in told
    assert "injection override kept back 1/61" in told


async def test_a_period_has_the_actions_that_began_in_it(filled: Filled) -> None:
    assert (await filled.figures(DAY, NEXT)).total == 21
    assert (await filled.figures(NEXT, NEXT)).total == 1
    assert (await filled.figures(NEXT + timedelta(days=1), date(2026, 11, 30))).total == 0
    empty = Words(period_report(await filled.figures(date(2025, 1, 1), date(2025, 1, 31)), DAY, DAY, MADE)).lines
    assert "0 actions began" in empty
    assert "Nobody decided." in empty


async def test_who_is_erased_is_counted_and_nothing_else_is_told(filled: Filled) -> None:
    number = 10
    await filled.write(completed(an_id(ERASED, number), number))
    person = PSEUDONYMS.of(ERASED)
    async with filled.owner.begin() as connection:
        for change in (
            "doomed_by = 'x', doomed_at = now()",
            "wrapped = NULL, ring_number = NULL, destroyed_at = now()",
        ):
            await connection.execute(
                text(f"UPDATE leverframe.subject_keys SET {change} WHERE pseudonym = :person"), {"person": person}
            )
    filled.people.forget()
    figures = await filled.figures()
    assert figures.outcomes == {"done": 18, "rejected": 2, "not readable": 1}
    assert figures.unreadable["destroyed"] > 10
    # Who decided what is in the approvals record, which needs no key.
    assert (figures.override().count, figures.override().of) == (3, 21)
    page = period_report(figures, DAY, DAY, MADE)
    assert "are left out of what needs their contents (erased: the key of this person was destroyed)" in page
    sealed, _ = await with_drift(filled.auditor, DAY, DAY)
    assert set(sealed.unreadable) == {"no key"}
    assert sealed.outcomes == {"not readable": 21}
    assert sealed.override().of == 21


def test_an_entry_of_another_form_is_counted_as_that() -> None:
    figures = Figures()
    figures.add("order_return", [Happened("verdict", "guards", "", {}), Happened("closed", "", "", {"outcome": 7})], [])
    assert (figures.outcomes, figures.verdicts) == ({"not readable": 1}, {})
    page = period_report(figures, DAY, DAY, MADE)
    assert "2 entries are left out of what needs their contents (not of the form that this version writes)" in page


async def test_the_page_looks_right(filled: Filled, tmp_path: Path) -> None:
    figures = await filled.figures()
    file = tmp_path / "period.html"
    file.write_text(period_report(figures, DAY, DAY, MADE), encoding="utf-8")
    if CHROMIUM is None:
        pytest.skip("no Chromium on this machine (install the package chromium)")
    async with browsing() as browser:
        for width in (WIDE, PHONE):
            page, asked = await look(browser, file, width)
            assert asked == [file.as_uri()]
            assert await overflow(page) <= 0
            assert await page.locator("svg.chart").count() == 3
            picture = tmp_path / f"period-{width}.png"
            await page.screenshot(path=picture, full_page=True)
            assert picture.stat().st_size > 20_000


async def test_the_commands_write_what_only_their_owner_can_read(
    filled: Filled, database: Database, tmp_path: Path
) -> None:
    action, file = an_id("customer 3", 3), tmp_path / "p.html"
    code, said = await worker(database, tmp_path, "report", "--from", "2026-11-01", "--to", "2026-11-01")
    assert (code, said.strip()) == (0, "Wrote report-2026-11-01-2026-11-01.html")
    assert "20 actions began on these days" in (tmp_path / "report-2026-11-01-2026-11-01.html").read_text()
    code, said = await worker(database, tmp_path, "report", action, "--out", str(file))
    assert (code, said.strip()) == (0, f"Wrote {file}")
    assert file.stat().st_mode & 0o777 == 0o600
    assert file.read_text().isascii()
    # Without a key service its bodies stay sealed; the proof stands.
    told = Words(file.read_text()).lines
    assert "✓ The ledger verifies" in told
    assert "sealed: no key for it here" in told
    assert "approve olga signed with their own key" in told
    code, said = await worker(database, tmp_path, "report", "order_cancellation-nobody-knows")
    assert code == 1
    assert "The ledger knows no action" in said


async def test_a_report_on_a_forged_ledger_is_written_and_fails(
    filled: Filled, database: Database, tmp_path: Path
) -> None:
    action = an_id("customer 3", 3)
    async with filled.owner.begin() as connection:
        await connection.execute(
            text("UPDATE leverframe.ledger SET role = 'nobody' WHERE seq = 4 AND action_id = :id"), {"id": action}
        )
    code, said = await worker(database, tmp_path, "report", action)
    assert code == 1
    assert "entry 4: its contents do not have its hash" in said
    told = Words((tmp_path / f"report-{action}.html").read_text()).lines
    assert "✗ 1 problem in the ledger" in told


async def worker(database: Database, folder: Path, *arguments: str) -> tuple[int, str]:
    """Exit code and all output of ``python -m worker`` in that folder."""
    own = {"LEVERFRAME_STATE_DIR": str(folder / "state"), "LEVERFRAME_AUDITOR_DATABASE_URL": database.auditor_url}
    code, output = await command(*arguments, environment=os.environ | own, folder=folder)
    return code, " ".join(output.split())


@pytest.mark.parametrize(
    "arguments",
    [[], ["--from", "2026-11-01"], ["a", "--from", "2026-11-01", "--to", "2026-11-02"],
     ["--from", "2026-11-02", "--to", "2026-11-01"], ["--from", "1.11.2026", "--to", "2026-11-01"]],
)  # fmt: skip
def test_what_is_asked_for_must_be_clear(arguments: list[str]) -> None:
    done = CliRunner().invoke(app, ["report", *arguments])
    assert done.exit_code == 2
