"""What is asked of a system outside happens once, or not at all, and it is always known that it was asked."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine

from activities.calling import require_said
from leverframe.call_timeouts import ANSWERED_WITHIN, TRIED
from leverframe.capability import use_of
from leverframe.contracts.calling import CallRequest, CallResult
from leverframe.contracts.plan import Plan
from leverframe.errors import CapabilityExpired
from leverframe.plan_lines import plan_lines
from machines.registry import machines
from tests.support.contracts_system import PATH, ending, states
from tests.support.rest_system import Fault, RestSystem
from tests.support.two_customers import ANN, CARD_ORDER, Action, Sql, cancelling
from tools.errors import ToolRefused, Unreachable, WrongTool
from tools.execute import execute
from tools.revocations import revoke_token
from tools.scope import Scope, ScopedSessions
from worker.testing.keys import VERIFIER


async def patiently(action: Action, plan: Plan) -> CallResult:
    """As Temporal does it."""
    for _ in range(4):
        try:
            return await action.run(ending(), plan)
        except Unreachable:
            continue
    raise AssertionError("it was tried four times")


async def order_status(sql: Sql) -> object:
    return (await sql(f"SELECT status FROM shop.orders WHERE order_id = '{CARD_ORDER}'"))[0][0]


async def test_the_plan_shows_before_and_after_whose_rights_and_what_guards_it(ender: Action, rest: RestSystem) -> None:
    row, request = (await ender.preview(ending())).calls[0].changes
    assert (row.table, row.asking) == ("orders", None)
    assert (request.before, request.after) == ({"status": "running", "version": 1}, {"status": "ended"})
    assert request.asking is not None
    assert request.asking.credential == "service"
    assert request.asking.safeguard == "only while its version is the one shown"
    assert rest.asked == []


async def test_it_happens_once_and_the_answer_stands_in_outbox_and_ledger(
    ender: Action, rest: RestSystem, sql: Sql
) -> None:
    plan = await ender.preview(ending())
    done = await ender.run(ending(), plan)
    assert done.status == "succeeded"
    assert await ender.run(ending(), plan) == done
    assert len(rest.effects) == 1
    assert await states(sql) == [("answered", 1)]
    answer = {"id": "C-1", "status": "ended", "version": 2}
    assert [row[0] for row in await sql("SELECT body -> 'answers' -> 0 FROM leverframe.ledger")] == [answer]
    assert [row[0] for row in await sql("SELECT answer -> 'told' FROM leverframe.outbox")] == [answer]
    assert [row[0] for row in await sql("SELECT plan FROM leverframe.outbox")] == [plan.digest]


LOST: list[tuple[Fault, ...]] = [
    ("timeout before",), ("timeout after",), ("reset before",), ("reset after",), ("half an answer",),
    ("500 before",), ("500 after",), ("503", "429"), ("garbage",), ("redirect",),
    ("reset after", "500 before"), ("500 before", "reset after"),
]  # fmt: skip


@pytest.mark.parametrize("faults", LOST, ids="+".join)
async def test_whatever_is_lost_on_the_wire_it_happens_once(
    ender: Action, rest: RestSystem, sql: Sql, faults: tuple[Fault, ...]
) -> None:
    plan = await ender.preview(ending())
    rest.goes_wrong(*faults)
    with pytest.raises(Unreachable):
        await ender.run(ending(), plan)
    assert await states(sql) == [("sending", 1)]
    assert await order_status(sql) == "pending"
    done = await patiently(ender, plan)
    assert (done.status, done.output) == ("succeeded", {"before": "running", "status": "ended"})
    assert len(rest.effects) == 1
    assert await order_status(sql) == "cancelled"
    ((state, tries),) = await states(sql)
    assert state == "answered"
    # What is found again at a system without keys is not asked for any more.
    assert tries == 1 + len(faults) or "after" in faults[0]
    keys = {request.body["marker"] for request in rest.asked}
    assert len(keys) == 1


@pytest.mark.parametrize("fault", ["refused", "409", "412"])
async def test_a_refusal_is_known_to_have_done_nothing(ender: Action, rest: RestSystem, sql: Sql, fault: Fault) -> None:
    plan = await ender.preview(ending())
    rest.goes_wrong(fault)
    refused = await ender.run(ending(), plan)
    assert refused.status == "failed"
    assert await ender.run(ending(), plan) == refused
    assert (rest.effects, len(rest.asked)) == ([], 1)
    assert await states(sql) == [("refused", 1)]
    assert await order_status(sql) == "pending"


async def test_what_somebody_else_changed_meanwhile_is_not_undone(ender: Action, rest: RestSystem, sql: Sql) -> None:
    plan = await ender.preview(ending())
    rest.resources[PATH]["version"] = 2
    assert (await ender.run(ending(), plan)).status == "stale"
    assert (rest.asked, await states(sql)) == ([], [])


async def test_an_answer_of_no_use_is_not_known_and_a_persons(ender: Action, rest: RestSystem, sql: Sql) -> None:
    plan = await ender.preview(ending())
    rest.goes_wrong("other id")
    left = await ender.run(ending(), plan)
    assert left.status == "unfinished"
    assert "It is not known whether what was asked of contracts.end has happened" in left.message
    assert "The database is as it was: the contracts answered with another one." in left.message
    assert await ender.run(ending(), plan) != left, "since when nobody tries any more"
    assert len(rest.effects) == 1
    assert await states(sql) == [("unknown", 1)]
    assert await order_status(sql) == "pending"


async def test_after_patience_it_is_not_tried_any_more(ender: Action, rest: RestSystem, sql: Sql) -> None:
    assert ANSWERED_WITHIN < TRIED
    plan = await ender.preview(ending())
    rest.goes_wrong("timeout after")
    with pytest.raises(Unreachable):
        await ender.run(ending(), plan)
    await sql(
        "UPDATE leverframe.outbox SET first_sent_at = first_sent_at"
        f" - interval '{ANSWERED_WITHIN.total_seconds() + 1} seconds'"
    )
    left = await ender.run(ending(), plan)
    assert left.status == "unfinished"
    assert "no answer came in 50 minutes" in left.message
    assert len(rest.asked) == 1
    assert await states(sql) == [("unknown", 1)]


@pytest.mark.parametrize("answered", [False, True], ids=["no answer", "answered"])
async def test_rows_that_moved_after_it_was_sent_make_it_a_persons(
    ender: Action, rest: RestSystem, sql: Sql, answered: bool
) -> None:
    plan = await ender.preview(ending())
    await left_behind(ender, rest, sql, plan, answered)
    await sql(f"UPDATE shop.orders SET status = 'processed' WHERE order_id = '{CARD_ORDER}'")
    left = await ender.run(ending(), plan)
    assert left.status == "unfinished"
    known = "contracts.end has answered what was asked of it: id C-1, status ended, version 2."
    assert (known if answered else "It is not known whether") in left.message
    assert "would no longer do what was approved" in left.message
    assert len(rest.effects) == 1
    assert await states(sql) == [("answered" if answered else "unknown", 1)]


async def left_behind(ender: Action, rest: RestSystem, sql: Sql, plan: Plan, answered: bool) -> None:
    """The call's own transaction is lost, before an answer or after it."""
    if not answered:
        rest.goes_wrong("reset after")
        with pytest.raises(Unreachable):
            await ender.run(ending(), plan)
        return
    await sql("ALTER TABLE leverframe.ledger ADD CONSTRAINT away CHECK (kind <> 'effect') NOT VALID")
    left = await ender.run(ending(), plan)
    assert left.status == "unfinished"
    await sql("ALTER TABLE leverframe.ledger DROP CONSTRAINT away")


