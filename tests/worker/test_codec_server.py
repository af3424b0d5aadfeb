"""The codec server as the Temporal UI, another web page, an operator's CLI and an identity provider's users meet it."""

import asyncio
import io
import json
import logging
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import jwt
import psycopg
import pytest
from aiohttp import ClientResponse, ClientSession, web
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePrivateKey, generate_private_key
from google.protobuf.json_format import MessageToDict, ParseDict
from temporalio.api.common.v1 import Payload, Payloads
from temporalio.converter import WorkflowSerializationContext

from leverframe.codec import EncryptedPayloads
from leverframe.key_service import KeyService
from leverframe.keys import PayloadKeys
from leverframe.subject_keys import SubjectKeys
from worker.cli.codec import codec_server, serve_codec
from worker.codec.access_tokens import AccessTokens
from worker.codec.server import MAX_BODY, CodecServer, parse_origins, serving
from worker.embedded.codec import codec_server as embedded_codec_server
from worker.embedded.process import ServiceError, free_port
from worker.keys.store import KeyStore
from worker.settings.base import SettingsError, load
from worker.settings.codec import CodecSettings
from worker.testing.keys import PAYLOAD_RING, PAYLOADS
from worker.testing.postgres import Database, libpq
from worker.testing.serving import key_service

UI = "http://127.0.0.1:8233"
FROM_UI = {"Origin": UI, "Content-Type": "application/json", "X-Namespace": "default"}
AUDIENCE, ROLE = "temporal-ui", "payload-reader"
SECRET = "Mia Okafor, 12 Elm Street"
CODEC = EncryptedPayloads(PAYLOADS)


@asynccontextmanager
async def codec_at(tokens: AccessTokens | None = None, role: str = "") -> AsyncIterator["Codec"]:
    app = CodecServer(CODEC, parse_origins(f"{UI}, http://localhost:8233"), tokens).app()
    async with serving(app, "127.0.0.1", 0) as address, ClientSession() as session:
        yield Codec(address, session)


class Codec:
    """A running codec server, and whoever asks it."""

    def __init__(self, address: str, session: ClientSession) -> None:
        self.address, self.session = address, session

    async def ask(
        self, path: str, *payloads: Payload, headers: dict[str, str] | None = None, body: str | bytes | None = None
    ) -> tuple[int, str]:
        """Status and text of the answer."""
        if body is None:
            body = json.dumps(MessageToDict(Payloads(payloads=payloads)))
        data = io.BytesIO(body.encode() if isinstance(body, str) else body)
        url = f"{self.address}/{path}"
        async with self.session.post(url, data=data, headers=FROM_UI if headers is None else headers) as answer:
            return answer.status, await answer.text()

    async def options(self, origin: str) -> ClientResponse:
        headers = {
            "Origin": origin,
            "Access-Control-Request-Method": "POST",
            "Access-Control-Request-Headers": "authorization,content-type,x-namespace",
        }
        async with self.session.options(f"{self.address}/decode", headers=headers) as answer:
            return answer


@pytest.fixture
async def codec() -> AsyncIterator[Codec]:
    async with codec_at() as codec:
        yield codec


def plain(text: str = SECRET) -> Payload:
    return Payload(metadata={"encoding": b"json/plain"}, data=json.dumps(text).encode())


async def encrypted(text: str = SECRET) -> Payload:
    (payload,) = await CODEC.encode([plain(text)])
    return payload


def payloads_of(text: str) -> list[Payload]:
    return list(ParseDict(json.loads(text), Payloads()).payloads)


async def test_the_ui_reads_encrypted_payloads(codec: Codec) -> None:
    status, text = await codec.ask("decode", await encrypted(), await encrypted("second"), plain("never encrypted"))
    assert status == 200
    assert payloads_of(text) == [plain(), plain("second"), plain("never encrypted")]


