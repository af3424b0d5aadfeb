"""What was asked of systems outside is audited, and compared with what those say."""

import os
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from biscuit_auth import KeyPair
from sqlalchemy.ext.asyncio import AsyncEngine

from audit.audit import audit_action, audited
from audit.export import exported, write_export
from audit.reconcile import reconcile
from audit.recorded import database
from audit.report.action import action_report
from audit.signatures import unsigned
from leverframe.call_timeouts import TRIED
from leverframe.contracts.entries import Settled
from leverframe.contracts.ledger import LedgerEntry
from leverframe.errors import InvalidRequest
from leverframe.operators import Operator, Operators
from tests.support.contracts_system import PATH, Contracts, ending, tools
from tests.support.rest_system import RestSystem
from tests.support.two_customers import ANN, Action, Sql, decision, planned_entry
from tools.approvals import ApprovalRecord
from tools.errors import Unreachable
from tools.outside import NOTHING, Outside
from tools.settling import settle, settlement
from worker.cli.console import InertConsole
from worker.cli.reconcile import record, run_settle
from worker.cli.story import story
from worker.settings.base import load
from worker.settings.tools import SettlingSettings
from worker.testing.postgres import Database

NOT_KNOWN = "It is not known whether what was asked of contracts.end has happened; it was sent once since "
LONG = timedelta(days=30)


@pytest.fixture
async def ender(action: Action, rest: RestSystem, approvals: ApprovalRecord) -> Action:
    """An action whose plan to end a contract was shown and approved; the system knows no idempotency keys."""
    rest.has(PATH, ANN, status="running")
    rest.knows_keys = False
    action = replace(action, outside=Outside(Contracts(rest.url, False)), tools=tools())
    plan = await action.preview(ending())
    await action.record(planned_entry(plan))
    await approvals.record(decision(action.id, plan.digest), ())
    return action


async def run(ender: Action) -> str:
    return (await ender.run(ending(), await ender.preview(ending()))).status


async def lost(ender: Action, rest: RestSystem, *, happened: bool) -> None:
    plan = await ender.preview(ending())
    rest.goes_wrong("reset after" if happened else "reset before")
    with pytest.raises(Unreachable):
        await ender.run(ending(), plan)


async def grown_old(sql: Sql) -> None:
    """As if it had been sent before the last hour."""
    await sql(f"UPDATE leverframe.outbox SET first_sent_at = now() - interval '{TRIED.total_seconds() + 60} seconds'")


async def problems(auditor: AsyncEngine, ender: Action) -> list[str]:
    return [problem.what for problem in (await audit_action(auditor, ender.id)).problems]


async def differences(auditor: AsyncEngine, outside: Outside) -> list[str]:
    return [one.what async for one in reconcile(auditor, None, outside, LONG) if one.what]


def report_of(html: str) -> str:
    return html.partition('id="effects"')[2].partition("</section>")[0]


async def test_what_was_asked_and_answered_is_no_problem(ender: Action, auditor: AsyncEngine, rest: RestSystem) -> None:
    assert await run(ender) == "succeeded"
    assert await problems(auditor, ender) == []
    assert await differences(auditor, ender.outside) == []
    page = action_report(await audit_action(auditor, ender.id), datetime.now(UTC))
    assert "id C-1" in page.replace("<bdi>", "").replace("</bdi>", "")
    assert "not known" not in report_of(page)


@pytest.mark.parametrize("happened", [True, False])
async def test_what_was_sent_and_not_answered_is_listed(
    ender: Action, auditor: AsyncEngine, rest: RestSystem, sql: Sql, happened: bool
) -> None:
    await lost(ender, rest, happened=happened)
    assert await problems(auditor, ender) == [], "it is under way"
    assert await differences(auditor, ender.outside) == []
    await grown_old(sql)
    (problem,) = await problems(auditor, ender)
    assert problem.startswith(NOT_KNOWN)
    assert problem.endswith("(ending#1)")
    (told,) = await differences(auditor, ender.outside)
    says = "contracts.end says that it has: id C-1, status ended, version 2" if happened else "knows nothing of it"
    assert told.startswith(NOT_KNOWN)
    assert told.endswith(says)
    page = report_of(action_report(await audit_action(auditor, ender.id), datetime.now(UTC)))
    assert "It is not known whether what was asked of contracts.end has happened" in page
    assert "Nothing was changed in the database." in page
    assert "Nothing was changed." not in page


async def test_an_export_tells_the_same(
    ender: Action, auditor: AsyncEngine, rest: RestSystem, sql: Sql, tmp_path: Path
) -> None:
    await lost(ender, rest, happened=True)
    await grown_old(sql)
    folder = tmp_path / "export"
    async with database(auditor) as recorded:
        await write_export(recorded, folder)
    async with exported(folder) as recorded:
        found = [problem.what async for audit in audited(recorded) for problem in audit.problems]
    assert found == await problems(auditor, ender)


