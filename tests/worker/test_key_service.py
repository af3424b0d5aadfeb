"""The key service as a worker, a stranger and a restart meet it."""

import asyncio
import json
import logging
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import psycopg
import pytest
from aiohttp import ClientSession, web
from psycopg import errors
from temporalio.testing import WorkflowEnvironment

from leverframe.errors import InvalidKeys, KeyServiceUnreachable, KeyUnknown, Undecryptable
from leverframe.key_service import KeyService
from leverframe.keys import PayloadKeys
from leverframe.subject_keys import MOST_ASKED, SubjectKeys
from tests.support.two_customers import Sql
from tools.scope import create_engine
from worker.codec.server import serving
from worker.keys.service import KeyServer
from worker.keys.shredder import Shredder
from worker.keys.store import KeyStore
from worker.testing.keys import PAYLOADS, payload
from worker.testing.postgres import Database, libpq
from worker.testing.serving import KEY_SERVICE_TOKEN, key_service
from worker.testing.waiting import until

MIA, BO = "aa" * 8, "bb" * 8
ERASING = f"customer_erasure-{MIA}-0123456789ab"


@dataclass
class Service:
    """A running key service."""

    store: KeyStore
    asking: KeyService
    address: str
    sql: Sql

    async def doom(self, pseudonym: str = MIA, by: str = ERASING) -> None:
        await self.sql(f"UPDATE leverframe.subject_keys SET doomed_by = '{by}' WHERE pseudonym = '{pseudonym}'")


@pytest.fixture
async def service(database: Database, sql: Sql) -> AsyncIterator[Service]:
    async with key_service(database) as (store, asking):
        yield Service(store, asking, asking.url, sql)


async def test_a_person_has_one_key_which_is_made_when_it_is_first_needed(service: Service) -> None:
    assert (await service.asking.find(MIA)).state == "none"
    made = await asyncio.gather(*(service.asking.ensure(MIA) for _ in range(8)))
    assert {(key.state, key.key) for key in made} == {("active", made[0].key)}
    assert len(made[0].key or b"") == 32
    assert await service.asking.find(MIA) == made[0]
    assert (await service.asking.ensure(BO)).key != made[0].key


async def test_the_database_holds_no_key_in_plain(service: Service, sql: Sql) -> None:
    key = (await service.asking.ensure(MIA)).key
    assert key is not None
    ((wrapped, number),) = await sql("SELECT wrapped, ring_number FROM leverframe.subject_keys")
    assert isinstance(wrapped, bytes)
    assert key not in wrapped
    assert number == PAYLOADS.newest


@pytest.mark.parametrize("header", [None, "", "Bearer", "Bearer wrong", f"Basic {KEY_SERVICE_TOKEN}", "Bearer \u00e9"])
@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "POST"])
async def test_a_stranger_gets_nothing(header: str | None, method: str, service: Service, sql: Sql) -> None:
    headers = {} if header is None else {"Authorization": header}
    body = {"pseudonyms": [MIA]}
    async with ClientSession() as session:
        for path in (f"/keys/{MIA}", "/keys"):
            async with session.request(method, f"{service.address}{path}", headers=headers, json=body) as answer:
                assert (answer.status, await answer.text()) == (401, "The key service's token is needed.")
    assert await sql("SELECT * FROM leverframe.subject_keys") == []


@pytest.mark.parametrize("name", ["x", "AA" * 8, "aa" * 9, "%2e%2e/keys", "aa" * 8 + "/x", "%27%20OR%20true--"])
async def test_only_a_pseudonym_names_a_key(name: str, service: Service, sql: Sql) -> None:
    headers = {"Authorization": f"Bearer {KEY_SERVICE_TOKEN}"}
    async with ClientSession() as session:
        for method in ("GET", "PUT", "DELETE"):
            async with session.request(method, f"{service.address}/keys/{name}", headers=headers) as answer:
                assert answer.status in (404, 405)
    assert await sql("SELECT * FROM leverframe.subject_keys") == []


