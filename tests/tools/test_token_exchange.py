"""A system outside is asked with the asking user's own token, for one call, and with nobody else's."""

import io
import json
import logging
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar

import httpx2
import jwt
import pytest
from aiohttp import web
from cryptography.hazmat.primitives.asymmetric import ec
from opentelemetry import context
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import ConsoleSpanExporter, SimpleSpanProcessor
from sqlalchemy.ext.asyncio import AsyncEngine

from activities.call_spans import TRACER, tool_call
from leverframe.capability import Claims, use_of
from leverframe.contracts.calling import CallRequest, CallResult
from leverframe.contracts.plan import PlannedCall
from leverframe.errors import CapabilityExpired, CapabilityRefused
from tests.support.authorization import CLIENT_SECRET, ORDERS, OTHERS, TOOLS_KEYS, Company, OrdersSystem, post
from tests.support.keys import capability
from tests.support.two_customers import ANN, BOB, Action, Everything
from tools.assertion import Asking, mint_assertion
from tools.assertion_keys import AssertionKeys, AuthorizationServer, new_assertion_key
from tools.base import CallContext, Nothing, Result, Toolbox, tool
from tools.credential import UserToken
from tools.errors import NotConnected, NotSent
from tools.execute import execute
from tools.outside import NOTHING, Outside
from tools.revocations import revoke_token
from tools.token_exchange import ACCESS_TOKEN, GRANT, JWT, TokenExchange, user_auth
from worker.codec.server import serving
from worker.testing.keys import ISSUER_RING, TOOLS_RING, VERIFIER

READ = UserToken(ORDERS, ("orders:read",))
CLAIMS = Claims(ANN, "test", "order_cancellation", "service", (), "00", ("00",))
ASKING = Asking(CLAIMS, "order_cancellation-1", "reading#1")


@dataclass
class Notes:
    """A business's client of its system."""

    MISSING: ClassVar[str] = "no notes"
    url: str


class Note(Result):
    owner: str
    note: str


@tool("notes.read", effect="read")
async def read_note(call: CallContext, arguments: Nothing) -> Note:
    """Asked twice, as a tool does that looks and then looks again."""
    notes = call.outside.reach(Notes)
    async with httpx2.AsyncClient(auth=await user_auth(call, READ), base_url=notes.url) as http:
        found = [(await http.get("/note")).json() for _ in range(2)]
    return Note(owner=found[1]["customer"]["id"], note=found[1]["note"])


TOOLS = Toolbox().add(read_note)


def reading(visit: int = 1) -> PlannedCall:
    return PlannedCall(call="reading", key=f"reading#{visit}", tool="notes.read", arguments={})


async def run(action: Action, token: str | None = None, visit: int = 1) -> CallResult:
    request = CallRequest(action_id=action.id, capability=token or action.token, planned=reading(visit))
    return await execute(action.sessions, TOOLS, VERIFIER, request, "", action.outside)


@pytest.fixture
def anns(action: Action, exchange: TokenExchange, orders: OrdersSystem) -> Action:
    """An action of Ann's, whose tools reach the company's system."""
    return replace(action, outside=Outside(Notes(orders.url), exchange))


async def test_each_user_is_asked_for_with_their_own_token_and_each_call_with_its_own(
    anns: Action, orders: OrdersSystem, company: Company
) -> None:
    before = len(company.exchanged())
    bobs = replace(anns, id="order_cancellation-0123456789abcdef-000000000002", subject=BOB)
    orders.changed = [(ANN, "ring twice"), (BOB, "at the back")]
    owners = [(await run(action, visit=visit)).output for action in (anns, bobs) for visit in (1, 2)]
    assert owners == [{"owner": ANN, "note": "ring twice"}] * 2 + [{"owner": BOB, "note": "at the back"}] * 2
    # Two requests of a call share a token, two calls do not.
    assert len(orders.seen) == 8
    assert len({*orders.seen}) == 4
    assert company.exchanged()[before:] == [f"{who} {ORDERS} reading#{visit}" for who in (ANN, BOB) for visit in (1, 2)]
    for claims, action in zip(orders.claims[::2], (anns, anns, bobs, bobs), strict=True):
        assert (claims["aud"], claims["scope"], claims["act"]) == (ORDERS, "orders:read", {"sub": "leverframe"})
        assert (claims["sub"], claims["action_id"]) == (action.subject, action.id)
        assert int(str(claims["exp"])) - int(str(claims["iat"])) == 60


