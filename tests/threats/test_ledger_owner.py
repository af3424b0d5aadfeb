"""Somebody writes all of the ledger's tables as the database's owner, and holds no key.

Lost: what the ledger says cannot be kept from being changed. Whatever an earlier seal has can then be told from the
change. What was recorded since the newest seal is not covered; nor, where seals are not published, is a database that
was rolled back as a whole, its seals with it.
"""

import json
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from audit.recorded import database as reading
from audit.seals.publishing import File
from audit.seals.seal import Seal, SealRefused, make_seal
from audit.seals.sealer import Sealer
from leverframe.contracts.ledger import LedgerEntry
from tests.support.two_customers import Action, cancelling, decision, moved, refunding
from tests.threats.forging import Forger, chained_anew
from tools.approvals import ApprovalRecord
from tools.chain import Head, LedgerRow, link
from tools.scope import ScopedSessions, create_engine
from worker.cli.audit import verify_all
from worker.testing.keys import APPROVALS, SEALS
from worker.testing.postgres import Database

START = datetime(2026, 5, 4, 12, tzinfo=UTC)
CANCELLED = "order_cancellation-0123456789abcdef-000000000001"
OTHER, LATER = "order_cancellation-0123456789abcdef-000000000002", "order_return-0123456789abcdef-000000000003"
MADE_UP = "payment_refund-0123456789abcdef-000000000004"


@dataclass
class Clock:
    now: datetime = START

    def __call__(self) -> datetime:
        return self.now


@dataclass
class Stage:
    """A ledger that was sealed three times, an hour apart, and what an attacker and an auditor do with it."""

    forger: Forger
    auditor: AsyncEngine
    sealing: AsyncEngine
    """With the sealer's login."""
    file: Path
    seals: list[Seal] = field(default_factory=list)
    backups: list[dict[str, list[tuple[object, ...]]]] = field(default_factory=list)
    """What the tables held at each seal."""

    def sealer(self, clock: Callable[[], datetime], *, published: bool = False) -> Sealer:
        return Sealer(self.sealing, SEALS, File(self.file) if published else None, clock)

    async def found(self, *, published: bool = False) -> list[str]:
        """What the audit names."""
        source, file = reading(self.auditor), self.file if published else None
        _, problems, _ = await verify_all(source, "the database", None, SEALS.public, file)
        return problems


def entries(at: datetime, *keys: str) -> list[LedgerEntry]:
    return [moved(key, at.isoformat()) for key in keys]


@pytest.fixture
async def stage(
    database: Database,
    auditor: AsyncEngine,
    sessions: ScopedSessions,
    action: Action,
    approvals: ApprovalRecord,
    tmp_path: Path,
) -> AsyncIterator[Stage]:
    made = Stage(Forger(database), auditor, create_engine(database.sealer_url), tmp_path / "seals.jsonl")
    clock = Clock()
    sealer = made.sealer(clock, published=True)

    async def sealed() -> None:
        made.seals += (await sealer.seal()).seals
        made.backups.append(made.forger.backup())
        clock.now += timedelta(hours=1)

    await action.record(*entries(clock.now, "started"))
    await Action(sessions, id=OTHER).record(*entries(clock.now, "started", "asked", "answered"))
    await sealed()
    plan = await action.preview(cancelling(), refunding())
    told = LedgerEntry(
        key="plan", kind="plan", role="tools", at=clock.now.isoformat(), body=plan.model_dump(mode="json")
    )
    await action.record(told)
    await approvals.record(decision(action.id, plan.digest), ())
    for call in (cancelling(), refunding()):
        await action.run(call, plan)
    await action.record(*entries(clock.now, "closed"))
    await sealed()
    await Action(sessions, id=LATER).record(*entries(clock.now, "started"))
    await Action(sessions, id=OTHER).record(*entries(clock.now, "closed"))
    await sealed()
    yield made
    await made.sealing.dispose()


async def test_nothing_is_found_where_nobody_was(stage: Stage) -> None:
    assert action_ids(stage.seals) == [{CANCELLED, OTHER}, {CANCELLED}, {LATER, OTHER}]
    assert await stage.found() == await stage.found(published=True) == []


def action_ids(seals: list[Seal]) -> list[set[str]]:
    return [{action_id for action_id, _, _ in seal.heads} for seal in seals]


Rows = list[LedgerRow]
Change = Callable[[Forger], None]


def changed(action_id: str, change: Callable[[Rows], Rows]) -> Change:
    """Change an action's rows, and compute all of its hashes and its head anew."""
    return lambda forger: forger.put(action_id, chained_anew(change(forger.rows(action_id))))


def lie(seq: int) -> Callable[[Rows], Rows]:
    return lambda rows: [
        *rows[: seq - 1],
        replace(rows[seq - 1], body={**rows[seq - 1].body, "event": "a lie"}),
        *rows[seq:],
    ]


