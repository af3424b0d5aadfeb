"""The tools role's activities: refusals are data, what cannot succeed is not retried, the rest is."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from sqlalchemy import text
from sqlalchemy.exc import OperationalError
from sqlalchemy.ext.asyncio import AsyncEngine
from temporalio.exceptions import ApplicationError
from temporalio.testing import ActivityEnvironment

from activities.calling import CallingActivities
from activities.recording import RecordingActivities
from leverframe.capability import Approval, Use, approve, narrow, use_of
from leverframe.contracts.calling import CallRequest, CallResult, Previewed, PreviewRequest
from leverframe.contracts.ledger import LedgerEntry, RecordRequest
from leverframe.contracts.plan import Plan, PlannedCall
from tests.support.keys import capability
from tests.support.two_customers import ANN, BOB, BOBS, CARD_ORDER, SHIPPED, Everything, Sql, cancelling, refunding
from tools.base import Arguments, CallContext, Result, Toolbox, tool
from tools.revocations import revoke_token
from tools.scope import ScopedSessions, create_engine
from tools.shop.provider import provider_of
from tools.toolbox import toolbox
from worker.testing.keys import APPROVALS, ISSUER, VERIFIER
from worker.testing.postgres import Database

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


class Nothing(Arguments):
    pass


@tool("notes.look", effect="read")
async def look(call: CallContext, arguments: Nothing) -> Paid:
    return Paid(to=provider_of(call).service)


@pytest.fixture
def calling(shop: None, sessions: ScopedSessions) -> CallingActivities:
    return CallingActivities(sessions, toolbox(), VERIFIER)


def called_by(workflow_id: str, workflow_type: str = "order_cancellation") -> ActivityEnvironment:
    """The surroundings of an activity that this workflow has called."""
    environment = ActivityEnvironment()
    environment.info = replace(environment.info, workflow_id=workflow_id, workflow_type=workflow_type)
    return environment


async def preview(
    calling: CallingActivities, *calls: PlannedCall, placeholders: dict[str, str] | None = None
) -> Previewed:
    request = PreviewRequest(
        action_id=ID, capability=capability(ANN, action_id=ID), calls=calls, placeholders=placeholders or {}
    )
    return await called_by(ID).run(calling.preview, request)


async def call(
    calling: CallingActivities,
    planned: PlannedCall,
    approved: Plan | None = None,
    placeholders: dict[str, str] | None = None,
    token: str | None = None,
) -> CallResult:
    if token is None:
        token = capability(ANN, action_id=ID)
        token = approved_by(token, ("olga", "signed"), digest=approved.digest) if approved else token
    request = CallRequest(
        action_id=ID, capability=token, planned=planned, approved=approved, placeholders=placeholders or {}
    )
    return await called_by(ID).run(calling.call, request)


def approved_by(token: str, *people: tuple[str, str], digest: str) -> str:
    approvals = [Approval(*person) for person in people]
    return approve(token, ISSUER.public, APPROVALS.newest[1], digest, approvals, soon())


def soon() -> datetime:
    return datetime.now(UTC) + timedelta(hours=1)


async def test_read_preview_and_both_writes(calling: CallingActivities, sql: Sql) -> None:
    orders = (await call(calling, LISTING)).output["orders"]
    assert isinstance(orders, list)
    assert len(orders) == 3
    plan = (await preview(calling, cancelling(), refunding())).plan
    assert plan
    assert [(await call(calling, each, plan)).status for each in (cancelling(), refunding())] == ["succeeded"] * 2
    assert await sql("SELECT count(*) FROM shop.order_payments WHERE transaction_type = 'refund'") == [(1,)]


async def test_nothing_of_a_system_outside_is_asked_ahead(
    calling: CallingActivities, sessions: ScopedSessions, sql: Sql
) -> None:
    """Which would raise here, where there is no access to it."""
    await sql(f"UPDATE shop.order_payments SET provider_payment = 'pi_1' WHERE order_id = '{CARD_ORDER}'")
    calls, token = (cancelling(), refunding()), capability(ANN, action_id=ID)
    request = PreviewRequest(action_id=ID, capability=token, calls=calls, ahead=True)
    assert await called_by(ID).run(calling.preview, request) == Previewed(plan=None, outside=True)
    with pytest.raises(ApplicationError) as failed:
        await called_by(ID).run(calling.preview, request.model_copy(update={"ahead": False}))
    assert failed.value.type == "NotConnected"
    looking = PlannedCall(call="reading", key="reading#1", tool="notes.look", arguments={})
    read = CallRequest(action_id=ID, capability=token, planned=looking, ahead=True)
    looks = CallingActivities(sessions, Toolbox().add(look), VERIFIER)
    assert (await called_by(ID).run(looks.call, read)).status == "failed"


async def test_what_writes_is_never_run_ahead(calling: CallingActivities, sql: Sql) -> None:
    before = await sql("SELECT * FROM shop.orders ORDER BY order_id")
    plan = (await preview(calling, cancelling())).plan
    assert plan
    token = approved_by(capability(ANN, action_id=ID), ("olga", "signed"), digest=plan.digest)
    request = CallRequest(action_id=ID, capability=token, planned=cancelling(), approved=plan, ahead=True)
    with pytest.raises(ApplicationError) as failed:
        await called_by(ID).run(calling.call, request)
    assert (failed.value.type, failed.value.non_retryable) == ("WrongTool", True)
    assert await sql("SELECT * FROM shop.orders ORDER BY order_id") == before


async def test_a_business_refusal_is_data(calling: CallingActivities) -> None:
    refused = await preview(calling, cancelling(SHIPPED), refunding(SHIPPED))
    assert refused == Previewed(
        plan=None, refusal=f"Order {SHIPPED} is delivered; only a pending order can be cancelled. (CANCEL-PENDING)"
    )
    assert (await preview(calling, cancelling(BOBS))).refusal == f"The customer has no order {BOBS}. (OWN-ORDERS)"


@pytest.mark.parametrize(
    ("planned", "kind", "words"),
    [
        (cancelling(), "NotApproved", "without an approved plan"),
        (refunding(), "NotApproved", "without an approved plan"),
        (LISTING.model_copy(update={"tool": "orders.erase"}), "UnknownTool", "known are .*orders.cancel"),
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
    calling = CallingActivities(sessions, Toolbox().add(divert), VERIFIER)
    before = await everything()
    planned = PlannedCall(
        call="paying", key="paying#1", tool="payments.divert", arguments={"order_id": CARD_ORDER, "to": "bob_ray_1002"}
    )
    with pytest.raises(ApplicationError, match="InsufficientPrivilege") as failed:
        await call(calling, planned)
    assert (failed.value.type, failed.value.non_retryable) == ("DatabaseRefused", True)
    assert "bob" not in str(failed.value)
    assert await everything() == before


async def test_an_action_reaches_no_tool_of_another_business(shop: None, sessions: ScopedSessions) -> None:
    """Whoever has taken over the workflows narrows the capability of the shop's action to whatever tool they like."""
    others = CallingActivities(sessions, Toolbox().add(echo, "acme").add(divert, "acme"), VERIFIER)
    write = PlannedCall(
        call="noting", key="noting#1", tool="notes.echo", arguments={"order_id": CARD_ORDER, "to": "ann"}
    )
    for asked in (call(others, write), preview(others, write)):
        with pytest.raises(ApplicationError, match="a tool of the business 'acme'") as refused:
            await asked
        assert (refused.value.type, refused.value.non_retryable) == ("CapabilityRefused", True)