async def test_what_is_about_an_erased_person_is_shown_as_such(database: Database) -> None:
    mia, bo = f"order_cancellation-{'aa' * 8}-0123456789ab", f"order_cancellation-{'bb' * 8}-0123456789ab"
    async with key_service(database) as (store, asking), ClientSession() as session:
        people = SubjectKeys(asking, kept=0)
        sealing = EncryptedPayloads(PAYLOADS, people)
        asked = [
            *await sealing.with_context(WorkflowSerializationContext("default", mia)).encode([plain()]),
            *await sealing.with_context(WorkflowSerializationContext("default", bo)).encode([plain("Bo")]),
        ]
        app = CodecServer(sealing, parse_origins(UI), None).app()
        async with serving(app, "127.0.0.1", 0) as address:
            codec = Codec(address, session)
            assert payloads_of((await codec.ask("decode", *asked))[1]) == [plain(), plain("Bo")]
            await destroy(store, database, "aa" * 8)
            status, text = await codec.ask("decode", *asked)
            assert status == 200
            assert payloads_of(text) == [plain("(erased: the key of this person was destroyed)"), plain("Bo")]


async def destroy(store: KeyStore, database: Database, pseudonym: str) -> None:
    async with await psycopg.AsyncConnection.connect(libpq(database.owner_url), autocommit=True) as owner:
        await owner.execute("UPDATE leverframe.subject_keys SET doomed_by = 'x' WHERE pseudonym = %s", (pseudonym,))
    await store.destroy(pseudonym)


async def test_a_key_service_that_is_away_is_told() -> None:
    people = SubjectKeys(KeyService("http://127.0.0.1:9", "token"))
    payload = Payload(metadata={"encoding": b"binary/encrypted", "encryption-key-id": b"person:" + b"aa" * 8})
    app = CodecServer(EncryptedPayloads(PAYLOADS, people), parse_origins(UI), None).app()
    async with serving(app, "127.0.0.1", 0) as address, ClientSession() as session:
        status, text = await Codec(address, session).ask("decode", payload)
    assert (status, "http://127.0.0.1:9 does not answer" in text) == (503, True)


async def test_what_an_operator_types_is_encrypted(codec: Codec) -> None:
    status, text = await codec.ask("encode", plain())
    assert status == 200
    (payload,) = payloads_of(text)
    assert payload.metadata["encoding"] == b"binary/encrypted"
    assert SECRET.encode() not in payload.data
    assert await CODEC.decode([payload]) == [plain()]


@pytest.mark.parametrize("path", ["decode?preserveStorageRefs=true", "codec/default/decode"])
async def test_only_the_last_part_of_the_path_counts(codec: Codec, path: str) -> None:
    assert (await codec.ask(path, await encrypted()))[0] == 200
    assert (await codec.ask("other", await encrypted()))[0] == 404


async def test_anybody_may_ask_for_its_health(codec: Codec) -> None:
    async with codec.session.get(f"{codec.address}/health") as answer:
        assert (answer.status, await answer.text()) == (200, "ok")


async def test_the_preflight_allows_what_the_ui_sends(codec: Codec) -> None:
    answer = await codec.options(UI)
    assert answer.status == 204
    assert answer.headers["Access-Control-Allow-Origin"] == UI
    assert answer.headers["Vary"] == "Origin"
    assert answer.headers["Access-Control-Allow-Methods"] == "POST"
    allowed = answer.headers["Access-Control-Allow-Headers"].split(", ")
    assert {"content-type", "x-namespace", "authorization"} == set(allowed)


@pytest.mark.parametrize("origin", ["http://evil.example", "http://127.0.0.1:8234", "https://127.0.0.1:8233", "null"])
async def test_a_page_of_another_origin_gets_nothing(codec: Codec, origin: str) -> None:
    preflight = await codec.options(origin)
    assert preflight.status == 403
    assert "Access-Control-Allow-Origin" not in preflight.headers
    status, text = await codec.ask("decode", await encrypted(), headers={**FROM_UI, "Origin": origin})
    assert status == 403
    assert "LEVERFRAME_CODEC_ORIGINS" in text
    assert "Mia" not in text