async def test_a_token_ends_with_its_life(
    anns: Action, exchange: TokenExchange, orders: OrdersSystem, company: Company
) -> None:
    before = len(company.exchanged())
    for _ in range(2):
        await exchange.token(ASKING, READ)
    assert len(company.exchanged()) == before + 1
    exchange.forget(ASKING, READ)
    await exchange.token(ASKING, READ)
    assert len(company.exchanged()) == before + 2


async def test_a_token_that_the_system_takes_once_goes_with_one_request(
    anns: Action, exchange: TokenExchange, orders: OrdersSystem
) -> None:
    call = CallContext(None, ANN, "a-1", "x#1", Outside(exchange), None, CLAIMS)  # type: ignore[arg-type]
    auth = await user_auth(call, replace(READ, once=True))
    async with httpx2.AsyncClient(auth=auth, base_url=orders.url) as http:
        assert [(await http.get("/note")).status_code for _ in range(2)] == [200, 200]
    assert len({*orders.seen}) == 2


async def test_a_token_that_the_system_takes_no_more_is_used_no_more(
    anns: Action, exchange: TokenExchange, company: Company
) -> None:
    async def refuse(request: web.Request) -> web.Response:
        return web.Response(status=401)

    app = web.Application()
    app.router.add_get("/note", refuse)
    call = CallContext(None, ANN, "a-1", "x#1", Outside(exchange), None, CLAIMS)  # type: ignore[arg-type]
    auth = await user_auth(call, READ)
    before = len(company.exchanged())
    async with serving(app, "127.0.0.1", 0) as url, httpx2.AsyncClient(auth=auth) as http:
        for _ in range(2):
            assert (await http.get(f"{url}/note")).status_code == 401
    assert len(company.exchanged()) == before + 1


async def test_with_an_expired_or_revoked_capability_there_is_no_token(
    anns: Action, owner: AsyncEngine, orders: OrdersSystem, company: Company
) -> None:
    before = company.exchanged()
    expired = capability(ANN, action_id=anns.id, days=-1)
    with pytest.raises(CapabilityExpired):
        await run(anns, expired)
    claims = VERIFIER.verify(anns.token, use_of("read", anns.id, [reading()], {}))
    await revoke_token(owner, claims.token_id, "lost")
    with pytest.raises(CapabilityRefused, match="revoked"):
        await run(anns)
    assert (company.exchanged(), orders.seen) == (before, [])


async def test_without_a_verified_capability_or_a_server_there_is_no_token(anns: Action) -> None:
    nobody = CallContext(None, ANN, "a-1", "x#1", anns.outside)  # type: ignore[arg-type]
    with pytest.raises(NotConnected, match="no verified capability names a user"):
        await user_auth(nobody, READ)
    unconnected = CallContext(None, ANN, "a-1", "x#1", NOTHING, None, CLAIMS)  # type: ignore[arg-type]
    with pytest.raises(NotConnected, match="set LEVERFRAME_TOKEN_URL"):
        await user_auth(unconnected, READ)


REFUSED = {
    "a scope that the user has not there": (ASKING, UserToken(ORDERS, ("payments:refund",)), "has not the scope"),
    "one scope too many": (ASKING, UserToken(ORDERS, ("orders:read", "payments:refund")), "has not the scope"),
    "a system that nobody knows": (ASKING, UserToken("http://evil.example", ("orders:read",)), "knows no such system"),
    "a user who is gone": (replace(ASKING, claims=replace(CLAIMS, subject="gone_1")), READ, "word for this user"),
}


@pytest.mark.parametrize("case", REFUSED)
async def test_the_companys_server_decides(case: str, exchange: TokenExchange) -> None:
    asking, wanted, words = REFUSED[case]
    with pytest.raises(NotConnected, match=words):
        await exchange.token(asking, wanted)