async def test_a_database_that_is_away_is_tried_again(database: Database) -> None:
    engine = create_engine(database.tools_url.replace("leverframe-", "nowhere-"))
    with pytest.raises(OperationalError) as failed:
        await call(CallingActivities(ScopedSessions(engine, database.scope_key), toolbox(), VERIFIER), LISTING)
    await engine.dispose()
    assert not isinstance(failed.value, ApplicationError)


async def test_masked_values_are_put_back_for_the_tool_and_not_for_the_ledger(
    shop: None, sessions: ScopedSessions, sql: Sql
) -> None:
    calling = CallingActivities(sessions, Toolbox().add(echo), VERIFIER)
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
    plan = (await preview(calling, masked, placeholders=known)).plan
    assert plan
    assert plan.calls[0].changes[0].key == {"order_id": CARD_ORDER}
    assert (await call(calling, masked, plan, known)).status == "succeeded"


async def test_entries_are_recorded_once_with_the_trace_they_belong_to(sessions: ScopedSessions, sql: Sql) -> None:
    recording = RecordingActivities(sessions, VERIFIER)
    token = capability(ANN, action_id=ID, days=-1)
    entries = tuple(
        LedgerEntry(key=f"{n}", kind="transition", role="workflows", at="2026-05-04T12:00:00+00:00", body={"n": n})
        for n in range(3)
    )
    with TracerProvider().get_tracer("test").start_as_current_span("record") as span:
        for end in (2, 3, 3):
            request = RecordRequest(action_id=ID, capability=token, entries=entries[:end])
            await called_by(ID).run(recording.record, request)
    trace_id = trace.format_trace_id(span.get_span_context().trace_id)
    assert await sql("SELECT key, trace_id FROM leverframe.ledger ORDER BY seq") == [
        (str(n), trace_id) for n in range(3)
    ]