async def test_a_request_without_origin_gets_nothing(codec: Codec) -> None:
    status, text = await codec.ask("decode", await encrypted(), headers={})
    assert status == 403
    assert "without Origin" in text


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:80", "127.0.0.1.evil.example", "10.0.0.7:80", "x:99999"]
)
async def test_a_name_that_was_made_to_point_here_gets_nothing(codec: Codec, host: str) -> None:
    status, text = await codec.ask("decode", await encrypted(), headers={**FROM_UI, "Host": host})
    assert status == 403
    assert "127.0.0.1 and localhost only" in text


@pytest.mark.parametrize("host", ["localhost:1", "127.0.0.1", "[::1]:8081"])
async def test_this_machine_has_several_names(codec: Codec, host: str) -> None:
    assert (await codec.ask("decode", await encrypted(), headers={**FROM_UI, "Host": host}))[0] == 200


@pytest.mark.parametrize("body", ["", "{", '{"payloads": 3}', f'{{"payloads": "{SECRET}"}}', '{"x": 1}', b"\xff"])
async def test_a_body_that_is_none_is_told_so_and_not_quoted(codec: Codec, body: str | bytes) -> None:
    status, text = await codec.ask("decode", body=body)
    assert (status, text) == (400, 'The body is not {"payloads": [...]} in protobuf\'s JSON form.')
    assert (await codec.ask("decode", body="{}", headers={**FROM_UI, "Content-Type": "text/x; charset=none"}))[0] == 400


DEEP: dict[str, Callable[[int], str]] = {
    "lists": lambda deep: f"{'[' * deep}{']' * deep}",
    "objects": lambda deep: '{"a":' * deep + "1" + "}" * deep,
    "a capability": lambda deep: '{"a":' * deep + f'{{"capability": "{SECRET}"}}' + "}" * deep,
}


@pytest.mark.parametrize("deep", [450, 900, 980, 5000, 100_000])
@pytest.mark.parametrize("kind", DEEP)
async def test_a_payload_that_is_nested_too_deep_is_one_that_is_not_shown(codec: Codec, kind: str, deep: int) -> None:
    nested = Payload(metadata={"encoding": b"json/plain"}, data=DEEP[kind](deep).encode())
    status, text = await codec.ask("decode", await encrypted(), nested, *await CODEC.encode([nested]), plain("third"))
    first, shown, decrypted, last = payloads_of(text)
    assert (status, first, last) == (200, plain(), plain("third"))
    assert shown == decrypted
    assert deep < 1000 or shown == plain("(unreadable: nested too deep, or with too long a number)")
    assert SECRET.encode() not in shown.data


async def test_a_number_too_long_to_read_hides_no_capability(codec: Codec) -> None:
    data = f'{{"capability": "{SECRET}", "n": {"9" * 5000}}}'.encode()
    status, text = await codec.ask("decode", Payload(metadata={"encoding": b"json/plain"}, data=data))
    assert (status, "Mia" in str(payloads_of(text))) == (200, False)


@pytest.mark.parametrize("path", ["decode", "encode"])
async def test_a_body_that_is_nested_too_deep_is_told_so(codec: Codec, path: str) -> None:
    for body in (f'{{"payloads": {"[" * 5000}{"]" * 5000}}}', "[" * 100_000, '{"payloads":' * 5000):
        status, text = await codec.ask(path, body=body)
        assert (status, text) == (400, 'The body is not {"payloads": [...]} in protobuf\'s JSON form.')


async def test_a_body_without_end_is_cut_off(codec: Codec) -> None:
    assert (await codec.ask("decode", body=b" " * MAX_BODY + b"{}"))[0] == 413
    assert (await codec.ask("decode", await encrypted("x" * 2_000_000)))[0] == 200


async def test_a_missing_key_is_named(codec: Codec) -> None:
    (foreign,) = await EncryptedPayloads(PayloadKeys.parse(f"7:{'0b' * 32}")).encode([plain()])
    status, text = await codec.ask("decode", await encrypted(), foreign)
    assert status == 400
    assert "no payload key '7' is known here" in text


