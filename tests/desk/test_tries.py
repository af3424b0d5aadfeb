"""Who tries to sign in too often waits, and nobody else does."""

import pytest
from starlette.exceptions import HTTPException
from starlette.requests import Request

from desk.web.tries import KNOWN, OF_ADDRESS, OF_NAME, WITHIN, Tries, address


def of(host: str) -> Request:
    return Request({"type": "http", "client": (host, 1), "headers": []})


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def refused(tries: Tries, host: str) -> bool:
    try:
        tries.by(of(host))
    except HTTPException as error:
        return error.status_code == 429
    return False


def test_an_address_waits_once_it_has_tried_too_often() -> None:
    clock = Clock()
    tries = Tries(clock)
    assert [refused(tries, "10.0.0.1") for _ in range(OF_ADDRESS + 2)] == [False] * OF_ADDRESS + [True, True]
    assert not refused(tries, "10.0.0.2")
    clock.now += WITHIN / OF_ADDRESS
    assert [refused(tries, "10.0.0.1"), refused(tries, "10.0.0.1")] == [False, True]
    clock.now += 10 * WITHIN
    assert [refused(tries, "10.0.0.1") for _ in range(OF_ADDRESS + 1)].count(True) == 1


def test_a_person_has_tries_of_their_own() -> None:
    tries = Tries(Clock())
    for _ in range(OF_NAME):
        tries.of("olga")
    with pytest.raises(HTTPException, match="Try again in 7 s"):
        tries.of("olga")
    tries.of("rita")


def test_an_office_with_ipv6_is_one_address_and_what_is_remembered_is_bounded() -> None:
    assert address(of("2001:db8:1:2:3::4")) == address(of("2001:db8:1:2:ffff::1")) != address(of("2001:db8:1:3::1"))
    assert address(of("testclient")) == "testclient"
    tries = Tries(Clock())
    for number in range(KNOWN + 5):
        tries.by(of(f"h{number}"))
    assert len(tries._addresses._known) == KNOWN