@pytest.mark.parametrize(
    ("changes", "keys", "words"),
    [
        ({"client_secret": "guessed"}, TOOLS_KEYS, "LEVERFRAME_TOKEN_CLIENT_SECRET"),
        ({"client_id": "nobody"}, TOOLS_KEYS, "does not know this client"),
        ({"issuer": "http://another.example"}, TOOLS_KEYS, "keys jwks"),
        ({}, AssertionKeys.parse(f"1:{new_assertion_key()}"), "keys jwks"),
    ],
)
async def test_a_worker_that_the_server_does_not_know_gets_nothing(
    changes: dict[str, str], keys: AssertionKeys, words: str, company: Company
) -> None:
    exchange = TokenExchange(replace(company.server, **changes), keys)
    with pytest.raises(NotConnected, match=words) as refused:
        await exchange.token(ASKING, READ)
    assert CLIENT_SECRET not in str(refused.value)
    await exchange.close()


def assertion(
    company: Company, *, ago: timedelta = timedelta(), keys: AssertionKeys = TOOLS_KEYS, wanted: UserToken = READ
) -> str:
    return mint_assertion(keys, "leverframe", company.issuer, ASKING, wanted, datetime.now(UTC) - ago)


async def exchanged(company: Company, subject_token: str, *, client: str = "leverframe", **form: str) -> int:
    """What the server answers to whoever has the client's secret, and sends this."""
    asked = {"resource": ORDERS, "scope": "orders:read", "requested_token_type": ACCESS_TOKEN} | form
    told = {"grant_type": GRANT, "subject_token": subject_token, "subject_token_type": JWT} | asked
    return (await post(company.server.token_url, (client, CLIENT_SECRET), **told)).status_code


async def test_an_assertion_counts_once_for_one_client_one_system_and_a_minute(company: Company) -> None:
    one = assertion(company)
    assert [await exchanged(company, one) for _ in range(2)] == [200, 400]
    assert await exchanged(company, assertion(company), client="another-program") == 400
    assert await exchanged(company, assertion(company), resource=OTHERS, scope="payments:refund") == 400
    assert await exchanged(company, assertion(company), scope="orders:read orders:change") == 400
    assert await exchanged(company, assertion(company, ago=timedelta(minutes=2))) == 400


async def test_with_every_secret_but_the_tools_roles_key_nobody_speaks_for_a_user(
    anns: Action, orders: OrdersSystem, company: Company
) -> None:
    """The thief has the client's secret, the issuer's key, capabilities, and a token that Ann's call has used."""
    await run(anns)
    caught, before = orders.seen[-1], company.exchanged()
    private = ISSUER_RING.partition("/")[2]
    own = AssertionKeys.parse(f"1:es256-private/{private}")
    claims: dict[str, Any] = {
        "iss": "leverframe",
        "aud": company.issuer,
        "sub": BOB,
        "jti": "x",
        "may_act": {"sub": "leverframe"},
    }
    claims |= {"resource": ORDERS, "scope": "orders:read", "exp": datetime.now(UTC) + timedelta(minutes=1)}
    tries = {
        "the issuer's key as the tools role's": assertion(company, keys=own),
        "a key of their own under the tools role's name": jwt.encode(
            claims, ec.generate_private_key(ec.SECP256R1()), "ES256", headers={"kid": TOOLS_KEYS.newest[0]}
        ),
        "the client's secret as a key": jwt.encode(claims, CLIENT_SECRET.encode(), "HS256"),
        "the public half as a secret": jwt.encode(claims, json.dumps(TOOLS_KEYS.jwks).encode(), "HS256"),
        "no signature": jwt.encode(claims, "", "none"),
        "the capability": anns.token,
        "a token that was used": caught,
    }
    assert {name: await exchanged(company, one) for name, one in tries.items()} == dict.fromkeys(tries, 400)
    service = await post(
        company.server.token_url, ("leverframe", CLIENT_SECRET), grant_type="client_credentials", resource=ORDERS,
        scope="orders:read",
    )  # fmt: skip
    assert service.status_code in (400, 401)
    assert company.exchanged() == before