async def test_a_changed_payload_is_refused(codec: Codec) -> None:
    payload = await encrypted()
    payload.data = payload.data[:-1] + bytes([payload.data[-1] ^ 1])
    status, text = await codec.ask("decode", payload)
    assert status == 400
    assert "changed since it was encrypted" in text


async def test_the_ui_may_read_a_refusal(codec: Codec) -> None:
    async with codec.session.post(f"{codec.address}/decode", data="{", headers=FROM_UI) as answer:
        assert answer.status == 400
        assert answer.headers["Access-Control-Allow-Origin"] == UI


async def test_the_log_holds_no_payload_and_no_key(codec: Codec, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    payload = await encrypted()
    await codec.ask("decode", payload)
    await codec.ask("encode", plain())
    await codec.ask(f"decode/{SECRET}", payload)
    await codec.ask("decode", body=f'{{"payloads": "{SECRET}"}}')
    await codec.ask("decode", plain(), headers={"Authorization": "Bearer private-token"})
    assert "POST refused with 400" in caplog.text
    key = PAYLOAD_RING.partition(":")[2]
    for hidden in ("Mia", payload.data.hex()[:20], key, "private-token"):
        assert hidden not in caplog.text


class Provider:
    """An identity provider: its key, and what it publishes."""

    def __init__(self) -> None:
        self.key = generate_private_key(SECP256R1())
        self.url = ""
        self.up = True

    def token(self, key: EllipticCurvePrivateKey | None = None, kid: str = "k1", **claims: object) -> str:
        """What the UI's user is given at sign-in; a claim of None is left out."""
        body = {"sub": "olga", "aud": AUDIENCE, "exp": int(time.time()) + 600, "roles": [ROLE], **claims}
        kept = {name: value for name, value in body.items() if value is not None}
        return jwt.encode(kept, key or self.key, algorithm="ES256", headers={"kid": kid})

    async def publish(self, request: web.Request) -> web.Response:
        if not self.up:
            raise web.HTTPServiceUnavailable
        public: dict[str, Any] = jwt.algorithms.ECAlgorithm.to_jwk(self.key.public_key(), as_dict=True)
        return web.json_response({"keys": [{**public, "kid": "k1", "use": "sig", "alg": "ES256"}]})


@pytest.fixture
async def provider() -> AsyncIterator[Provider]:
    provider, app = Provider(), web.Application()
    app.router.add_get("/jwks.json", provider.publish)
    async with serving(app, "127.0.0.1", 0) as address:
        provider.url = f"{address}/jwks.json"
        yield provider


@pytest.fixture
async def guarded(provider: Provider) -> AsyncIterator[Codec]:
    async with codec_at(AccessTokens(provider.url, AUDIENCE, ROLE)) as codec:
        yield codec


def bearing(token: str, **headers: str) -> dict[str, str]:
    return {**FROM_UI, "Authorization": f"Bearer {token}", **headers}


async def test_a_user_with_the_role_sees_payloads(guarded: Codec, provider: Provider) -> None:
    status, text = await guarded.ask("decode", await encrypted(), headers=bearing(provider.token()))
    assert status == 200
    assert payloads_of(text) == [plain()]
    assert (await guarded.ask("encode", plain(), headers=bearing(provider.token())))[0] == 200
    # The UI's preflight comes without the token.
    assert (await guarded.options(UI)).status == 204


@pytest.mark.parametrize(("roles", "permissions"), [(ROLE, None), (None, ["default:read", ROLE])])
async def test_providers_put_roles_in_several_places(
    guarded: Codec, provider: Provider, roles: object, permissions: object
) -> None:
    token = provider.token(roles=roles, permissions=permissions)
    assert (await guarded.ask("decode", await encrypted(), headers=bearing(token)))[0] == 200


async def test_an_operators_cli_has_a_token_and_no_origin(guarded: Codec, provider: Provider) -> None:
    headers = {"Authorization": f"bearer {provider.token()}", "Host": "codec.example.com"}
    assert (await guarded.ask("decode", await encrypted(), headers=headers))[0] == 200


async def test_a_page_of_another_origin_gets_nothing_for_a_good_token(guarded: Codec, provider: Provider) -> None:
    headers = bearing(provider.token(), Origin="http://evil.example")
    assert (await guarded.ask("decode", await encrypted(), headers=headers))[0] == 403


Case = tuple[Callable[[Provider], str], int, str]
NOW = time.time
REFUSED: dict[str, Case] = {
    "expired": (lambda it: it.token(exp=int(NOW()) - 60), 401, "has expired"),
    "another audience": (lambda it: it.token(aud="shop"), 401, "not for the audience"),
    "no audience": (lambda it: it.token(aud=None), 401, "cannot be used (MissingRequiredClaimError)"),
    "no expiry": (lambda it: it.token(exp=None), 401, "cannot be used (MissingRequiredClaimError)"),
    "not yet": (lambda it: it.token(nbf=int(NOW()) + 600), 401, "cannot be used (ImmatureSignatureError)"),
    "another key": (lambda it: it.token(generate_private_key(SECP256R1())), 401, "(InvalidSignatureError)"),
    "an unknown key": (lambda it: it.token(kid="k2"), 401, "not signed by a key of the identity provider"),
    "no key": (lambda it: jwt.encode({"aud": AUDIENCE}, "", algorithm="none"), 401, "not signed by a key"),
    "a secret": (
        lambda it: jwt.encode({"aud": AUDIENCE, "exp": 2**33}, "s" * 32, "HS256", {"kid": "k1"}),
        401,
        "(InvalidAlgorithmError)",
    ),
    "another role": (lambda it: it.token(roles=["reader"]), 403, f"does not give the role '{ROLE}'"),
    "roles that are none": (lambda it: it.token(roles={ROLE: True}, permissions=[7]), 403, "does not give the role"),
    "no token": (lambda it: "not.a.token", 401, "cannot be used (DecodeError)"),
    "nothing": (lambda it: "", 401, "An access token is needed"),
}


@pytest.mark.parametrize("case", REFUSED.values(), ids=REFUSED.keys())
async def test_a_bad_token_opens_nothing(guarded: Codec, provider: Provider, case: Case) -> None:
    made, expected, told = case
    token = made(provider)
    for path, payload in (("decode", await encrypted()), ("encode", plain())):
        status, text = await guarded.ask(path, payload, headers=bearing(token))
        assert (status, told in text) == (expected, True), text
        assert not token or token not in text
    for headers in (FROM_UI, {**FROM_UI, "Authorization": f"Basic {token}"}):
        assert (await guarded.ask("decode", await encrypted(), headers=headers))[0] == 401


async def test_clocks_may_differ_a_little(guarded: Codec, provider: Provider) -> None:
    headers = bearing(provider.token(exp=int(NOW()) - 10))
    assert (await guarded.ask("decode", await encrypted(), headers=headers))[0] == 200


async def test_while_the_providers_keys_are_unknown_nobody_sees_payloads(guarded: Codec, provider: Provider) -> None:
    provider.up = False
    status, text = await guarded.ask("decode", await encrypted(), headers=bearing(provider.token()))
    assert status == 503
    assert "The identity provider's keys cannot be read" in text
    provider.up = True
    assert (await guarded.ask("decode", await encrypted(), headers=bearing(provider.token())))[0] == 200
    # The keys are kept, so that the provider may rest.
    provider.up = False
    assert (await guarded.ask("decode", await encrypted(), headers=bearing(provider.token())))[0] == 200


async def test_many_ask_at_once(guarded: Codec, provider: Provider) -> None:
    headers, payload = bearing(provider.token()), await encrypted()
    answers = await asyncio.gather(*(guarded.ask("decode", payload, headers=headers) for _ in range(40)))
    assert {status for status, _ in answers} == {200}


@pytest.fixture
def settings(monkeypatch: pytest.MonkeyPatch) -> Callable[..., CodecSettings]:
    def read(**values: str) -> CodecSettings:
        given = {"payload_keys": PAYLOAD_RING, "codec_port": "8081", "codec_origins": UI, **values}
        for name, value in given.items():
            monkeypatch.setenv(f"LEVERFRAME_{name.upper()}", value)
        return load(CodecSettings)

    return read


async def test_settings_make_a_server(settings: Callable[..., CodecSettings]) -> None:
    server = codec_server(settings(codec_origins=f" HTTP://LocalHost:8233/ ,{UI},https://ui.example.com:443"))
    assert server.origins == ("http://localhost:8233", UI, "https://ui.example.com")
    assert server.tokens is None
    async with AsyncExitStack() as running:
        address = await running.enter_async_context(serving(server.app(), "127.0.0.1", 0))
        session = await running.enter_async_context(ClientSession())
        assert (await Codec(address, session).ask("decode", await encrypted()))[0] == 200
    assert codec_server(settings(codec_jwks_url="https://id.example.com/jwks", codec_audience="ui")).tokens


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"codec_origins": "*"}, r"LEVERFRAME_CODEC_ORIGINS cannot be used: '\*'"),
        ({"codec_origins": "127.0.0.1:8233"}, "LEVERFRAME_CODEC_ORIGINS cannot be used"),
        ({"codec_origins": " , "}, "LEVERFRAME_CODEC_ORIGINS is empty"),
        ({"codec_jwks_url": "https://id.example.com/jwks"}, "LEVERFRAME_CODEC_AUDIENCE is missing"),
        ({"codec_jwks_url": "file:///etc/passwd", "codec_audience": "ui"}, "LEVERFRAME_CODEC_JWKS_URL cannot be used"),
        ({"payload_keys": "1:abc"}, "LEVERFRAME_PAYLOAD_KEYS cannot be used"),
    ],
)
def test_settings_that_are_wrong_are_told(
    settings: Callable[..., CodecSettings], wrong: dict[str, str], told: str
) -> None:
    with pytest.raises(SettingsError, match=told):
        codec_server(settings(**wrong))