async def record(sessions: ScopedSessions, entry: LedgerEntry, *, token: str, caller: str = ID) -> None:
    request = RecordRequest(action_id=ID, capability=token, entries=(entry,))
    await called_by(caller).run(RecordingActivities(sessions, VERIFIER).record, request)


@pytest.mark.parametrize(("kind", "key"), [("effect", "x"), ("transition", "effect:cancelling#1")])
async def test_nobody_reports_an_effect_that_a_call_did_not_have(
    kind: str, key: str, sessions: ScopedSessions, sql: Sql
) -> None:
    entry = LedgerEntry.model_validate({"key": key, "kind": kind, "role": "tools", "at": "", "body": {"output": {}}})
    with pytest.raises(ApplicationError, match="recorded by the call") as failed:
        await record(sessions, entry, token=capability(ANN, action_id=ID))
    assert failed.value.non_retryable
    assert await sql("SELECT count(*) FROM leverframe.ledger") == [(0,)]


def only(use: Use) -> str:
    """Ann's capability in this action, narrowed to one use."""
    return narrow(capability(ANN, action_id=ID), str(ISSUER.public[ISSUER.newest[0]]), use, soon())


REFUSED: dict[str, Callable[[], str]] = {
    "no token at all": lambda: "nonsense",
    "damaged": lambda: capability(ANN, action_id=ID)[:-8] + "AAAAAAA=",
    "of another action": lambda: capability(ANN, action_id=f"{ID}-2"),
    "expired": lambda: capability(ANN, action_id=ID, days=-1),
    "narrowed to another tool": lambda: only(use_of("read", ID, [refunding()], {})),
    "narrowed to a preview": lambda: only(use_of("preview", ID, [LISTING], {})),
    "narrowed to recording": lambda: only(Use("record", ID)),
}


@pytest.mark.parametrize("why", REFUSED)
async def test_a_call_beyond_its_capability_opens_no_transaction(why: str, database: Database) -> None:
    engine = create_engine(database.tools_url.replace("leverframe-", "nowhere-"))
    calling = CallingActivities(ScopedSessions(engine, database.scope_key), toolbox(), VERIFIER)
    token = REFUSED[why]()
    with pytest.raises(ApplicationError) as failed:
        await call(calling, LISTING, token=token)
    await engine.dispose()
    assert (failed.value.type, failed.value.non_retryable) == ("CapabilityRefused", True)
    assert token not in str(failed.value)


async def test_an_approval_in_the_request_is_none_in_the_capability(
    calling: CallingActivities, everything: Everything
) -> None:
    """A workflow worker that is taken over has every plan at hand, and no approval of it."""
    plan = (await preview(calling, cancelling(), refunding())).plan
    assert plan
    before = await everything()
    base = capability(ANN, action_id=ID)
    for token in (base, approved_by(base, ("olga", "signed"), digest="0" * 64)):
        with pytest.raises(ApplicationError, match="no approval of this plan") as failed:
            await call(calling, cancelling(), plan, token=token)
        assert failed.value.type == "CapabilityRefused"
    assert await everything() == before