async def test_many_keys_are_told_as_each_of_them_is(service: Service) -> None:
    """And none is made: who has none goes on having none."""
    doomed, destroyed, other, none = ("cc" * 8, "dd" * 8, "ee" * 8, "ff" * 8)
    names = [MIA, BO, doomed, destroyed, none]
    for name in (*names[:-1], other):
        await service.asking.ensure(name)
    for name in (doomed, destroyed):
        await service.doom(name)
    await service.store.destroy(destroyed)
    told = await service.asking.find_many(names)
    assert [told[name].state for name in names] == ["active", "active", "doomed", "destroyed", "none"]
    assert told == {name: await service.asking.find(name) for name in names}
    assert await service.sql(f"SELECT * FROM leverframe.subject_keys WHERE pseudonym = '{none}'") == []


NO_NAMES: list[tuple[bytes, int]] = [
    (b"", 400), (b"x", 400), (b"[]", 400), (b"{}", 400), (b'{"pseudonyms": []}', 400), (b'{"pseudonyms": null}', 400),
    (b'{"pseudonyms": ["' + b"AA" * 8 + b'"]}', 400), (b'{"pseudonyms": ["' + b"aa" * 8 + b'\\n"]}', 400),
    (b'{"pseudonyms": ["' + b"aa" * 8 + b'"], "all": true}', 400), (b'{"pseudonyms": ["%"]}', 400),
    (json.dumps({"pseudonyms": [MIA] * (MOST_ASKED + 1)}).encode(), 400), (b"[" * 20_000, 413),
]  # fmt: skip


@pytest.mark.parametrize(("body", "status"), NO_NAMES, ids=range(len(NO_NAMES)))
async def test_only_so_many_pseudonyms_name_keys(body: bytes, status: int, service: Service) -> None:
    await service.asking.ensure(MIA)
    headers = {"Authorization": f"Bearer {KEY_SERVICE_TOKEN}"}
    async with ClientSession() as session, session.post(f"{service.address}/keys", data=body, headers=headers) as told:
        assert told.status == status
        text = await told.text()
        assert status == 413 or 'not {"pseudonyms": [...]} with 1 to 500 of them' in text
        assert MIA not in text
    assert len(await service.asking.find_many([MIA] * MOST_ASKED)) == 1


async def test_a_wrong_token_is_told_and_not_shown(service: Service) -> None:
    with pytest.raises(InvalidKeys, match="does not accept this token") as refused:
        await KeyService(service.address, "another token").find(MIA)
    assert "another token" not in str(refused.value)
    for url, token in ((service.address, ""), ("ftp://keys", "token"), ("", "token")):
        with pytest.raises(InvalidKeys, match="needs its address"):
            KeyService(url, token)


async def test_nobody_answering_is_told_after_some_tries() -> None:
    with pytest.raises(KeyServiceUnreachable, match=r"the key service at http://127.0.0.1:9 does not answer"):
        await KeyService("http://127.0.0.1:9", "token").find(MIA)


ANSWERS = ["", "[]", "{}", '{"state": "active"}', '{"state": "none", "key": "%s"}' % ("00" * 32),
           '{"state": "active", "key": "00"}', '{"state": "active", "key": "x"}', '{"state": "lost"}']  # fmt: skip


@pytest.mark.parametrize("text", ANSWERS)
async def test_an_answer_that_is_none_of_a_key_service_is_not_believed(text: str) -> None:
    async def answer(request: web.Request) -> web.Response:
        return web.Response(text=text)

    async def many(request: web.Request) -> web.Response:
        return web.Response(text=f'{{"keys": {{"{MIA}": {text}}}}}')

    app = web.Application()
    app.router.add_get("/keys/{name}", answer)
    app.router.add_post("/keys", many)
    async with serving(app, "127.0.0.1", 0) as address:
        with pytest.raises(KeyServiceUnreachable):
            await KeyService(address, "token").find(MIA)
        for name in (MIA, BO):
            with pytest.raises(KeyServiceUnreachable):
                await KeyService(address, "token").find_many([name])