async def test_the_embedded_server_serves_its_ui_and_ends_in_order(tmp_path: Path) -> None:
    ui_port = free_port()
    async with (
        embedded_codec_server(tmp_path, {"LEVERFRAME_PAYLOAD_KEYS": PAYLOAD_RING}, ui_port) as server,
        ClientSession() as session,
    ):
        codec = Codec(server.endpoint, session)
        for name in ("127.0.0.1", "localhost"):
            headers = {**FROM_UI, "Origin": f"http://{name}:{ui_port}"}
            status, text = await codec.ask("decode", await encrypted(), headers=headers)
            assert (status, payloads_of(text)) == (200, [plain()])
        assert (await codec.ask("decode", await encrypted(), headers=FROM_UI))[0] == 403
    assert server.process.process.returncode == 0
    written = server.process.log.read_text()
    assert "refused with 403" in written
    assert PAYLOAD_RING.partition(":")[2] not in written


async def test_a_port_that_is_taken_is_told(codec: Codec, settings: Callable[..., CodecSettings]) -> None:
    port = codec.address.rpartition(":")[2]
    with pytest.raises(ServiceError, match=f"cannot listen on 127.0.0.1:{port}: Address already in use"):
        await serve_codec(settings(codec_port=port))


async def test_capabilities_are_not_shown(codec: Codec) -> None:
    """Who may read an action's input may not take its capability away with it."""
    value = {
        "capability": "En0KEwoE",
        "text": SECRET,
        "calls": [{"approved": "En0KEwoE", "planned": {"approved": True}}],
    }
    (sealed,) = await CODEC.encode([Payload(metadata={"encoding": b"json/plain"}, data=json.dumps(value).encode())])
    status, answer = await codec.ask("decode", sealed)
    assert status == 200
    (shown,) = ParseDict(json.loads(answer), Payloads()).payloads
    withheld = "(a capability, withheld)"
    expected = {**value, "capability": withheld, "calls": [{"approved": withheld, "planned": {"approved": True}}]}
    assert json.loads(shown.data) == expected