async def test_the_subject_is_the_capabilitys_and_its_approvals_stand_in_the_ledger(
    calling: CallingActivities, sql: Sql
) -> None:
    bobs = await call(calling, LISTING, token=capability(BOB, action_id=ID))
    assert BOBS in str(bobs.output)
    assert CARD_ORDER not in str(bobs.output)
    plan = (await preview(calling, cancelling())).plan
    assert plan
    token = approved_by(capability(ANN, action_id=ID), ("rita", "principal"), ("olga", "signed"), digest=plan.digest)
    assert (await call(calling, cancelling(), plan, token=token)).status == "succeeded"
    use = use_of("destructive", ID, [cancelling()], {}, plan.digest)
    assert await sql("SELECT body ->> 'token', body -> 'approvals' FROM leverframe.ledger") == [
        (
            VERIFIER.verify(token, use).token_id,
            [{"person": "olga", "trust": "signed"}, {"person": "rita", "trust": "principal"}],
        )
    ]


async def test_a_revoked_capability_runs_nothing_and_is_still_recorded(
    calling: CallingActivities, sessions: ScopedSessions, owner: AsyncEngine, sql: Sql
) -> None:
    base = capability(ANN, action_id=ID)
    narrowed = narrow(base, str(ISSUER.public[11]), use_of("read", ID, [LISTING], {}), soon())
    assert (await call(calling, LISTING, token=narrowed)).status == "succeeded"
    token_id = VERIFIER.verify(base, Use("judge", ID)).token_id
    assert await revoke_token(owner, token_id, "the service was taken over")
    for token in (base, narrowed):
        with pytest.raises(ApplicationError, match="revoked") as failed:
            await call(calling, LISTING, token=token)
        assert (failed.value.type, failed.value.non_retryable) == ("CapabilityRefused", True)
    request = PreviewRequest(action_id=ID, capability=base, calls=(cancelling(),))
    with pytest.raises(ApplicationError, match="revoked"):
        await called_by(ID).run(calling.preview, request)
    note = LedgerEntry(key="1", kind="problem", role="workflows", at="", body={})
    await record(sessions, note, token=base)
    assert await sql("SELECT kind FROM leverframe.ledger") == [("problem",)]
    assert (await call(calling, LISTING, token=capability(ANN, action_id=ID))).status == "succeeded"


async def test_only_the_action_itself_calls(calling: CallingActivities, sessions: ScopedSessions, sql: Sql) -> None:
    """Whoever may start any workflow cannot spend an action's capability in another."""
    token = capability(ANN, action_id=ID)
    note = LedgerEntry(key="1", kind="transition", role="workflows", at="", body={})
    stranger = called_by(f"{ID}-2")
    for tried in (
        stranger.run(calling.call, CallRequest(action_id=ID, capability=token, planned=LISTING)),
        stranger.run(calling.preview, PreviewRequest(action_id=ID, capability=token, calls=(cancelling(),))),
        record(sessions, note, token=token, caller=f"{ID}-2"),
        record(sessions, note, token=capability(ANN, action_id=f"{ID}-2")),
        record(sessions, note, token=only(use_of("read", ID, [LISTING], {}))),
    ):
        with pytest.raises(ApplicationError) as failed:
            await tried
        assert failed.value.type == "CapabilityRefused"
    assert await sql("SELECT count(*) FROM leverframe.ledger") == [(0,)]


async def test_a_capability_for_one_action_does_not_serve_another(calling: CallingActivities) -> None:
    """Whose token it is, and even of this very id, does not matter: it was minted for another kind of action."""
    request = PreviewRequest(action_id=ID, capability=capability(ANN, action_id=ID), calls=(cancelling(),))
    with pytest.raises(ApplicationError, match="for the action 'order_cancellation' and not for 'order_return'") as no:
        await called_by(ID, "order_return").run(calling.preview, request)
    assert (no.value.type, no.value.non_retryable) == ("CapabilityRefused", True)