async def test_a_key_of_somebody_else_than_was_asked_for_is_not_believed() -> None:
    async def many(request: web.Request) -> web.Response:
        return web.json_response({"keys": {name: {"state": "none"} for name in (MIA, BO)}})

    app = web.Application()
    app.router.add_post("/keys", many)
    async with serving(app, "127.0.0.1", 0) as address:
        asking = KeyService(address, "token")
        assert len(await asking.find_many([MIA, BO])) == 2
        with pytest.raises(KeyServiceUnreachable):
            await asking.find_many([MIA])


async def test_a_doomed_key_works_until_it_is_destroyed_and_then_never_again(service: Service) -> None:
    key = (await service.asking.ensure(MIA)).key
    with pytest.raises(ValueError, match="is not doomed"):
        await service.store.destroy(MIA)
    with pytest.raises(ValueError, match="is not doomed"):
        await service.store.destroy(BO)
    await service.doom()
    assert await service.asking.ensure(MIA) == await service.asking.find(MIA)
    assert ((await service.asking.find(MIA)).state, (await service.asking.find(MIA)).key) == ("doomed", key)
    await service.store.destroy(MIA)
    await service.store.destroy(MIA)
    for answer in (await service.asking.find(MIA), await service.asking.ensure(MIA)):
        assert (answer.state, answer.key) == ("destroyed", None)
    ((wrapped, number, by, doomed, destroyed),) = await service.sql(
        "SELECT wrapped, ring_number, doomed_by, doomed_at, destroyed_at FROM leverframe.subject_keys"
    )
    assert (wrapped, number, by) == (None, None, ERASING)
    assert doomed is not None
    assert destroyed is not None


async def test_after_a_restart_everything_stands(service: Service, database: Database) -> None:
    key = await service.asking.ensure(MIA)
    await service.asking.ensure(BO)
    await service.doom(BO)
    await service.store.destroy(BO)
    async with key_service(database) as (_, asking):
        assert await asking.find(MIA) == key
        assert (await asking.ensure(BO)).state == "destroyed"


async def test_a_new_payload_key_takes_over_and_the_old_one_can_go(service: Service, database: Database) -> None:
    kept = [await service.asking.ensure(MIA), await service.asking.ensure(BO)]
    await service.asking.ensure("cc" * 8)
    await service.doom("cc" * 8)
    await service.store.destroy("cc" * 8)
    engine = create_engine(database.keys_url)
    both, newest = PayloadKeys.parse(payload(42, 41)), PayloadKeys.parse(payload(42))
    with pytest.raises(KeyUnknown, match=r"sealed under payload key 41.*LEVERFRAME_PAYLOAD_KEYS"):
        await KeyStore(engine, newest).find(MIA)
    assert await KeyStore(engine, both).rewrap() == 2
    assert await KeyStore(engine, both).rewrap() == 0
    assert [await KeyStore(engine, newest).find(name) for name in (MIA, BO)] == kept
    await engine.dispose()


async def test_a_key_put_into_another_persons_row_does_not_open(service: Service) -> None:
    await service.asking.ensure(MIA)
    await service.asking.ensure(BO)
    await service.sql(
        f"UPDATE leverframe.subject_keys SET wrapped = (SELECT wrapped FROM leverframe.subject_keys WHERE pseudonym = "
        f"'{MIA}') WHERE pseudonym = '{BO}'"
    )
    with pytest.raises(Undecryptable, match=f"the key of {BO} was changed"):
        await service.store.find(BO)
    with pytest.raises(KeyServiceUnreachable, match="answers with 500"):
        await service.asking.find(BO)
    # It does not hide the others' keys; asked for alone, it says what is wrong with it.
    assert (await service.asking.find_many([MIA, BO])).keys() == {MIA}
    keys = SubjectKeys(service.asking)
    await keys.prepare([MIA, BO])
    with pytest.raises(KeyServiceUnreachable, match="answers with 500"):
        await keys.to_read(BO)


