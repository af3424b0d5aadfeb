"""Ledger bodies under a person's key: the database sees seals, the chain verifies without keys, the calls as before."""

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import JsonValue
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine

from audit.audit import audit_action
from leverframe.contracts.ledger import LedgerEntry
from leverframe.contracts.plan import Plan
from leverframe.errors import KeyDestroyed, KeyUnknown
from leverframe.subject_keys import SubjectKeys
from tests.support.two_customers import (
    CARD_ORDER,
    GIFT_ORDER,
    Action,
    Everything,
    Sql,
    cancelling,
    decision,
    planned_entry,
    refunding,
)
from tools import ledger
from tools.approvals import ApprovalRecord
from tools.body_encryption import Bodies, change_seal, jsonb_text, shown
from tools.chain import LedgerRow
from tools.errors import LedgerConflict
from tools.scope import Scope, ScopedSessions, create_engine, set_key
from worker.testing.postgres import Database
from worker.testing.serving import key_service

PERSON = "0123456789abcdef"


@dataclass
class Sealing:
    """An action whose ledger is sealed."""

    action: Action
    people: SubjectKeys
    plan: Plan | None = None
    """What was approved and run."""


@pytest.fixture
async def sealing(shop: None, database: Database) -> AsyncIterator[Sealing]:
    engine = create_engine(database.tools_url)
    async with key_service(database) as (_, asking):
        people = SubjectKeys(asking)
        yield Sealing(Action(ScopedSessions(engine, database.scope_key, people)), people)
    await engine.dispose()


@pytest.fixture
async def run(sealing: Sealing, approvals: ApprovalRecord) -> Action:
    """An action that cancelled and refunded an order."""
    action = sealing.action
    plan = sealing.plan = await action.preview(cancelling(), refunding())
    await action.record(planned_entry(plan))
    await approvals.record(decision(action.id, plan.digest), ())
    for call in (cancelling(), refunding()):
        assert (await action.run(call, plan)).status == "succeeded"
    return action


async def destroy(sql: Sql, sealing: Sealing) -> None:
    await sql(
        f"UPDATE leverframe.subject_keys SET doomed_by = 'x', wrapped = NULL, ring_number = NULL "
        f"WHERE pseudonym = '{PERSON}'"
    )
    sealing.people.forget()


async def stored(auditor: AsyncEngine, action_id: str) -> tuple[LedgerRow, ...]:
    return (await audit_action(auditor, action_id)).entries


async def test_the_database_holds_sealed_bodies_alone(run: Action, sealing: Sealing, sql: Sql) -> None:
    rows = await sql("SELECT kind, body::text FROM leverframe.ledger ORDER BY seq")
    assert [kind for kind, _ in rows] == ["plan", "effect", "effect"]
    for kind, body in rows:
        found = json.loads(str(body))
        assert found["key"] == PERSON
        assert found.keys() == {"key", "sealed"} | ({"changes", "plan"} if kind == "effect" else set())
        assert CARD_ORDER not in str(body)
        assert "order_payments" not in str(body)
    assert (await sql("SELECT count(*) FROM leverframe.changes")) == [(0,)]


async def test_the_auditor_with_keys_reads_what_was_recorded(
    run: Action, sealing: Sealing, auditor: AsyncEngine
) -> None:
    audit = await audit_action(auditor, run.id, sealing.people)
    assert (audit.problems, audit.unreadable) == ((), {})
    plan, cancelled, refunded = audit.entries
    assert CARD_ORDER in str(plan.body)
    assert cancelled.body["planned"] == cancelling().model_dump(mode="json")
    assert "order_payments" in str(refunded.body["changes"])


async def test_the_chain_verifies_without_keys_and_after_their_end(
    run: Action, sealing: Sealing, auditor: AsyncEngine, sql: Sql
) -> None:
    without = await audit_action(auditor, run.id)
    assert (without.problems, without.unreadable) == ((), {1: "no key", 2: "no key", 3: "no key"})
    await destroy(sql, sealing)
    after = await audit_action(auditor, run.id, sealing.people)
    assert (after.problems, after.unreadable) == ((), {1: "destroyed", 2: "destroyed", 3: "destroyed"})
    assert after.entries == without.entries
    assert after.fate is not None
    assert after.fate.destroyed_at is not None
    await sql(f"UPDATE leverframe.ledger SET role = 'llm' WHERE action_id = '{run.id}' AND seq = 2")
    assert [problem.seq for problem in (await audit_action(auditor, run.id, sealing.people)).problems] == [2]


