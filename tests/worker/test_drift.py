"""Drift: what changes is told within its week, and what stays is not."""

import os
import random
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import psycopg
import pytest
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from typer.testing import CliRunner

from audit.drift.changes import Drift, compare
from audit.drift.gathering import before, drift, week_to
from audit.drift.significance import chance, dispersion, holm
from audit.rates import Rate
from benchmarks.filling import write
from leverframe.subject_keys import SubjectKeys
from tests.support.command import command
from tests.worker.drifting import EVENTS, LANGUAGES, OUTCOMES, World, recorded, week
from tools.body_encryption import Bodies
from tools.kernel.libpq import libpq
from worker.cli.app import app
from worker.keys.store import KeyStore
from worker.testing.keys import PAYLOADS
from worker.testing.postgres import Database
from worker.testing.serving import key_service, variables

QUIET = World()
BASELINE = 8


def ten_weeks(seed: int, actions: int, restless: float = 0.0) -> list[Drift]:
    """Ten quiet weeks, each against the eight before it."""
    dice = random.Random(seed)
    weeks = [week(dice, QUIET, actions, restless) for _ in range(BASELINE + 10)]
    return [compare(weeks[now - BASELINE : now], weeks[now]) for now in range(BASELINE, BASELINE + 10)]


@pytest.mark.parametrize(("actions", "restless"), [(60, 0.0), (300, 0.0), (300, 0.2)])
def test_ten_quiet_weeks_raise_no_alarm(actions: int, restless: float) -> None:
    """Also where the weeks themselves are restless: a fifth more or less of each language, wish and outcome."""
    told = [one for seed in range(3) for one in ten_weeks(seed, actions, restless)]
    assert [change for one in told for change in one.changes] == []
    assert min(one.compared for one in told) > 30


PLANTED = {
    "another language's share": (World(languages={**LANGUAGES, "fr": 0.4}), ("language", "fr")),
    "a language that was not there": (World(languages={**LANGUAGES, "zh": 0.25}), ("language", "zh")),
    "a changed policy": (
        World(clauses={"CANCEL-PENDING version 2": 0.7, "CANCEL-REASON version 1": 0.25, "none": 0.05}),
        ("clause", "CANCEL-PENDING version 2"),
    ),
    "a worse model: people overrule it": (World(rejected=0.35), ("override", "rejected")),
    "a worse model: it hands over": (
        World(events={**EVENTS, "hand_over": 0.5}, outcomes={**OUTCOMES, "handed_over": 0.5}),
        ("outcome", "handed_over"),
    ),
    "a slower model": (World(slower=2.0), ("milliseconds", "more than the baseline's median")),
    "words that nobody knows": (World(unknown=0.6), ("unknown_words", "more than the baseline's median")),
}


@pytest.mark.parametrize(("world", "told"), PLANTED.values(), ids=PLANTED)
@pytest.mark.parametrize("restless", [0.0, 0.1])
def test_planted_drift_is_told_within_its_week(world: World, told: tuple[str, str], restless: float) -> None:
    dice = random.Random(7)
    baseline = [week(dice, QUIET, 300, restless) for _ in range(BASELINE)]
    found = compare(baseline, week(dice, world, 300, restless))
    named = [change for change in found.changes if (change.figure, change.category) == told]
    assert "" in {change.action for change in named}
    assert all(change.examples for change in named)
    if "policy" in told[1]:
        assert ("order_return", "CANCEL-PENDING version 1") in found.not_cited


def test_a_share_against_another_is_fishers_exact_test() -> None:
    # R. A. Fisher's tea: 3 of 4 against 1 of 4; one-sided 17/70.
    assert chance(Rate(count=1, of=4), Rate(count=3, of=4)) == pytest.approx(2 * 17 / 70)
    assert chance(Rate(count=0, of=1000), Rate(count=0, of=10)) == 1
    assert chance(Rate(count=0, of=0), Rate(count=3, of=4)) == 1
    assert chance(Rate(count=10, of=100), Rate(count=90, of=100)) < 1e-25
    assert chance(Rate(count=90, of=100), Rate(count=10, of=100)) == pytest.approx(
        chance(Rate(count=10, of=100), Rate(count=90, of=100))
    )


def test_many_figures_at_once_need_more_than_one_would() -> None:
    assert holm([0.04], 0.05) == [True]
    assert holm([0.04, 0.5], 0.05) == [False, False]
    assert holm([0.02, 0.9, 0.04], 0.06) == [True, False, False]
    assert holm([], 0.05) == []


