"""The tools role's activities: refusals are data, what cannot succeed is not retried, the rest is."""

import pytest
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from sqlalchemy import text
from sqlalchemy.exc import OperationalError
from temporalio.exceptions import ApplicationError
from temporalio.testing import ActivityEnvironment

from activities.calling import CallingActivities
from activities.recording import RecordingActivities
from leverframe.contracts.calling import CallRequest, CallResult, Previewed, PreviewRequest
from leverframe.contracts.ledger import LedgerEntry, RecordRequest
from leverframe.contracts.plan import Plan, PlannedCall
from tests.postgres import Database
from tests.two_customers import ANN, BOBS, CARD_ORDER, SHIPPED, Everything, Sql, cancelling, refunding
from tools.base import Arguments, CallContext, Result, Toolbox, tool
from tools.catalogue import TOOLBOX
from tools.scope import ScopedSessions, create_engine

ID = "order_cancellation-0123456789abcdef-00000000000a"
LISTING = PlannedCall(call="reading", key="reading#1", tool="orders.list", arguments={})


class Payout(Arguments):
    order_id: str
    to: str


class Paid(Result):
    to: str


@tool("payments.divert", effect="write")
async def divert(call: CallContext, arguments: Payout) -> Paid:
    """A tool with a bug: it writes what its login may not write."""
    await call.session.execute(text("UPDATE shop.orders SET customer_id = :to"), {"to": arguments.to})
    return Paid(to=arguments.to)


@tool("notes.echo", effect="write")
async def echo(call: CallContext, arguments: Payout) -> Paid:
    return Paid(to=arguments.to)


@pytest.fixture
def calling(shop: None, sessions: ScopedSessions) -> CallingActivities:
    return CallingActivities(sessions, TOOLBOX)


async def preview(calling: CallingActivities, *calls: PlannedCall) -> Previewed:
    request = PreviewRequest(action_id=ID, action="order_cancellation", subject=ANN, calls=calls)
    return await ActivityEnvironment().run(calling.preview, request)


async def call(
    calling: CallingActivities,
    planned: PlannedCall,
    approved: Plan | None = None,
    placeholders: dict[str, str] | None = None,
) -> CallResult:
    request = CallRequest(
        action_id=ID,
        action="order_cancellation",
        subject=ANN,
        planned=planned,
        approved=approved,
        placeholders=placeholders or {},
    )
    return await ActivityEnvironment().run(calling.call, request)


async def test_read_preview_and_both_writes(calling: CallingActivities, sql: Sql) -> None:
    orders = (await call(calling, LISTING)).output["orders"]
    assert isinstance(orders, list)
    assert len(orders) == 3
    plan = (await preview(calling, cancelling(), refunding())).plan
    assert plan
    assert [(await call(calling, each, plan)).status for each in (cancelling(), refunding())] == ["succeeded"] * 2
    assert await sql("SELECT count(*) FROM shop.order_payments WHERE transaction_type = 'refund'") == [(1,)]


async def test_a_business_refusal_is_data(calling: CallingActivities) -> None:
    refused = await preview(calling, cancelling(SHIPPED), refunding(SHIPPED))
    assert refused == Previewed(
        plan=None, refusal=f"Order {SHIPPED} is delivered; only a pending order can be cancelled."
    )
    assert (await preview(calling, cancelling(BOBS))).refusal == f"The customer has no order {BOBS}."


@pytest.mark.parametrize(
    ("planned", "kind", "words"),
    [
        (cancelling(), "NotApproved", "without an approved plan"),
        (refunding(), "NotApproved", "without an approved plan"),
        (LISTING.model_copy(update={"tool": "orders.erase"}), "UnknownTool", "known are orders.cancel"),
        (LISTING.model_copy(update={"arguments": {"customer_id": "bob"}}), "BadArguments", "customer_id"),
    ],
)
async def test_what_cannot_succeed_is_not_tried_again(
    planned: PlannedCall, kind: str, words: str, calling: CallingActivities, everything: Everything
) -> None:
    before = await everything()
    with pytest.raises(ApplicationError, match=words) as failed:
        await call(calling, planned)
    assert (failed.value.type, failed.value.non_retryable) == (kind, True)
    assert await everything() == before