async def test_a_retried_call_returns_its_first_result(run: Action, sealing: Sealing, everything: Everything) -> None:
    before = await everything()
    again = await run.run(refunding(), sealing.plan)
    assert again.status == "succeeded"
    assert again.output
    assert await everything() == before
    other = cancelling(GIFT_ORDER)
    with pytest.raises(LedgerConflict, match="has been run as another call"):
        await run.run(other, await run.preview(other))


async def test_an_entry_recorded_again_is_one_entry(sealing: Sealing, sql: Sql) -> None:
    entry = LedgerEntry(key="a", kind="decision", role="approvals", at="", body={"note": "Mia \u2603", "n": 10**20})
    await sealing.action.record(entry)
    await sealing.action.record(entry, entry)
    assert await sql("SELECT count(*) FROM leverframe.ledger") == [(1,)]
    with pytest.raises(LedgerConflict, match="something else"):
        await sealing.action.record(entry.model_copy(update={"body": {"note": "Bo"}}))


async def test_a_change_that_is_not_recorded_is_not_committed(sealing: Sealing, everything: Everything) -> None:
    before = await everything()
    plan = await sealing.action.preview(cancelling())
    effect = effect_of(plan)
    other = effect.model_copy(update={"key": ledger.effect_key("other#1")})
    less = effect.model_copy(update={"body": {"plan": "", "changes": []}})
    for entries in ([], [other], [less]):
        with pytest.raises(DBAPIError, match="is not in the ledger"):
            await cancel_by_hand(sealing.action, entries)
        assert {table: rows for table, rows in (await everything()).items() if "subject_keys" not in table} == {
            table: rows for table, rows in before.items() if "subject_keys" not in table
        }
    await cancel_by_hand(sealing.action, [effect])


def effect_of(plan: Plan) -> LedgerEntry:
    """An entry that tells all changes of a plan of one cancelling call."""
    (call,) = plan.calls
    body: dict[str, JsonValue] = {"plan": "", "changes": [change.model_dump(mode="json") for change in call.changes]}
    return LedgerEntry(key=ledger.effect_key(call.planned.key), kind="effect", role="tools", at="", body=body)


async def cancel_by_hand(action: Action, entries: list[LedgerEntry], salt: str | None = None) -> None:
    async with action.sessions.begin(Scope(action.subject, action.id)) as session:
        await set_key(session, "cancelling#1")
        await session.execute(
            text(
                "UPDATE shop.orders SET status = 'cancelled', cancel_reason = 'no longer needed',"
                " cancelled_by_action = :action WHERE order_id = :order"
            ),
            {"action": action.id, "order": CARD_ORDER},
        )
        await ledger.append(session, action.id, entries, "")
        if salt is not None:
            await session.execute(ledger.SET_SALT, {"salt": salt})


async def test_seals_with_another_salt_do_not_count(sealing: Sealing) -> None:
    plan = await sealing.action.preview(cancelling())
    with pytest.raises(DBAPIError, match="is not in the ledger"):
        await cancel_by_hand(sealing.action, [effect_of(plan)], salt="of another transaction")
    await cancel_by_hand(sealing.action, [effect_of(plan)])


MOVED = {
    "to another entry": """UPDATE leverframe.ledger t SET body = s.body FROM leverframe.ledger s
        WHERE t.seq = 3 AND s.seq = 2""",
    "to too little": "UPDATE leverframe.ledger SET body = jsonb_set(body, '{sealed}', '\"AAAA\"') WHERE seq = 3",
    "to no base64": "UPDATE leverframe.ledger SET body = jsonb_set(body, '{sealed}', '\"#\"') WHERE seq = 3",
    "to another plan": "UPDATE leverframe.ledger SET body = jsonb_set(body, '{plan}', '\"\"') WHERE seq = 3",
    "to other changes": "UPDATE leverframe.ledger SET body = jsonb_set(body, '{changes}', '[]') WHERE seq = 3",
}  # fmt: skip


@pytest.mark.parametrize("how", MOVED)
async def test_a_body_that_was_moved_or_changed_does_not_open(
    how: str, run: Action, sealing: Sealing, auditor: AsyncEngine, sql: Sql
) -> None:
    await sql(MOVED[how])
    # Whoever can do that can also compute the hashes anew.
    await rehash(run.id, auditor, sql)
    audit = await audit_action(auditor, run.id, sealing.people)
    assert [problem.seq for problem in audit.problems if "its body does not open" in problem.what] == [3]
    assert not [problem for problem in audit.problems if "hash" in problem.what]