REWRITTEN: dict[str, tuple[Change, str, str]] = {
    "the first entry changed": (changed(OTHER, lie(1)), "entries 1 to 3 are not those that seal 1 of", "was changed"),
    "the last entry changed": (changed(OTHER, lie(4)), "entries 4 to 4 are not those that seal 3 of", "was changed"),
    "two entries swapped": (changed(OTHER, lambda rows: [rows[1], rows[0], *rows[2:]]), "entries 1 to 3", "moved"),
    "an entry dropped": (changed(OTHER, lambda rows: [rows[0], *rows[2:]]), "entries 4 to 4 at its end", "gone"),
    "the last entry dropped": (changed(OTHER, lambda rows: rows[:3]), "entries 4 to 4 at its end", "seal 3 of"),
    "the last three dropped": (changed(OTHER, lambda rows: rows[:1]), "entries 2 to 4 at its end", "seal 3 of"),
    "an entry dropped and one added in its place": (
        changed(OTHER, lambda rows: [rows[0], rows[2], rows[3], replace(rows[1], key="again")]),
        "entries 1 to 3 are not those that seal 1 of",
        "dropped",
    ),
    "an entry inserted": (
        changed(OTHER, lambda rows: [rows[0], replace(rows[0], key="more"), *rows[1:]]),
        "entries 1 to 3 are not those that seal 1 of",
        "inserted",
    ),
    "an entry added that says to be old": (
        changed(OTHER, lambda rows: [*rows, replace(rows[0], key="more")]),
        "entry 5: it says 2026-05-04 12:00:00 UTC, and seal 3 of 2026-05-04 14:00:00 UTC does not have it",
        "added afterwards",
    ),
    "the whole action dropped": (lambda forger: forger.drop(LATER), "the whole action is gone: seal 3 of", "1 entries"),
    "the whole action dropped but for its head": (
        lambda forger: forger.sql(f"DELETE FROM leverframe.ledger WHERE action_id = '{LATER}'"),
        "the whole action is gone: seal 3 of",
        "",
    ),
}  # fmt: skip


@pytest.mark.parametrize("how", REWRITTEN)
async def test_a_chain_that_was_computed_anew_is_found_and_named(how: str, stage: Stage) -> None:
    change, *words = REWRITTEN[how]
    change(stage.forger)
    problems = await stage.found()
    victim = LATER if "whole action" in how else OTHER
    assert {problem.split(",")[0] for problem in problems} == {victim}
    assert any(all(word in problem for word in words) for problem in problems), problems
    assert problems == await stage.found(published=True)


async def test_a_whole_action_with_its_effects_and_approvals_is_missed(stage: Stage) -> None:
    stage.forger.drop(CANCELLED)
    stage.forger.sql(
        "UPDATE shop.orders SET status = 'pending', cancel_reason = NULL, cancelled_by_action = NULL",
        "DELETE FROM shop.order_payments WHERE action_id IS NOT NULL",
    )
    (problem,) = await stage.found()
    told = "the whole action is gone: seal 2 of 2026-05-04 13:00:00 UTC has 5 entries of it"
    assert problem == f"{CANCELLED}, chain: {told}"


async def test_an_action_that_never_was_and_says_to_be_old_is_found(stage: Stage) -> None:
    stage.forger.put(MADE_UP, link(Head(), MADE_UP, entries(START, "started", "closed"), ""))
    problems = await stage.found()
    assert [problem.split(":")[0] for problem in problems] == [f"{MADE_UP}, entry 1", f"{MADE_UP}, entry 2"]
    assert all("seal 3 of 2026-05-04 14:00:00 UTC does not have it: it was added afterwards" in one for one in problems)


@pytest.mark.parametrize("at", ["", "yesterday", "2026-05-04T12:00:00"])
async def test_nor_does_it_help_to_say_no_time(at: str, stage: Stage) -> None:
    entry = entries(START, "started")[0].model_copy(update={"at": at})
    stage.forger.put(MADE_UP, link(Head(), MADE_UP, [entry], ""))
    assert await stage.found() == [f"{MADE_UP}, entry 1: it does not say when it happened"]


async def test_an_action_that_is_newer_than_the_seals_is_not_questioned(stage: Stage) -> None:
    """As honest ones are; the next seal has it."""
    stage.forger.put(MADE_UP, link(Head(), MADE_UP, entries(START + timedelta(hours=2), "started"), ""))
    assert await stage.found() == []


async def test_an_older_backup_of_the_ledger_does_not_have_what_was_sealed_since(stage: Stage) -> None:
    stage.forger.restore(stage.backups[0], ("ledger", "ledger_heads", "approvals"))
    problems = await stage.found()
    for action_id, what in (
        (CANCELLED, "entries 2 to 5 at its end are gone: seal 2 of"),
        (OTHER, "entries 4 to 4 at its end are gone: seal 3 of"),
        (LATER, "the whole action is gone: seal 3 of"),
    ):
        assert any(problem.startswith(action_id) and what in problem for problem in problems), action_id