def test_restless_weeks_widen_what_counts_as_chance() -> None:
    calm = [Rate(count=count, of=100) for count in (20, 21, 19, 20)]
    restless = [Rate(count=count, of=100) for count in (5, 40, 10, 30)]
    assert dispersion([calm]) == 1
    assert dispersion([restless]) > 10
    assert dispersion([]) == dispersion([[Rate(count=0, of=0)]]) == 1
    before, after = Rate(count=85, of=400), Rate(count=40, of=100)
    assert chance(before, after) < 0.001 < chance(before, after, dispersion([restless]))


MONDAY = date(2026, 6, 1)
A_WEEK = 60
"""Actions."""


@pytest.fixture
async def people(database: Database) -> AsyncIterator[SubjectKeys]:
    engine = create_async_engine(database.keys_url)
    yield SubjectKeys(KeyStore(engine, PAYLOADS))
    await engine.dispose()


async def fill(database: Database, people: SubjectKeys) -> None:
    """Eighteen weeks in which nothing changes, and one in which half of the users write French."""
    dice, bodies = random.Random(3), Bodies(people)
    actions = []
    for number in range(19 * A_WEEK):
        place = number // A_WEEK
        began = datetime(2026, 6, 1, 9, tzinfo=UTC) + timedelta(weeks=place, hours=(number % A_WEEK) * 2)
        actions.append(recorded(dice, began, number, french=0.6 if place == 18 else 0.15))
    with psycopg.connect(libpq(database.owner_url)) as connection:
        connection.execute("SET session_replication_role = replica")
        await write(connection, bodies, actions)


async def test_of_a_ledger_ten_quiet_weeks_are_quiet_and_the_one_that_is_not_is_told(
    database: Database, auditor: AsyncEngine, people: SubjectKeys, tmp_path: Path
) -> None:
    await fill(database, people)
    for number in range(8, 18):
        quiet = week_to(MONDAY + timedelta(weeks=number, days=6))
        found = await drift(auditor, quiet, before(quiet), people)
        assert (found.actions, found.before, found.changes) == (A_WEEK, 8 * A_WEEK, ()), number
        assert found.compared > 10
    last = MONDAY + timedelta(weeks=18, days=6)
    found = await drift(auditor, week_to(last), before(week_to(last)), people)
    assert {(one.figure, one.category) for one in found.changes} == {("language", "fr"), ("language", "en")}
    assert {one.action for one in found.changes} == {"order_cancellation"}
    # Whoever has no key for the bodies is told nothing of what stands in them.
    assert (await drift(auditor, week_to(last), before(week_to(last)))).changes == ()


async def test_the_command_tells_what_has_changed_and_fails(
    database: Database, people: SubjectKeys, tmp_path: Path
) -> None:
    await fill(database, people)
    async with key_service(database) as (_, service):
        own = {
            "LEVERFRAME_STATE_DIR": str(tmp_path / "state"),
            "LEVERFRAME_AUDITOR_DATABASE_URL": database.auditor_url,
        } | variables(service)

        async def told(*arguments: str) -> tuple[int, str]:
            return await command(*arguments, environment=os.environ | own, folder=tmp_path)

        code, said = await told("drift", "--to", "2026-10-11")
        report = await told("report", "--from", "2026-10-05", "--to", "2026-10-11", "--out", str(tmp_path / "r.html"))
    assert (code, report[0]) == (1, 0), (said, report[1])
    assert "order cancellation: in which language users write: fr: " in said
    assert "and the baseline has " in said
    # An example is nobody's: the name and the address of the rationale are gone.
    assert "cancel it" in said
    assert "Mia" not in said
    assert "mia@x.org" not in said
    assert "60 actions of the week, 480 of the baseline" in said
    page = (tmp_path / "r.html").read_text()
    assert "2 figures of the last week differ from the eight weeks before it" in page
    assert "Outcomes by language" in page


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--baseline", "2026-02-01", "2026-01-01"], "earlier day first"),
        (["--to", "2026-02-01", "--every", "6"], "takes the newest week"),
    ],
)
def test_what_cannot_be_compared_is_refused(arguments: list[str], said: str) -> None:
    done = CliRunner().invoke(app, ["drift", *arguments])
    assert done.exit_code == 2
    assert said in " ".join(done.output.split())
