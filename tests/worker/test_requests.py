"""What was asked of systems outside is audited, and compared with what those say."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from audit.audit import audit_action, audited
from audit.export import exported, write_export
from audit.reconcile import reconcile
from audit.recorded import database
from audit.report.action import action_report
from leverframe.plan_size import TRIED
from tests.support.contracts_system import PATH, Contracts, ending, tools
from tests.support.rest_system import RestSystem
from tests.support.two_customers import ANN, Action, Sql, decision, planned_entry
from tools.approvals import ApprovalRecord
from tools.errors import Unreachable
from tools.outside import NOTHING, Outside

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
    assert told.endswith("nobody here can ask it: look there")
