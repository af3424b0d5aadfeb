"""What goes over the wire to a system, and what is taken from it."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any, cast

import pytest
from pydantic import SecretStr

from tests.support.rest_system import SERVICE, Fault, RestSystem
from tests.tools.http.contracts import API, PATH, Contracts
from tools.base import CallContext
from tools.errors import NotConnected, NotSent, Unreachable
from tools.http import system
from tools.http.system import Request

HERE = ["127.0.0.0/8", "::1/128"]
READ = Request("GET", PATH)
CALL = CallContext(session=cast(Any, None), subject="ann", action_id="a-1", key="k")


@pytest.fixture
async def contracts(rest: RestSystem) -> AsyncIterator[Contracts]:
    rest.has(PATH, "ann", delivery="daily")
    client = Contracts(rest.url, token=SecretStr(SERVICE), private=HERE, patience=timedelta(seconds=1))
    yield client
    await client.close()


async def send(client: Contracts, asked: Request = READ) -> system.Reply:
    return await client.send(CALL, API.credential, asked)


async def test_it_is_asked_with_its_token_and_nothing_else_is_told(contracts: Contracts, rest: RestSystem) -> None:
    assert (await send(contracts)).status == 200
    (asked,) = rest.requests
    assert asked.headers == {
        "host": rest.url.removeprefix("http://"), "accept": "application/json", "accept-encoding": "identity",
        "user-agent": "leverframe", "authorization": f"Bearer {SERVICE}",
    }  # fmt: skip


@pytest.mark.parametrize("fault", ["garbage", "redirect", "500 after", "429"])
async def test_an_answer_is_handed_on_as_it_came(contracts: Contracts, rest: RestSystem, fault: Fault) -> None:
    rest.goes_wrong(fault, on_reads=True)
    await send(contracts)
    assert len(rest.requests) == 1, "nothing is followed, and nothing tried again"


@pytest.mark.parametrize("fault", ["timeout before", "reset after", "half an answer", "huge", "endless", "compressed"])
async def test_an_answer_that_cannot_be_read_whole_is_none(
    contracts: Contracts, rest: RestSystem, fault: Fault
) -> None:
    rest.goes_wrong(fault, on_reads=True)
    with pytest.raises(Unreachable, match=r"127.0.0.1 gave no usable answer \(\w+\)") as none:
        await send(contracts)
    assert not isinstance(none.value, NotSent)
    assert (await send(contracts)).status == 200


async def test_a_second_answer_to_one_request_is_nobodys(contracts: Contracts, rest: RestSystem) -> None:
    rest.goes_wrong("doubled answer", on_reads=True)
    await send(contracts)
    await asyncio.sleep(0.1)
    assert b"somebodys" not in (await send(contracts)).content


async def test_no_session_is_kept(contracts: Contracts, rest: RestSystem) -> None:
    rest.goes_wrong("cookie", on_reads=True)
    assert "set-cookie" in (await send(contracts)).headers
    await send(contracts)
    assert "cookie" not in rest.requests[-1].headers


async def test_no_proxy_or_login_of_the_environment_is_used(
    contracts: Contracts, rest: RestSystem, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HTTP_PROXY", "ALL_PROXY", "http_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    client = Contracts(rest.url, token=SecretStr(SERVICE), private=HERE)
    assert (await send(client)).status == 200
    await client.close()


async def test_it_is_connected_to_at_the_address_that_was_checked(
    rest: RestSystem, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever answers for the name cannot name another address once the first was found good."""
    asked = list[str]()

    async def rebound(host: str, port: int, **_: Any) -> list[Any]:
        asked.append(host)
        return [(0, 0, 0, "", ("127.0.0.1" if len(asked) == 1 else "127.0.0.2", port))]

    monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", rebound)
    rest.has(PATH, "ann")
    client = Contracts(f"http://crm.example.com:{rest.port}", token=SecretStr(SERVICE), private=["127.0.0.1/32"])
    assert (await send(client)).status == 200
    assert asked == ["crm.example.com"]
    assert rest.requests[-1].headers["host"] == f"crm.example.com:{rest.port}"
    with pytest.raises(NotConnected, match=r"crm.example.com stands at 127.0.0.2, which is no public address"):
        await send(client)
    await client.close()


async def test_a_system_that_is_away_was_sent_nothing(rest: RestSystem) -> None:
    for url in ("http://127.0.0.1:1", "http://nobody.invalid:8080"):
        client = Contracts(url, token=SecretStr(SERVICE), private=HERE)
        with pytest.raises(NotSent, match="nothing was sent"):
            await send(client)
        await client.close()


async def test_without_a_token_of_its_own_a_service_account_asks_nothing(rest: RestSystem) -> None:
    client = Contracts(rest.url, private=HERE)
    with pytest.raises(NotConnected, match="no contracts here"):
        await send(client)
    assert rest.requests == []
    await client.close()


@pytest.mark.parametrize(
    ("url", "private"),
    [
        ("http://crm.example.com", []), ("ftp://crm.example.com", HERE), ("crm.example.com", []), ("https://", []),
        ("https://a:b@crm.example.com", []), ("https://crm.example.com/?x=1", []), ("https://crm.example.com/#x", []),
        ("https://crm.example.com/{tenant}", []), ("https://crm.example.com/../x", []),
        ("https://crm.example.com/%2e", []),
    ],
)  # fmt: skip
def test_what_is_no_safe_address_is_refused_at_the_start(url: str, private: list[str]) -> None:
    with pytest.raises(ValueError, match=r"expected|is no path template"):
        Contracts(url, private=private)