async def rehash(action_id: str, auditor: AsyncEngine, sql: Sql) -> None:
    before = ""
    for row in await stored(auditor, action_id):
        linked = replace(row, prev_hash=before or row.prev_hash)
        before = linked.computed_hash()
        await sql(
            f"UPDATE leverframe.ledger SET prev_hash = '{linked.prev_hash}', hash = '{before}' WHERE seq = {row.seq}"
        )
    await sql(f"UPDATE leverframe.ledger_heads SET hash = '{before}'")


async def test_the_tools_cannot_say_one_thing_and_seal_another(
    sealing: Sealing, auditor: AsyncEngine, approvals: ApprovalRecord
) -> None:
    """Seals of what is committed over a body that tells of something else: the audit sees it."""
    plan = await sealing.action.preview(cancelling())
    changes: list[JsonValue] = [change.model_dump(mode="json") for call in plan.calls for change in call.changes]
    action, honest = sealing.action, Bodies(sealing.people)

    class Lying(Bodies):
        async def seal(self, action_id: str, key: str, kind: str, body: dict[str, JsonValue]):  # type: ignore[no-untyped-def]
            told = await honest.seal(action_id, key, kind, {"plan": "", "changes": []})
            assert told.salt is not None
            return replace(told, body=told.body | shown(kind, {"plan": "", "changes": changes}, told.salt))

    lying = ScopedSessions(action.sessions._engine, action.sessions._key.hex())
    lying._info["bodies"] = Lying(sealing.people)
    await cancel_by_hand(Action(lying), [effect_of(plan)])
    problems = (await audit_action(auditor, action.id, sealing.people)).problems
    assert any("shows other changes than it holds" in problem.what for problem in problems)


async def test_what_was_recorded_in_plain_text_before_is_still_read(
    action: Action, sealing: Sealing, auditor: AsyncEngine
) -> None:
    entry = LedgerEntry(key="a", kind="decision", role="approvals", at="", body={"note": "plain"})
    await action.record(entry)
    await sealing.action.record(entry, entry.model_copy(update={"key": "b"}))
    audit = await audit_action(auditor, action.id, sealing.people)
    assert [row.body for row in audit.entries] == [{"note": "plain"}] * 2
    assert (await audit_action(auditor, action.id)).unreadable == {2: "no key"}


async def test_nothing_is_recorded_of_an_erased_person(sealing: Sealing, sql: Sql) -> None:
    entry = LedgerEntry(key="a", kind="decision", role="approvals", at="", body={"note": "Mia"})
    await sealing.action.record(entry)
    await destroy(sql, sealing)
    for again in (entry, entry.model_copy(update={"key": "b"})):
        with pytest.raises(KeyDestroyed):
            await sealing.action.record(again)
    assert await sql("SELECT count(*) FROM leverframe.ledger") == [(1,)]


async def test_a_sealed_effect_without_keys_is_not_taken_for_none(run: Action, database: Database) -> None:
    engine = create_engine(database.tools_url)
    keyless = ScopedSessions(engine, database.scope_key)
    async with keyless.begin(Scope("", run.id)) as session:
        with pytest.raises(KeyUnknown, match="no key service"):
            await ledger.effects_of(session, run.id, ["refunding#1"])
    await engine.dispose()


async def test_bodies_of_what_is_no_action_stay_plain(sealing: Sealing, sql: Sql) -> None:
    await Action(sealing.action.sessions, id="order_cancellation-ledger").record(
        LedgerEntry(key="a", kind="started", role="workflows", at="", body={"n": 1})
    )
    assert await sql("SELECT body FROM leverframe.ledger") == [({"n": 1},)]


words = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=6)
json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | words,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(words, inner, max_size=4),
    max_leaves=10,
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=150)
@given(st.lists(json_values, min_size=1, max_size=20))
async def test_the_database_seals_what_python_seals(owner: AsyncEngine, values: list[JsonValue]) -> None:
    ask = text(
        "SELECT value::text, leverframe.seal('salt', value) FROM jsonb_array_elements(CAST(:values AS jsonb)) value"
    )
    async with owner.connect() as connection:
        rows = (await connection.execute(ask, {"values": json.dumps(values)})).all()
    assert [(jsonb_text(value), change_seal("salt", value)) for value in values] == [tuple(row) for row in rows]
