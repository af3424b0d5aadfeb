"""Whatever is changed in the ledger behind its back, the audit finds it."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from pydantic import JsonValue
from sqlalchemy.ext.asyncio import AsyncEngine

from audit.audit import ActionAudit, audit_action, audit_all
from audit.checks import unapproved, verify
from audit.report.action import action_report
from leverframe.contracts.ledger import LedgerEntry
from tests.support.two_customers import (
    CARD_ORDER,
    GIFT_ORDER,
    Action,
    Sql,
    cancelling,
    decision,
    moved,
    planned_entry,
    refunding,
    reinstating,
)
from tools import ledger
from tools.approvals import ApprovalRecord
from tools.base import CallContext, Nothing, Noting, Result, Toolbox, tool
from tools.chain import GENESIS, Head, link
from worker.cli.console import InertConsole
from worker.cli.story import story as told

OTHER = "order_cancellation-other"


@pytest.fixture
async def recorded(action: Action, approvals: ApprovalRecord) -> Action:
    """An action that cancelled and refunded an order, with what its workflow recorded, beside another action."""
    await record(action, "started")
    plan = await action.preview(cancelling(), refunding())
    await action.record(planned_entry(plan))
    await approvals.record(decision(action.id, plan.digest), ())
    for call in (cancelling(), refunding()):
        await action.run(call, plan)
    await record(action, "closed")
    await record(Action(action.sessions, id=OTHER), "started", "closed")
    return action


async def record(action: Action, *keys: str) -> None:
    await action.record(*map(moved, keys), trace_id="0af7651916cd43dd8448eb211c80319c")


async def test_a_ledger_that_nobody_touched_has_no_problems(recorded: Action, auditor: AsyncEngine) -> None:
    audits = await audit_all(auditor)
    assert [(audit.action_id, len(audit.entries), audit.problems) for audit in audits] == [
        (recorded.id, 5, ()),
        (OTHER, 2, ()),
    ]
    story = await audit_action(auditor, recorded.id)
    assert story.ok
    assert [entry.kind for entry in story.entries] == ["transition", "plan", "effect", "effect", "transition"]
    assert await audit_action(auditor, "never_heard_of") == ActionAudit("never_heard_of", (), ())


CHANGED = {
    "action_id": "'order_cancellation-stolen'",
    "seq": "seq + 10",
    "key": "key || 'x'",
    "kind": "'verdict'",
    "role": "'guards'",
    "at": "at || 'Z'",
    "body": """body || '{"extra": 1}'""",
    "trace_id": "trace_id || '0'",
    "prev_hash": f"'{'1' * 64}'",
    "hash": f"'{'1' * 64}'",
}


def test_every_column_is_tried() -> None:
    assert set(CHANGED) == set(ledger.LEDGER.c.keys())


@pytest.mark.parametrize("seq", [1, 3, 5])
@pytest.mark.parametrize("column", CHANGED)
async def test_a_changed_column_of_any_row_is_found(
    column: str, seq: int, recorded: Action, auditor: AsyncEngine, sql: Sql
) -> None:
    await sql(
        f"UPDATE leverframe.ledger SET {column} = {CHANGED[column]} WHERE action_id = '{recorded.id}' AND seq = {seq}"
    )
    problems = [problem for audit in await audit_all(auditor) for problem in audit.problems]
    assert recorded.id in {problem.action_id for problem in problems}
    assert OTHER not in {problem.action_id for problem in problems}


TAMPERED = {
    "first row gone": "DELETE FROM leverframe.ledger WHERE action_id = '{id}' AND seq = 1",
    "a middle row gone": "DELETE FROM leverframe.ledger WHERE action_id = '{id}' AND seq = 3",
    "last row gone": "DELETE FROM leverframe.ledger WHERE action_id = '{id}' AND seq = 5",
    "last two rows gone": "DELETE FROM leverframe.ledger WHERE action_id = '{id}' AND seq > 3",
    "all rows gone": "DELETE FROM leverframe.ledger WHERE action_id = '{id}'",
    "everything of the action gone": """DELETE FROM leverframe.ledger WHERE action_id = '{id}';
        DELETE FROM leverframe.ledger_heads WHERE action_id = '{id}'""",
    "head gone": "DELETE FROM leverframe.ledger_heads WHERE action_id = '{id}'",
    "head set back": """DELETE FROM leverframe.ledger WHERE action_id = '{id}' AND seq = 5;
        UPDATE leverframe.ledger_heads SET seq = 4 WHERE action_id = '{id}'""",
    "head's hash changed": "UPDATE leverframe.ledger_heads SET hash = repeat('1', 64) WHERE action_id = '{id}'",
    "head's action changed": "UPDATE leverframe.ledger_heads SET action_id = 'x' WHERE action_id = '{id}'",
    "two rows swapped": """UPDATE leverframe.ledger SET seq = 99 WHERE action_id = '{id}' AND seq = 1;
        UPDATE leverframe.ledger SET seq = 1 WHERE action_id = '{id}' AND seq = 2;
        UPDATE leverframe.ledger SET seq = 2 WHERE action_id = '{id}' AND seq = 99""",
    "a row gone and the rest moved up": """DELETE FROM leverframe.ledger WHERE action_id = '{id}' AND seq = 1;
        UPDATE leverframe.ledger SET seq = seq + 100 WHERE action_id = '{id}';
        UPDATE leverframe.ledger SET seq = seq - 101 WHERE action_id = '{id}'""",
    "a row added at the end": """ALTER TABLE leverframe.ledger DISABLE TRIGGER link_entry;
        INSERT INTO leverframe.ledger SELECT action_id, 6, 'more', kind, role, at, body, trace_id, hash, repeat('1', 64)
        FROM leverframe.ledger WHERE action_id = '{id}' AND seq = 5""",
    "a number that no entry can hold": """UPDATE leverframe.ledger SET body = '{{"n": 123456789012345678901}}'
        WHERE action_id = '{id}' AND seq = 3""",
}


@pytest.mark.parametrize("how", TAMPERED)
async def test_a_missing_moved_or_added_row_is_found(
    how: str, recorded: Action, auditor: AsyncEngine, sql: Sql
) -> None:
    for statement in TAMPERED[how].split(";"):
        await sql(statement.format(id=recorded.id).replace(":", "\\:"))
    found = await audit_action(auditor, recorded.id)
    assert not found.ok
    assert all(str(problem).startswith(recorded.id) for problem in found.problems)
    assert not all(audit.ok for audit in await audit_all(auditor))
    assert (await audit_action(auditor, OTHER)).ok


@pytest.mark.parametrize(
    "effect",
    [
        f"""UPDATE shop.orders SET status = 'cancelled', cancelled_by_action = '{OTHER}'
            WHERE order_id = '{GIFT_ORDER}'""",
        f"""INSERT INTO shop.order_payments SELECT gen_random_uuid(), order_id, 9, customer_id, 'refund', amount,
            payment_method_id, payment_id, '{OTHER}' FROM shop.order_payments WHERE order_id = '{GIFT_ORDER}'""",
        f"UPDATE shop.orders SET cancelled_by_action = 'unheard_of' WHERE order_id = '{CARD_ORDER}'",
    ],
)
async def test_an_effect_that_no_ledger_entry_tells_of_is_found(
    effect: str, recorded: Action, auditor: AsyncEngine, sql: Sql
) -> None:
    await sql(effect)
    problems = [str(problem) for audit in await audit_all(auditor) for problem in audit.problems]
    assert len(problems) == 1
    assert "says that this action changed it, and no effect does" in problems[0]


OTHER_FORMS: list[tuple[str, dict[str, JsonValue], str]] = [
    ("transition", {"to": "there"}, "its body is not that of a transition: source: Field required"),
    (
        "closed",
        {"outcome": 7, "state": "s"},
        "its body is not that of a closed: outcome: Input should be a valid string",
    ),
    ("decision", {"choice": "approve", "accepted": "yes"}, "its body is not that of a decision: accepted: "),
    ("plan", {"calls": [{}], "digest": "d"}, "its body is not that of a plan: calls: Field required"),
    ("strike", {"what": "x"}, "no entry of this kind is known here; known are started, "),
]


@pytest.mark.parametrize(("kind", "body", "why"), OTHER_FORMS, ids=[kind for kind, *_ in OTHER_FORMS])
async def test_an_entry_that_is_forged_or_newer_is_found(
    kind: str, body: dict[str, JsonValue], why: str, recorded: Action, auditor: AsyncEngine
) -> None:
    newer = moved("more").model_dump()
    newer["body"]["later"] = "unheard of"
    other = {**moved("other").model_dump(), "kind": kind, "body": body}
    await recorded.record(*(LedgerEntry.model_construct(**entry) for entry in (newer, other)))
    story = await audit_action(auditor, recorded.id)
    [problem] = map(str, story.problems)
    assert problem.startswith(f"{recorded.id}, entry 7: forged, or of a newer version: {why}")
    assert [audit.ok for audit in await audit_all(auditor)] == [False, True]
    page = action_report(story, datetime(2026, 11, 3, tzinfo=UTC))
    assert f"{kind} (not of the form that this version writes)" in page
    with (console := InertConsole(width=300)).capture() as screen:
        console.print(told(story.action_id, story.entries))
    assert "(not of the form that this version writes)" in screen.get()


def test_problems_are_named_in_words() -> None:
    entries = [LedgerEntry(key=str(n), kind="transition", role="workflows", at="", body={"n": n}) for n in range(1, 5)]
    rows = link(Head(), "a-1", entries, "")
    head = Head(4, rows[-1].hash)

    def words(*problem_rows: int, end: Head | None = head) -> list[str]:
        return [str(problem) for problem in verify("a-1", [rows[index] for index in problem_rows], end)]

    assert words(0, 1, 2, 3) == []
    assert verify("a-1", [], None) == []
    assert words(0, 2, 3) == ["a-1, entry 3: it follows entry 1; what was between them is missing"]
    assert words(0, 1) == ["a-1, chain: entries 3 to 4 at its end are missing"]
    assert words() == ["a-1, chain: all of its 4 entries are missing"]
    assert words(0, 1, 2, 3, end=None) == ["a-1, chain: its head is missing"]
    assert words(0, 1, 2, 3, end=Head(4, GENESIS)) == [
        "a-1, entry 4: the head does not fit the last entry; one was changed"
    ]
    forged = [replace(rows[0], body={"n": 7}), *rows[1:]]
    assert [str(problem) for problem in verify("a-1", forged, head)] == [
        "a-1, entry 1: its contents do not have its hash; it was changed"
    ]


UNAPPROVED = {
    "nobody approved": "DELETE FROM leverframe.approvals",
    "another plan was approved": "UPDATE leverframe.approvals SET digest = repeat('0', 64)",
    "another action's plan was approved": f"UPDATE leverframe.approvals SET action_id = '{OTHER}'",
    "two were needed": "UPDATE leverframe.approvals SET quorum = 2",
    "it was rejected": "UPDATE leverframe.approvals SET choice = 'reject'",
    "the second of two rejected it": """UPDATE leverframe.approvals SET quorum = 2;
        INSERT INTO leverframe.approvals SELECT action_id, run_id, 6, 'reject', digest, 'rita', 'rita', trust, role, 2
        FROM leverframe.approvals""",
    "the second approved after a third had rejected": """UPDATE leverframe.approvals SET quorum = 2;
        INSERT INTO leverframe.approvals SELECT action_id, run_id, 6, 'reject', digest, 'rita', 'rita', trust, role, 2
        FROM leverframe.approvals WHERE event_id = 5;
        INSERT INTO leverframe.approvals SELECT action_id, run_id, 7, 'approve', digest, 'rob', 'rob', trust, role, 2
        FROM leverframe.approvals WHERE event_id = 5""",
    "the second is the first in capitals": """UPDATE leverframe.approvals SET quorum = 2;
        INSERT INTO leverframe.approvals SELECT action_id, run_id, 6, 'approve', digest, 'OLGA', 'O', trust, role, 2
        FROM leverframe.approvals""",
}


@pytest.mark.parametrize("how", UNAPPROVED)
async def test_an_effect_without_enough_approvals_is_found(
    how: str, recorded: Action, auditor: AsyncEngine, sql: Sql
) -> None:
    for statement in UNAPPROVED[how].split(";"):
        await sql(statement)
    problems = [str(problem) for audit in await audit_all(auditor) for problem in audit.problems]
    assert [problem.split(": ")[0] for problem in problems] == [f"{recorded.id}, entry {seq}" for seq in (3, 4)]
    assert all("cannot be undone" in problem for problem in problems)


async def test_enough_people_before_a_late_rejection_are_enough(
    recorded: Action, approvals: ApprovalRecord, auditor: AsyncEngine
) -> None:
    [plan] = {entry.body["plan"] for entry in (await audit_action(auditor, recorded.id)).entries[2:4]}
    late = decision(recorded.id, str(plan), person="rita", event_id=9, choice="reject")
    await approvals.record(late, ())
    story = await audit_action(auditor, recorded.id)
    assert story.ok
    assert [(told.person, told.choice) for told in story.decisions] == [("olga", "approve"), ("rita", "reject")]


def test_what_takes_back_needs_nobody_and_everything_else_does() -> None:
    planned = reinstating().model_dump(mode="json")
    key: JsonValue = {"order_id": CARD_ORDER}
    pending: JsonValue = {"status": "pending", "version": 1}
    cancelled: JsonValue = {"status": "cancelled", "version": 2}
    cancels: JsonValue = [{"table": "orders", "key": key, "before": pending, "after": cancelled}]
    undoes: JsonValue = [{"table": "orders", "key": key, "before": cancelled, "after": pending}]
    unplanned: dict[str, JsonValue] = {"digest": "", "plan": ""}
    bodies: list[dict[str, JsonValue]] = [
        {"planned": planned, **unplanned, "changes": undoes},  # what was not done yet
        {"planned": {**planned, "tool": "orders.cancel"}, **unplanned, "effect": "write", "changes": cancels},
        {"planned": planned, **unplanned, "changes": undoes},
        {"planned": planned, **unplanned, "changes": cancels},
        {"planned": planned, **unplanned, "changes": []},
        {"planned": {**planned, "tool": "orders.erase"}, **unplanned, "changes": undoes},
        {},
    ]
    effects = [LedgerEntry(key=str(n), kind="effect", role="tools", at="", body=body) for n, body in enumerate(bodies)]
    problems = unapproved("a-1", link(Head(), "a-1", effects, ""), ())
    assert [problem.seq for problem in problems] == [1, 2, 4, 5, 6, 7]


REFUND = Noting({"kind": "refund"}, columns=("sent", "failed"), once=("failed",))


@pytest.mark.parametrize(
    ("notes", "added", "before", "after", "taken_back"),
    [
        (REFUND, {"kind": "refund", "amount": "1.00"}, {"sent": None}, {"sent": True}, True),
        (REFUND, {"kind": "refund"}, {"sent": True, "failed": None}, {"sent": None, "failed": "lost"}, True),
        (REFUND, {"kind": "refund"}, {"sent": True, "failed": "lost"}, {"sent": None, "failed": "lost"}, False),
        (REFUND, {"kind": "refund"}, {"amount": "1.00"}, {"amount": "9.00"}, False),
        (REFUND, {"kind": "charge"}, {"sent": None}, {"sent": True}, False),
        (REFUND, {}, {"sent": None}, {"sent": True}, False),
        (REFUND, {"kind": "refund"}, {"sent": True}, None, False),
        (None, {"kind": "refund"}, {"sent": None}, {"sent": True}, False),
    ],
    ids=["marked", "failed", "failed already", "another column", "another row", "no such column", "gone", "undeclared"],
)
def test_a_tool_of_any_business_notes_what_it_declares(
    notes: Noting | None,
    added: dict[str, JsonValue],
    before: dict[str, JsonValue],
    after: dict[str, JsonValue] | None,
    taken_back: bool,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    @tool("moneys.move", effect="destructive")
    async def move(call: CallContext, arguments: Nothing) -> Result:
        return Result()

    @tool("moneys.note", effect="write", compensates="moneys.move", notes=notes)
    async def note(call: CallContext, arguments: Nothing) -> Result:
        return Result()

    offered = Toolbox().add(move, "bank").add(note, "bank")
    monkeypatch.setattr("audit.checks.toolbox", lambda: offered)
    changes: dict[str, JsonValue] = {
        "moneys.move": [{"table": "moneys", "key": {"id": 7}, "before": None, "after": added}],
        "moneys.note": [{"table": "moneys", "key": {"id": 7}, "before": before, "after": after}],
    }
    effects = [
        LedgerEntry(
            key=name,
            kind="effect",
            role="tools",
            at="",
            body={
                "planned": {"call": "c", "key": "c#1", "tool": name, "arguments": {}},
                "digest": "",
                "plan": "",
                "changes": changed,
            },
        )
        for name, changed in changes.items()
    ]
    problems = unapproved("a-1", link(Head(), "a-1", effects, ""), ())
    assert [problem.seq for problem in problems] == ([1] if taken_back else [1, 2])


def test_a_refund_is_marked_as_what_became_of_it_and_as_nothing_else() -> None:
    key: JsonValue = {"payment_id": "7"}
    booked: JsonValue = {"table": "order_payments", "key": key, "before": None, "after": {"transaction_type": "refund"}}
    planned: dict[str, JsonValue] = {"call": "noting", "key": "noting#1", "tool": "payments.note_refunds"}
    noting: JsonValue = {**planned, "arguments": {}}

    def marked(before: dict[str, JsonValue], after: dict[str, JsonValue]) -> JsonValue:
        return [{"table": "order_payments", "key": key, "before": before, "after": after}]

    changes: list[JsonValue] = [
        marked({"pending": None}, {"pending": True}),
        marked({"pending": True}, {"pending": None}),
        marked({"failure": None}, {"failure": "lost"}),
        marked({"failure": None, "pending": True}, {"failure": "lost", "pending": None}),
        [],
        marked({"failure": "lost"}, {"failure": None}),
        marked({"amount": "1.00"}, {"amount": "9.00"}),
        marked({"pending": True, "amount": "1.00"}, {"pending": None, "amount": "9.00"}),
        marked({}, {}),
    ]
    unplanned: dict[str, JsonValue] = {"digest": "", "plan": ""}
    bodies: list[dict[str, JsonValue]] = [
        {"planned": {**planned, "tool": "payments.refund", "arguments": {}}, **unplanned, "changes": [booked]},
        *({"planned": noting, **unplanned, "changes": change} for change in changes),
    ]
    effects = [LedgerEntry(key=str(n), kind="effect", role="tools", at="", body=body) for n, body in enumerate(bodies)]
    problems = unapproved("a-1", link(Head(), "a-1", effects, ""), ())
    assert [problem.seq for problem in problems] == [1, 7, 8, 9, 10]