async def test_an_answer_that_the_ledger_does_not_know_is_a_problem(
    ender: Action, auditor: AsyncEngine, rest: RestSystem, sql: Sql
) -> None:
    await run(ender)
    await sql("UPDATE leverframe.ledger SET key = 'effect:other#1' WHERE kind = 'effect'")
    await sql("ALTER TABLE leverframe.outbox DISABLE TRIGGER outbox_fate")
    await sql("UPDATE leverframe.outbox SET last_sent_at = now() - interval '2 hours'")
    found = await problems(auditor, ender)
    assert "contracts.end has answered what was asked of it, and no effect says so (ending#1)" in found


async def test_an_effect_whose_request_was_removed_is_a_problem(
    ender: Action, auditor: AsyncEngine, rest: RestSystem, sql: Sql
) -> None:
    await run(ender)
    await sql("TRUNCATE leverframe.outbox")
    assert await problems(auditor, ender) == [
        "it asks something of a system outside, and the outbox knows nothing of it"
    ]


async def test_a_refusal_is_told_as_one(ender: Action, auditor: AsyncEngine, rest: RestSystem) -> None:
    plan = await ender.preview(ending())
    rest.goes_wrong("refused")
    assert (await ender.run(ending(), plan)).status == "failed"
    assert await problems(auditor, ender) == []
    page = report_of(action_report(await audit_action(auditor, ender.id), datetime.now(UTC)))
    assert "contracts.end has refused what was asked of it, and nothing was changed there" in page


async def test_what_the_system_says_otherwise_is_named(ender: Action, auditor: AsyncEngine, rest: RestSystem) -> None:
    await run(ender)
    rest.resources[PATH]["version"] = 3
    answered = (
        "contracts.end has answered id C-1, status ended, version 2, and says id C-1, status ended, version 3 now"
    )
    assert await differences(auditor, ender.outside) == [answered]
    rest.resources[PATH]["marker"] = "somebody else's"
    (told,) = await differences(auditor, ender.outside)
    assert told == "contracts.end has answered it (id C-1, status ended, version 2), and knows nothing of it now"
    rest.goes_wrong("503", on_reads=True)
    (told,) = await differences(auditor, ender.outside)
    assert told == "contracts.end cannot be compared: HTTP 503"


async def test_whom_nobody_here_can_ask_is_left_to_people(
    ender: Action, auditor: AsyncEngine, rest: RestSystem, sql: Sql
) -> None:
    await lost(ender, rest, happened=True)
    await grown_old(sql)
    (told,) = await differences(auditor, NOTHING)
    assert told.endswith("nobody here can ask it: look there (it has no way to be found again)")


def found(happened: bool, call: str = "ending#1", note: str = "Looked at C-1.") -> Settled:
    return Settled(call_key=call, happened=happened, person="Olga", note=note)


@pytest.mark.parametrize("happened", [True, False])
async def test_what_nobody_can_tell_is_settled_by_a_person_who_has_looked(
    ender: Action, auditor: AsyncEngine, rest: RestSystem, sql: Sql, happened: bool
) -> None:
    plan = await ender.preview(ending())
    await lost(ender, rest, happened=happened)
    await grown_old(sql)
    (open_problem,) = await problems(auditor, ender)
    assert open_problem.startswith(NOT_KNOWN)
    await settle(ender.sessions, ender.id, found(happened))
    assert await problems(auditor, ender) == []
    assert await differences(auditor, ender.outside) == []
    assert await differences(auditor, NOTHING) == []
    audit = await audit_action(auditor, ender.id)
    entry = audit.entries[-1]
    assert (entry.kind, entry.role, entry.body["person"]) == ("settlement", "tools", "Olga")
    says = f"Olga (unverified: claimed) has looked, and says that what ending#1 asked has {'' if happened else 'not '}"
    page = action_report(audit, datetime.now(UTC)).replace("<bdi>", "").replace("</bdi>", "")
    assert says in report_of(page)
    assert f"{says}happened: Looked at C-1." in page.partition('id="timeline"')[2]
    console = InertConsole(width=500)
    with console.capture() as shown:
        console.print(story(ender.id, audit.entries))
    assert says in shown.get()
    left = await ender.run(ending(), plan)
    assert (left.status, len(rest.asked)) == ("unfinished", 1), "nobody tries any more what is settled"


async def test_what_was_settled_wrongly_is_named_and_settled_anew(
    ender: Action, auditor: AsyncEngine, rest: RestSystem, sql: Sql
) -> None:
    await lost(ender, rest, happened=True)
    await grown_old(sql)
    await settle(ender.sessions, ender.id, found(False))
    (told,) = await differences(auditor, ender.outside)
    assert "Olga (unverified: claimed) has looked, and says that what ending#1 asked has not happened" in told
    assert told.endswith("contracts.end says that it has: id C-1, status ended, version 2")
    await settle(ender.sessions, ender.id, found(True))
    assert await differences(auditor, ender.outside) == []
    kept = await sql("SELECT body ->> 'happened' FROM leverframe.ledger WHERE kind = 'settlement' ORDER BY seq")
    assert [row[0] for row in kept] == ["false", "true"]