async def test_with_its_seals_it_is_told_from_what_was_published_alone(stage: Stage) -> None:
    stage.forger.restore(stage.backups[0])
    stage.forger.sql(
        "UPDATE shop.orders SET cancelled_by_action = NULL",
        "DELETE FROM shop.order_payments WHERE action_id IS NOT NULL",
    )
    # Nothing that is left in the database could tell.
    assert await stage.found() == []
    problems = await stage.found(published=True)
    assert problems[0] == (
        "seals 2 to 3: published and not in the database: it was rolled back to a state before "
        "2026-05-04 13:00:00 UTC, or they were deleted"
    )
    assert {problem.split(",")[0] for problem in problems[1:]} == {CANCELLED, OTHER, LATER}


DELETED = {
    "the first": ("DELETE FROM leverframe.seals WHERE number = 1", "seal 1: missing: they were deleted"),
    "one between": ("DELETE FROM leverframe.seals WHERE number = 2", "seal 2: missing: they were deleted"),
    "all": ("DELETE FROM leverframe.seals", "seals: there is none that holds"),
}


@pytest.mark.parametrize("which", DELETED)
async def test_deleted_seals_are_missed(which: str, stage: Stage) -> None:
    statement, words = DELETED[which]
    stage.forger.sql(statement)
    assert any(words in problem for problem in await stage.found())
    assert any("published and not in the database" in problem for problem in await stage.found(published=True))


async def test_the_newest_seals_are_missed_where_they_were_published(stage: Stage) -> None:
    stage.forger.sql("DELETE FROM leverframe.seals WHERE number = 3")
    assert await stage.found() == []
    (problem,) = await stage.found(published=True)
    assert problem.startswith("seal 3: published and not in the database")


FORGED: dict[str, dict[str, object]] = {
    "another root": {"root": "0" * 64},
    "another time": {"at": "2026-05-04T13:30:00Z"},
    "a head less": {"heads": []},
    "another count": {"count": 1},
    "another key": {"key": 7},
    "another predecessor": {"previous": "1" * 64},
    "no signature": {"signature": ""},
    "a field more": {"remark": "x"},
    "another way to write it": {"at": "2026-05-04T13:00:00+00:00"},
}


@pytest.mark.parametrize("how", FORGED)
async def test_a_forged_seal_is_named(how: str, stage: Stage) -> None:
    stage.forger.sql(f"UPDATE leverframe.seals SET record = record || '{json.dumps(FORGED[how])}' WHERE number = 2")
    problems = await stage.found()
    assert problems[0].startswith(("seal 2 in the database: it is forged", "record 2 in the database: it is no seal"))
    assert any(problem.startswith("seal 2: missing") for problem in problems)


async def test_a_seal_signed_with_another_key_is_forged(stage: Stage) -> None:
    stage.forger.drop(LATER)
    heads = {action_id: Head(seq, last) for seal in stage.seals[:2] for action_id, seq, last in seal.heads}
    seal = make_seal(APPROVALS, stage.seals[1], {}, heads, stage.seals[2].at)
    # A number says nothing about whose key it is.
    for number in (APPROVALS.newest[0], SEALS.newest[0]):
        record = seal.model_copy(update={"key": number}).record
        stage.forger.sql(f"UPDATE leverframe.seals SET record = '{json.dumps(record)}' WHERE number = 3")
        assert any("seal 3 in the database: it is forged" in problem for problem in await stage.found())


async def test_a_seal_moved_to_another_place_is_no_seal_of_that_place(stage: Stage) -> None:
    stage.forger.sql(
        "ALTER TABLE leverframe.seals DROP CONSTRAINT seals_check",
        "UPDATE leverframe.seals SET record = (SELECT record FROM leverframe.seals WHERE number = 1) WHERE number = 2",
    )
    assert "seal 2: missing: they were deleted" in await stage.found()


async def test_a_database_that_was_rolled_back_is_not_sealed_on(stage: Stage) -> None:
    stage.forger.restore(stage.backups[0])
    clock = Clock(START + timedelta(days=1))
    with pytest.raises(SealRefused, match=r"seal 3 of .* was published and is not in the database: it was set back"):
        await stage.sealer(clock, published=True).seal()
    # Without what was published it is, and both seals of that number are held against the ledger then.
    await stage.sealer(clock).seal()
    problems = await stage.found(published=True)
    assert any("seal 2: in the database there are others than were published" in problem for problem in problems)
    assert any(problem.startswith(LATER) and "the whole action is gone" in problem for problem in problems)


async def test_the_next_seal_does_not_forget_what_was_dropped(stage: Stage) -> None:
    stage.forger.drop(LATER)
    stage.forger.put(OTHER, chained_anew(stage.forger.rows(OTHER)[:2]))
    made = await stage.sealer(Clock(START + timedelta(hours=3))).seal()
    assert [str(problem) for problem in made.fallen] == [
        f"{OTHER}, chain: it ends at entry 2, and 4 were sealed",
        f"{LATER}, chain: its 1 sealed entries are gone",
    ]
    assert any(LATER in problem and "the whole action is gone" in problem for problem in await stage.found())