async def test_no_key_and_no_token_is_logged(service: Service, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    key = (await service.asking.ensure(MIA)).key
    assert key is not None
    with pytest.raises(InvalidKeys):
        await KeyService(service.address, "another token").find(MIA)
    await service.asking.find_many([MIA, BO])
    with pytest.raises(InvalidKeys):
        await KeyService(service.address, "another token").find_many([MIA])
    await service.doom()
    await service.store.destroy(MIA)
    for secret in (key.hex(), KEY_SERVICE_TOKEN, "another token"):
        assert secret not in caplog.text
    assert KEY_SERVICE_TOKEN not in repr(KeyServer(service.store, KEY_SERVICE_TOKEN))


async def test_it_says_whether_it_is_well(service: Service, database: Database) -> None:
    async with ClientSession() as session:
        async with session.get(f"{service.address}/health") as answer:
            assert answer.status == 200
        gone = create_engine(database.keys_url.replace("/test_", "/gone_"))
        app = KeyServer(KeyStore(gone, PAYLOADS), "token").app()
        async with serving(app, "127.0.0.1", 0) as address, session.get(f"{address}/health") as answer:
            assert (answer.status, await answer.text()) == (503, "The database does not answer.")
        await gone.dispose()


CANNOT = {
    "bring a key back": ("keys", "UPDATE leverframe.subject_keys SET wrapped = '\\x00', ring_number = 41"),
    "doom a key": ("keys", "UPDATE leverframe.subject_keys SET doomed_by = 'me'"),
    "remove the trace": ("keys", "DELETE FROM leverframe.subject_keys"),
    "read a customer": ("keys", "SELECT * FROM shop.customers"),
    "read the ledger": ("keys", "SELECT * FROM leverframe.ledger"),
    "read a key, as the auditor": ("auditor", "SELECT wrapped FROM leverframe.subject_keys"),
    "read a key, as the tools": ("tools", "SELECT wrapped FROM leverframe.subject_keys"),
    "change a key, as the tools": ("tools", "UPDATE leverframe.subject_keys SET wrapped = NULL"),
    "make a key, as the tools": ("tools", "INSERT INTO leverframe.subject_keys (pseudonym) VALUES ('00')"),
    "see a key, as approvals": ("approvals", "SELECT pseudonym FROM leverframe.subject_keys"),
}


@pytest.mark.parametrize("what", CANNOT)
async def test_what_no_login_can_do(what: str, service: Service, database: Database) -> None:
    await service.asking.ensure(MIA)
    await service.doom()
    await service.store.destroy(MIA)
    login, statement = CANNOT[what]
    url: str = getattr(database, f"{login}_url")
    async with await psycopg.AsyncConnection.connect(libpq(url)) as connection:
        with pytest.raises((errors.InsufficientPrivilege, errors.IntegrityConstraintViolation)):
            await connection.execute(statement)


async def test_an_undoomed_key_cannot_be_destroyed_even_by_hand(service: Service, database: Database) -> None:
    await service.asking.ensure(MIA)
    async with await psycopg.AsyncConnection.connect(libpq(database.keys_url)) as connection:
        with pytest.raises(errors.CheckViolation):
            await connection.execute("UPDATE leverframe.subject_keys SET wrapped = NULL, ring_number = NULL")


async def test_the_shredder_waits_for_the_engine_and_then_destroys(
    service: Service, temporal: WorkflowEnvironment, caplog: pytest.LogCaptureFixture
) -> None:
    """It goes on trying while Temporal is away, and destroys what an action doomed that Temporal no longer knows."""
    await service.asking.ensure(MIA)
    await service.doom()
    tries = 0

    async def connect() -> Any:
        nonlocal tries
        tries += 1
        if tries < 3:
            raise OSError("connection refused")
        return temporal.client

    shredding = asyncio.create_task(Shredder(service.store, connect, "nobody").run(every=0.01))
    try:
        found = await until(lambda: service.asking.find(MIA), lambda key: key.state == "destroyed")
        assert found.key is None
    finally:
        shredding.cancel()
        with suppress(asyncio.CancelledError):
            await shredding
    assert tries == 3
    assert "Keys cannot be destroyed now, and it will be tried again: OSError" in caplog.text