async def test_an_answer_whose_rows_were_never_written_is_settled_too(
    ender: Action, auditor: AsyncEngine, sql: Sql
) -> None:
    plan = await ender.preview(ending())
    await sql("ALTER TABLE leverframe.ledger ADD CONSTRAINT away CHECK (kind <> 'effect') NOT VALID")
    assert (await ender.run(ending(), plan)).status == "unfinished"
    await sql("ALTER TABLE leverframe.outbox DISABLE TRIGGER outbox_fate")
    await sql("UPDATE leverframe.outbox SET last_sent_at = now() - interval '2 hours'")
    (told,) = await problems(auditor, ender)
    assert "and no effect says so" in told
    await settle(ender.sessions, ender.id, found(True, note="The order was cancelled by hand."))
    assert await problems(auditor, ender) == []


async def test_what_is_known_or_under_way_is_not_for_a_person_to_settle(
    ender: Action, rest: RestSystem, auditor: AsyncEngine, sql: Sql
) -> None:
    async def refused(action_id: str, call: str) -> None:
        with pytest.raises(InvalidRequest, match="there is nothing to settle about"):
            await settle(ender.sessions, action_id, found(True, call))

    await refused(ender.id, "ending#1")
    await lost(ender, rest, happened=False)
    await refused(ender.id, "ending#1")
    await grown_old(sql)
    for other in ("ending", "ending#2", "", "ending#1:1"):
        await refused(ender.id, other)
    await refused("order_cancellation-other", "ending#1")
    await sql("UPDATE leverframe.outbox SET first_sent_at = now()")
    assert await run(ender) == "succeeded"
    await refused(ender.id, "ending#1")
    assert await sql("SELECT count(*) FROM leverframe.ledger WHERE kind = 'settlement'") == [(0,)]


async def test_another_calls_settlement_settles_nothing(
    ender: Action, auditor: AsyncEngine, rest: RestSystem, sql: Sql
) -> None:
    await lost(ender, rest, happened=True)
    await grown_old(sql)
    body = found(True, "ending#2")
    await ender.record(LedgerEntry.of(body, "settled:ending#2:1", "tools", datetime.now(UTC).isoformat()))
    assert len(await problems(auditor, ender)) == 1


KEY = KeyPair()


@pytest.fixture
def operators(ender: Action, database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The directory, which knows Olga's key; a name alone does not count."""
    directory = tmp_path / "operators.toml"
    directory.write_text(f'[olga]\nroles = ["support"]\nkeys = ["{KEY.public_key}"]\n')
    for name, value in {
        "APPROVER_TRUST": "signed",
        "OPERATORS_FILE": str(directory),
        "DATABASE_URL": database.tools_url,
        "SCOPE_KEY": database.scope_key,
        "SECRETS_DIR": os.devnull,
    }.items():
        monkeypatch.setenv(f"LEVERFRAME_{name}", value)
    return directory


async def test_where_decisions_are_signed_so_is_what_somebody_found(
    ender: Action, auditor: AsyncEngine, rest: RestSystem, sql: Sql, operators: Path
) -> None:
    await lost(ender, rest, happened=True)
    await grown_old(sql)
    settings, said = load(SettlingSettings), found(True)
    with pytest.raises(InvalidRequest, match="a name alone does not count here"):
        await record(settings, ender.id, said, None)
    with pytest.raises(InvalidRequest, match="does not know whose key this is"):
        await record(settings, ender.id, said, str(KeyPair().private_key))
    assert len(await problems(auditor, ender)) == 1
    await record(settings, ender.id, said, str(KEY.private_key))
    audit = await audit_action(auditor, ender.id)
    assert audit.problems == ()
    directory = Operators.load(operators, "signed")
    assert unsigned(ender.id, audit.entries, directory) == []
    assert settlement(Settled.read(audit.entries[-1].body)).startswith("olga (signed with their own key) has looked")
    assert len(unsigned("order_cancellation-other", audit.entries, directory)) == 1
    assert (
        len(unsigned(ender.id, audit.entries, Operators([Operator("rita", ["support"], names=["rita"])], "signed")))
        == 1
    )


SAID = {"call": "ending#1", "found": "done", "note": "seen", "person": "Olga"}


@pytest.mark.parametrize("wrong", [{"found": "Done"}, {"found": ""}, {"note": ""}, {"note": "x" * 501}, {"person": ""}])
def test_what_is_said_badly_is_refused_in_words(wrong: dict[str, str]) -> None:
    said = {**SAID, **wrong}
    with pytest.raises(InvalidRequest, match="expected --settle ACTION KEY done, or not-done"):
        run_settle("order_cancellation-x", said["call"], said["found"], said["note"], said["person"])