async def test_a_tool_that_the_database_stops_is_not_tried_again_and_quotes_nothing(
    shop: None, sessions: ScopedSessions, everything: Everything
) -> None:
    calling = CallingActivities(sessions, Toolbox().add(divert))
    before = await everything()
    planned = PlannedCall(
        call="paying", key="paying#1", tool="payments.divert", arguments={"order_id": CARD_ORDER, "to": "bob_ray_1002"}
    )
    with pytest.raises(ApplicationError, match="InsufficientPrivilege") as failed:
        await call(calling, planned)
    assert (failed.value.type, failed.value.non_retryable) == ("DatabaseRefused", True)
    assert "bob" not in str(failed.value)
    assert await everything() == before


async def test_a_database_that_is_away_is_tried_again(database: Database) -> None:
    engine = create_engine(database.tools_url.replace("leverframe-", "nowhere-"))
    with pytest.raises(OperationalError) as failed:
        await call(CallingActivities(ScopedSessions(engine, database.scope_key), TOOLBOX), LISTING)
    await engine.dispose()
    assert not isinstance(failed.value, ApplicationError)


async def test_masked_values_are_put_back_for_the_tool_and_not_for_the_ledger(
    shop: None, sessions: ScopedSessions, sql: Sql
) -> None:
    calling = CallingActivities(sessions, Toolbox().add(echo))
    planned = PlannedCall(
        call="noting", key="noting#1", tool="notes.echo", arguments={"order_id": CARD_ORDER, "to": "<EMAIL_1>"}
    )
    result = await call(calling, planned, placeholders={"<EMAIL_1>": "ann@example.com"})
    assert result.output == {"to": "ann@example.com"}
    assert await sql("SELECT body -> 'planned' -> 'arguments' ->> 'to' FROM leverframe.ledger") == [("<EMAIL_1>",)]


async def test_a_plan_shows_the_real_value_and_executes_as_it_was_shown(calling: CallingActivities) -> None:
    masked = PlannedCall(
        call="cancelling",
        key="cancelling#1",
        tool="orders.cancel",
        arguments={"order_id": "<ORDER_1>", "reason": "no longer needed"},
    )
    known = {"<ORDER_1>": CARD_ORDER}
    request = PreviewRequest(
        action_id=ID, action="order_cancellation", subject=ANN, calls=(masked,), placeholders=known
    )
    plan = (await ActivityEnvironment().run(calling.preview, request)).plan
    assert plan
    assert plan.calls[0].changes[0].key == {"order_id": CARD_ORDER}
    assert (await call(calling, masked, plan, known)).status == "succeeded"


async def test_entries_are_recorded_once_with_the_trace_they_belong_to(sessions: ScopedSessions, sql: Sql) -> None:
    recording = RecordingActivities(sessions)
    entries = tuple(
        LedgerEntry(key=f"{n}", kind="transition", role="workflows", at="2026-05-04T12:00:00+00:00", body={"n": n})
        for n in range(3)
    )
    with TracerProvider().get_tracer("test").start_as_current_span("record") as span:
        for end in (2, 3, 3):
            request = RecordRequest(action_id=ID, entries=entries[:end])
            await ActivityEnvironment().run(recording.record, request)
    trace_id = trace.format_trace_id(span.get_span_context().trace_id)
    assert await sql("SELECT key, trace_id FROM leverframe.ledger ORDER BY seq") == [
        (str(n), trace_id) for n in range(3)
    ]


@pytest.mark.parametrize(("kind", "key"), [("effect", "x"), ("transition", "effect:cancelling#1")])
async def test_nobody_reports_an_effect_that_a_call_did_not_have(
    kind: str, key: str, sessions: ScopedSessions, sql: Sql
) -> None:
    entry = LedgerEntry.model_validate({"key": key, "kind": kind, "role": "tools", "at": "", "body": {"output": {}}})
    with pytest.raises(ApplicationError, match="recorded by the call") as failed:
        await ActivityEnvironment().run(
            RecordingActivities(sessions).record, RecordRequest(action_id=ID, entries=(entry,))
        )
    assert failed.value.non_retryable
    assert await sql("SELECT count(*) FROM leverframe.ledger") == [(0,)]
