"""How often somebody may try to sign in: from one address, and under one name."""

import ipaddress
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field

from starlette.exceptions import HTTPException
from starlette.requests import Request

OF_ADDRESS = 60
"""Tries from one address in a row: a whole office may come from one."""
OF_NAME = 10
"""Times that one person signs in in a row."""
WITHIN = 60.0
"""Seconds after which so many may be tried once more."""
KNOWN = 10_000
"""Addresses, and names, that are remembered: who has tried nothing for the longest is forgotten first."""


class Buckets:
    """A token bucket for each of those who try."""

    def __init__(self, most: int, clock: Callable[[], float]) -> None:
        self._most, self._clock = most, clock
        self._known: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def wait(self, who: str) -> float:
        """Take one try of theirs: 0.0 where there was one, else the seconds until there is."""
        now = self._clock()
        left, at = self._known.pop(who, (float(self._most), now))
        left = min(float(self._most), left + (now - at) * self._most / WITHIN)
        allowed = left >= 1
        self._known[who] = (left - allowed, now)
        if len(self._known) > KNOWN:
            self._known.popitem(last=False)
        return 0.0 if allowed else (1 - left) * WITHIN / self._most


@dataclass
class Tries:
    """What the pages on which people sign in ask before anything else."""

    clock: Callable[[], float] = time.monotonic
    _addresses: Buckets = field(init=False)
    _names: Buckets = field(init=False)

    def __post_init__(self) -> None:
        self._addresses, self._names = Buckets(OF_ADDRESS, self.clock), Buckets(OF_NAME, self.clock)

    def by(self, request: Request) -> None:
        """A try from this address, whatever comes of it. Raises HTTPException 429."""
        _refuse(self._addresses.wait(address(request)))

    def of(self, person: str) -> None:
        """A try that has proven who it is: nobody else can use up what a person has. Raises HTTPException 429."""
        _refuse(self._names.wait(person))


def address(request: Request) -> str:
    """From where it comes: of IPv6 the network that one customer of a provider has (RFC 6177)."""
    host = request.client.host if request.client else ""
    try:
        found = ipaddress.ip_address(host)
    except ValueError:
        return host
    return str(ipaddress.ip_network((found, 64), strict=False)) if found.version == 6 else host


def _refuse(seconds: float) -> None:
    if seconds:
        again = int(seconds) + 1
        told = f"Too many people have tried to sign in from here, or one too often. Try again in {again} s."
        raise HTTPException(429, told, headers={"Retry-After": str(again)})
