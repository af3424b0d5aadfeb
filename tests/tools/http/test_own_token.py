"""A declared tool with the user's own token: a system that knows its users sees this one, for this call alone."""

import io
import logging
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest
from opentelemetry import context
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import ConsoleSpanExporter, SimpleSpanProcessor

from activities.call_spans import TRACER, tool_call
from leverframe.contracts.plan import PlannedCall
from tests.support.authorization import ORDERS, OTHERS, Company, OrdersSystem
from tests.support.two_customers import ANN, BOB, Action, Everything, Sql
from tools.base import Arguments, Toolbox
from tools.credential import UserToken
from tools.errors import NotApproved, NotConnected, ToolRefused
from tools.http.answers import Told, changed
from tools.http.api import Api
from tools.http.changing import Change, changes
from tools.http.reading import Reading
from tools.http.safeguards import Compared, Repeatable
from tools.http.system import HttpSystem
from tools.outside import Outside
from tools.token_exchange import TokenExchange

SCOPES = ("orders:read", "orders:change")


class Notes(HttpSystem):
    MISSING = "no notes here"


class Note(Told):
    note: str


class Write(Arguments):
    customer: str
    note: str


def tools(credential: UserToken) -> Toolbox:
    api = Api(system=Notes, credential=credential, rule="NOTES")
    path = "/customers/{customer}/note"
    change: Change[Write, Note] = Change(
        method="PUT",
        path=path,
        of="orders.note",
        arguments=Write,
        key=("customer",),
        reading=Reading(path=path, answer=Note),
        becomes=lambda asked, now: changed(now, {"note": asked.note}),
        same=Repeatable(),
        conflicts=Compared(),
    )
    return Toolbox().add(changes("notes.write", api, change))


def writing(customer: str, note: str = "ring twice") -> PlannedCall:
    arguments = {"customer": customer, "note": note}
    return PlannedCall(call="writing", key="writing#1", tool="notes.write", arguments=arguments)


@pytest.fixture
async def anns(action: Action, exchange: TokenExchange, orders: OrdersSystem) -> AsyncIterator[Action]:
    notes = Notes(orders.url, private=["127.0.0.0/8"])
    yield replace(action, outside=Outside(notes, exchange), tools=tools(UserToken(ORDERS, SCOPES)))
    await notes.close()


@pytest.fixture
def bobs(anns: Action) -> Action:
    return replace(anns, id="order_cancellation-0123456789abcdef-000000000002", subject=BOB)


async def test_the_system_sees_a_token_for_this_user_this_system_and_this_call(
    anns: Action, bobs: Action, orders: OrdersSystem, company: Company, sql: Sql
) -> None:
    before = len(company.exchanged())
    for action in (anns, bobs):
        call = writing(action.subject, f"for {action.subject}")
        plan = await action.preview(call)
        (change,) = plan.calls[0].changes
        assert change.asking is not None
        assert change.asking.credential == "user"
        assert (await action.run(call, plan)).status == "succeeded"
    assert orders.changed == [(ANN, f"for {ANN}"), (BOB, f"for {BOB}")]
    assert {claims["sub"] for claims in orders.claims} == {ANN, BOB}
    for claims in orders.claims:
        assert (claims["aud"], str(claims["scope"]).split(), claims["act"]) == (
            ORDERS,
            [*SCOPES],
            {"sub": "leverframe"},
        )
        assert claims["action_id"] == (anns.id if claims["sub"] == ANN else bobs.id)
    assert {*company.exchanged()[before:]} == {f"{who} {ORDERS} writing#1" for who in (ANN, BOB)}
    assert await sql("SELECT DISTINCT state FROM leverframe.outbox") == [("answered",)]


async def test_another_users_is_refused_by_the_system_itself(anns: Action, bobs: Action, orders: OrdersSystem) -> None:
    with pytest.raises(ToolRefused, match=r"The system refuses it \(HTTP 403\)"):
        await anns.preview(writing(BOB))
    plan = await bobs.preview(writing(BOB))
    with pytest.raises(NotApproved):
        await anns.run(writing(BOB), plan)
    assert orders.changed == []
    assert {claims["sub"] for claims in orders.claims} == {ANN, BOB}


@pytest.mark.parametrize(
    "credential",
    [UserToken(OTHERS, ("payments:refund",)), UserToken(ORDERS, ("orders:read",))],
    ids=["audience", "scope"],
)
async def test_a_token_for_another_system_or_for_less_changes_nothing(
    anns: Action, orders: OrdersSystem, credential: UserToken
) -> None:
    anns = replace(anns, tools=tools(credential))
    if credential.audience == OTHERS:
        with pytest.raises(NotConnected, match="HTTP 401"):
            await anns.preview(writing(ANN))
    else:
        refused = await anns.run(writing(ANN), await anns.preview(writing(ANN)))
        assert (refused.status, refused.message) == ("failed", "The system refuses it (HTTP 403). (NOTES)")
    assert orders.changed == []


async def test_the_token_stands_in_no_record_payload_log_or_span(
    anns: Action, orders: OrdersSystem, everything: Everything, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    spans, provider = io.StringIO(), TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(ConsoleSpanExporter(out=spans)))
    attached = context.attach(context.set_value(TRACER, provider.get_tracer("test")))
    with tool_call("notes.write", "writing#1"):
        plan = await anns.preview(writing(ANN))
        result = await anns.run(writing(ANN), plan)
    context.detach(attached)
    assert result.status == "succeeded"
    told = [plan.model_dump_json(), result.model_dump_json(), repr(result), spans.getvalue(), caplog.text]
    told.append(str(await everything()))
    assert "notes.write" in spans.getvalue()
    assert "orders.note" in told[-1]
    tokens = {*orders.seen}
    assert tokens
    for token in tokens:
        assert all(part not in text for text in told for part in (token, *token.split(".")[1:]))
