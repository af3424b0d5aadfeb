"""Where a system may stand: public addresses, and those of a private network only where it is named. Pure, but for
:func:`resolve`.
"""

import asyncio
import socket
from collections.abc import Iterable
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

from tools.errors import NotConnected, NotSent

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

NAT64 = (IPv6Network("64:ff9b::/96"), IPv6Network("64:ff9b:1::/48"))
"""IPv6 addresses that stand for an IPv4 one, which is their last four bytes (RFC 6052, RFC 8215)."""


def networks(named: Iterable[str]) -> tuple[Network, ...]:
    """Private networks as a setting names them, such as ``10.1.0.0/16``; raises ``ValueError`` for what is none."""
    return tuple(ip_network(name.strip()) for name in named if name.strip())


def may_stand_at(address: Address, private: Iterable[Network]) -> bool:
    """Whether a system may be connected to there: a public address, or one within a network that is named.

    What an IPv6 address stands for counts too: it may be a way to a private IPv4 one.
    """
    inside = _inside(address)
    if any(one in network for network in private for one in (address, inside)):
        return True
    return all(one.is_global and not one.is_multicast for one in (address, inside))


def _inside(address: Address) -> Address:
    if isinstance(address, IPv4Address):
        return address
    if any(address in network for network in NAT64):
        return IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address.sixtofour or (address.teredo[1] if address.teredo else address)


async def resolve(host: str, port: int, private: Iterable[Network]) -> list[Address]:
    """The addresses that a host has now, of which one is connected to: no name is looked up a second time.

    Raises:
        NotConnected: when one of them is private and not named. One is enough: whoever answers for the name chooses
            which of them is used.
        NotSent: when the name has no address now.
    """
    try:
        found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except OSError as error:
        raise NotSent(f"the name {host} has no address now ({type(error).__name__}); nothing was sent") from None
    addresses = [ip_address(str(one[4][0]).partition("%")[0]) for one in found]
    for address in addresses:
        if not may_stand_at(address, private):
            raise NotConnected(
                f"{host} stands at {address}, which is no public address; nothing was sent. Expected one, or the "
                "network named among the private ones of this system"
            )
    return addresses