async def test_what_was_answered_is_not_asked_again(ender: Action, rest: RestSystem, sql: Sql) -> None:
    plan = await ender.preview(ending())
    await left_behind(ender, rest, sql, plan, True)
    assert (await ender.run(ending(), plan)).status == "succeeded"
    assert (len(rest.asked), len(rest.effects)) == (1, 1)
    assert await order_status(sql) == "cancelled"


async def test_what_is_slow_is_waited_for(ender: Action, rest: RestSystem, sql: Sql) -> None:
    plan = await ender.preview(ending())
    rest.goes_wrong("slow")
    assert (await ender.run(ending(), plan)).status == "succeeded"
    assert (len(rest.effects), await states(sql)) == (1, [("answered", 1)])


async def test_many_tries_at_once_have_one_effect(ender: Action, rest: RestSystem, sql: Sql) -> None:
    plan = await ender.preview(ending())
    tries = await asyncio.gather(*(ender.run(ending(), plan) for _ in range(4)))
    assert {one.status for one in tries} == {"succeeded"}
    assert len(rest.effects) == 1


async def test_what_was_sent_before_the_capability_was_revoked_is_not_told_as_nothing(
    ender: Action, rest: RestSystem, owner: AsyncEngine
) -> None:
    plan = await ender.preview(ending())
    rest.goes_wrong("reset after")
    with pytest.raises(Unreachable):
        await ender.run(ending(), plan)
    claims = VERIFIER.verify(ender.token, use_of("preview", ender.id, [ending()], {}))
    assert await revoke_token(owner, claims.token_id, "it was stolen")
    left = await ender.run(ending(), plan)
    assert left.status == "unfinished"
    assert "the right to act for this user does not allow it, or has ended" in left.message