NESTED = f"{'[' * 30_000}{']' * 30_000}"
ANSWERS = {
    "another kind of token": ({"token_type": "mac"}, 200, NotConnected),
    "no end of its life": ({"expires_in": None}, 200, NotConnected),
    "an end in the past": ({"expires_in": -1}, 200, NotConnected),
    "an empty token": ({"access_token": ""}, 200, NotConnected),
    "an id token": ({"issued_token_type": "urn:ietf:params:oauth:token-type:id_token"}, 200, NotConnected),
    "more than was asked for": ({"scope": "orders:read orders:change"}, 200, NotConnected),
    "less than was asked for": ({"scope": ""}, 200, NotConnected),
    "too long an answer": ({"access_token": "t" * 100_000}, 200, NotSent),
    "an error of its own": ({}, 500, NotSent),
    "too many": ({}, 429, NotSent),
    "elsewhere": ({}, 307, NotSent),
    "an error that quotes what it was sent": ({"error": "TOKEN"}, 400, NotSent),
    "an error that is no text": ({"error": {"TOKEN": 1}}, 400, NotSent),
    "a list": ([], 400, NotSent),
    "an error too deep to read": (NESTED, 400, NotSent),
    "a list as a token": ([], 200, NotConnected),
}
GOOD = {"access_token": "THE-TOKEN", "issued_token_type": ACCESS_TOKEN, "token_type": "Bearer", "expires_in": 60}


@dataclass
class Answering:
    """An authorization server that says what a test wants."""

    told: object = field(default_factory=dict)
    status: int = 200
    url: str = ""

    async def answer(self, request: web.Request) -> web.Response:
        if isinstance(self.told, str):
            return web.Response(text=self.told, status=self.status)
        body = GOOD | self.told if isinstance(self.told, dict) else self.told
        return web.json_response(body, status=self.status, headers={"Location": "/elsewhere"})


@pytest.fixture
async def answering() -> AsyncIterator[Answering]:
    server, app = Answering(), web.Application()
    app.router.add_post("/token", server.answer)
    async with serving(app, "127.0.0.1", 0) as url:
        server.url = f"{url}/token"
        yield server


@pytest.mark.parametrize("case", ANSWERS)
async def test_a_server_that_answers_wrongly_gives_no_token(case: str, answering: Answering) -> None:
    exchange = TokenExchange(AuthorizationServer(answering.url, answering.url, "leverframe", CLIENT_SECRET), TOOLS_KEYS)
    assert (await exchange.token(ASKING, READ)).get_secret_value() == "THE-TOKEN"
    exchange.forget(ASKING, READ)
    answering.told, answering.status, kind = ANSWERS[case]
    with pytest.raises(kind) as wrong:
        await exchange.token(ASKING, READ)
    assert type(wrong.value) is kind
    assert "TOKEN" not in str(wrong.value).replace("LEVERFRAME_TOKEN", "")
    await exchange.close()


async def test_a_server_that_is_away_may_be_back_later() -> None:
    gone = AuthorizationServer("http://127.0.0.1:9/token", "x", "leverframe", CLIENT_SECRET)
    exchange = TokenExchange(gone, TOOLS_KEYS)
    with pytest.raises(NotSent, match="gives no answer"):
        await exchange.token(ASKING, READ)
    await exchange.close()


async def test_no_token_stands_in_a_result_a_record_a_log_or_a_span(
    anns: Action,
    orders: OrdersSystem,
    everything: Everything,
    exchange: TokenExchange,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    spans = io.StringIO()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(ConsoleSpanExporter(out=spans)))
    attached = context.attach(context.set_value(TRACER, provider.get_tracer("test")))
    with tool_call("notes.read", "reading#1"):
        told = [repr(await run(anns)), (await run(anns)).model_dump_json()]
        with pytest.raises(NotConnected) as refused:
            await exchange.token(replace(ASKING, claims=replace(CLAIMS, subject="gone_1")), READ)
    context.detach(attached)
    provider.shutdown()
    written = [*told, repr(refused.value), repr(exchange), repr(exchange.__dict__), repr(anns), caplog.text]
    written += [spans.getvalue(), repr(await everything())]
    assert "notes.read" in spans.getvalue()
    assert caplog.text
    secrets = {*orders.seen, CLIENT_SECRET, TOOLS_RING.partition("/")[2]}
    # An assertion and a token are JWTs, whoever they are for.
    assert [text for text in written for secret in {*secrets, "eyJ"} if secret in text] == []
