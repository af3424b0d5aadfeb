"""A system stands at a public address, or in a network that is named."""

import asyncio
import socket
from ipaddress import ip_address
from typing import Any

import pytest

from tools.errors import NotConnected, NotSent
from tools.http.addresses import may_stand_at, networks, resolve

PRIVATE = [
    "127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0", "224.0.0.1",
    "255.255.255.255", "::1", "::", "fe80::1", "fc00::1", "fd00:ec2::254", "ff02::1", "::ffff:127.0.0.1",
    "::ffff:10.0.0.1",
    "64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe", "64:ff9b:1::a00:1", "2002:7f00:1::", "2001:0:0:0:0:0:80ff:fffe",
]  # fmt: skip


@pytest.mark.parametrize("address", PRIVATE)
def test_a_private_address_is_none_for_a_system(address: str) -> None:
    assert not may_stand_at(ip_address(address), ())


@pytest.mark.parametrize(
    "address", ["93.184.216.34", "2606:2800:220:1::1", "::ffff:93.184.216.34", "64:ff9b::5db8:d822"]
)
def test_a_public_address_is_one(address: str) -> None:
    assert may_stand_at(ip_address(address), ())


def test_a_private_address_is_one_where_its_network_is_named() -> None:
    named = networks(["10.1.0.0/16", " ::1/128", ""])
    assert may_stand_at(ip_address("10.1.2.3"), named)
    assert may_stand_at(ip_address("::ffff:10.1.2.3"), named)
    assert may_stand_at(ip_address("::1"), named)
    assert not may_stand_at(ip_address("10.2.0.1"), named)


@pytest.mark.parametrize("name", ["10.0.0.1/8", "localhost", "*", "10.0.0.0/33"])
def test_what_is_no_network_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match=r"network|bits"):
        networks([name])


async def test_one_private_address_among_several_is_enough_to_refuse(monkeypatch: pytest.MonkeyPatch) -> None:
    async def both(*_: Any, **__: Any) -> list[Any]:
        return [(socket.AF_INET, None, 0, "", (one, 443)) for one in ("93.184.216.34", "10.0.0.1")]

    monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", both)
    with pytest.raises(
        NotConnected, match=r"crm.example.com stands at 10.0.0.1, which is no public address; nothing was sent"
    ):
        await resolve("crm.example.com", 443, ())


async def test_a_name_without_address_may_have_one_later() -> None:
    with pytest.raises(NotSent, match=r"the name nobody.invalid has no address now"):
        await resolve("nobody.invalid", 443, ())