async def test_what_was_sent_while_it_was_allowed_is_finished_when_the_time_is_over(
    ender: Action, rest: RestSystem
) -> None:
    plan = await ender.preview(ending())
    request = CallRequest(action_id=ender.id, capability=ender.approved(plan.digest), planned=ending(), approved=plan)

    async def run(ahead: timedelta) -> CallResult:
        later = replace(VERIFIER, now=datetime.now(UTC) + ahead)
        return await execute(ender.sessions, ender.tools, later, request, "", ender.outside)

    with pytest.raises(CapabilityExpired):
        await run(timedelta(hours=2))
    rest.goes_wrong("reset after")
    with pytest.raises(Unreachable):
        await run(timedelta(0))
    assert (await run(timedelta(hours=2))).status == "succeeded"
    assert len(rest.effects) == 1


FORBIDDEN = [
    "UPDATE leverframe.outbox SET asked = '{}'",
    "UPDATE leverframe.outbox SET plan = ''",
    "UPDATE leverframe.outbox SET first_sent_at = now()",
    "UPDATE leverframe.outbox SET idempotency_key = 'x'",
    "DELETE FROM leverframe.outbox",
    "TRUNCATE leverframe.outbox",
    "UPDATE leverframe.outbox SET state = 'sending', answer = NULL",
    "UPDATE leverframe.outbox SET answer = '{}'",
    "UPDATE leverframe.outbox SET tries = 0",
    "ALTER TABLE leverframe.outbox DISABLE TRIGGER outbox_fate",
    "INSERT INTO leverframe.outbox (action_id, call_key, position, tool, service, plan, idempotency_key, asked)"
    " SELECT 'order_cancellation-other', call_key, position, tool, service, plan, idempotency_key, asked"
    " FROM leverframe.outbox",
]


@pytest.mark.parametrize("statement", FORBIDDEN)
async def test_the_tools_login_rewrites_nothing_that_was_asked_or_answered(
    ender: Action, sessions: ScopedSessions, sql: Sql, statement: str
) -> None:
    await ender.run(ending(), await ender.preview(ending()))
    before = await sql("SELECT o::text FROM leverframe.outbox o")
    async with sessions.begin(Scope(ANN, ender.id)) as session:
        with pytest.raises(DBAPIError, match=r"permission denied|must be owner|stands|row-level security"):
            await session.execute(text(statement))
        await session.rollback()
    assert await sql("SELECT o::text FROM leverframe.outbox o") == before


async def test_another_action_sees_nothing_of_it(ender: Action, sessions: ScopedSessions) -> None:
    await ender.run(ending(), await ender.preview(ending()))
    for scope, seen in ((Scope(ANN, ender.id), 1), (Scope(ANN, f"{ender.id}-2"), 0)):
        async with sessions.begin(scope) as session:
            assert (await session.execute(text("SELECT count(*) FROM leverframe.outbox"))).scalar_one() == seen


async def test_a_call_of_rows_alone_needs_no_outbox(ender: Action, sql: Sql) -> None:
    plan = await ender.preview(cancelling())
    assert (await ender.run(cancelling(), plan)).status == "succeeded"
    assert await states(sql) == []


async def test_what_cannot_be_asked_is_not_planned(ender: Action, rest: RestSystem) -> None:
    rest.resources[PATH]["status"] = "ended"
    with pytest.raises(ToolRefused, match="has ended"):
        await ender.preview(ending())


async def test_a_plan_of_two_requests_keeps_their_order_and_what_stands_is_known(
    ender: Action, rest: RestSystem, sql: Sql
) -> None:
    second = ending("/contracts/C-2", "", "ending#2")
    rest.has("/contracts/C-2", ANN, status="running")
    plan = await ender.preview(ending(), second)
    assert (await ender.run(second, plan)).status == "stale", "the first comes first"
    assert rest.asked == []
    assert (await ender.run(ending(), plan)).status == "succeeded"
    rest.goes_wrong("refused")
    failed = await ender.run(second, plan)
    assert (failed.status, failed.message) == ("failed", "the contracts refuse with 422 (END-CONTRACT)")
    assert [request.path for request in rest.effects] == [PATH]
    assert await states(sql) == [("answered", 1), ("refused", 1)]
    assert await sql("SELECT key FROM leverframe.ledger") == [("effect:ending#1",)]
    told = [column.after for line in plan_lines(plan) for column in line.columns if column.name == "if it fails"]
    assert told == ["contracts.end has been asked already: that is undone, or a person takes over"]


async def test_a_machine_says_of_two_requests_that_they_are_asked(ender: Action) -> None:
    plan = await ender.preview(ending())
    require_said(plan, machines()["order_cancellation"])
    two = await ender.preview(cancelling(), ending(order_id=""))
    require_said(two, machines()["order_cancellation"])
    both = Plan(calls=(*plan.calls, *plan.calls), digest=plan.digest)
    with pytest.raises(WrongTool, match=r"expected 'ending' to be a Call\(\.\.\., asks=True\)"):
        require_said(both, machines()["order_cancellation"])
