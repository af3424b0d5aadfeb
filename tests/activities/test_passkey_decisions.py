"""Decisions signed with a passkey on the desk: who counts, and what is refused in words."""

from datetime import timedelta
from typing import Any

import pytest

from leverframe.contracts.plan import Plan
from leverframe.operators import Operator, Operators
from tests.activities.approvals_desk import ID, Desk, amount_of, directory, plan
from tests.support.authenticator import Authenticator
from tools.approvals import ApprovalRecord

OLGAS, RITAS = Authenticator("b2xnYQ"), Authenticator("cml0YQ")
DESK = "desk"
"""The name that the desk's own client claims, whoever uses it."""


@pytest.fixture
def desk(approvals: ApprovalRecord) -> Desk:
    people = [
        Operator("olga", ["support"], names=["olga@support"], passkeys=[OLGAS.passkey]),
        Operator("rita", ["support"], passkeys=[RITAS.passkey]),
    ]
    return Desk(approvals, Operators(people, "signed"))


def by(device: Authenticator, shown: Plan, **how: Any) -> dict[str, Any]:
    amount = amount_of(shown, "approve")
    return {"passkey": device.decide(ID, shown.digest, amount=amount, **how), "code": shown.digest}


async def test_whoever_owns_the_passkey_has_approved(desk: Desk) -> None:
    shown = await desk.show()
    judged = await desk.decide(shown, DESK, update=True, **by(OLGAS, shown))
    assert judged.accepted
    assert judged.approver is not None
    assert (judged.approver.person, judged.approver.identity, judged.approver.trust) == ("olga", "olga", "signed")
    assert judged.approved is not None


async def test_four_eyes_are_two_devices(desk: Desk) -> None:
    shown = await desk.show(plan("500.01"))
    first = await desk.decide(shown, DESK, **by(OLGAS, shown))
    again = await desk.decide(shown, DESK, **by(OLGAS, shown))
    second = await desk.decide(shown, DESK, **by(RITAS, shown))
    assert (first.accepted, again.accepted, second.accepted) == (True, False, True)
    assert first.approved is None
    assert "another person must decide too" in again.reason
    assert [one.person for one in second.approvals] == ["olga", "rita"]
    assert second.approved is not None


@pytest.mark.parametrize(
    "wrong",
    [
        {"origin": "https://evil.example.com"},
        {"flags": 1},
        {"valid": timedelta(seconds=-1)},
        {"valid": timedelta(days=9)},
    ],
    ids=str,
)
async def test_what_the_passkey_did_not_sign_is_refused_in_words(desk: Desk, wrong: dict[str, Any]) -> None:
    shown = await desk.show()
    judged = await desk.decide(shown, DESK, **by(OLGAS, shown, **wrong))
    assert not judged.accepted
    assert "The passkey's signature does not hold: expected one of this choice on this plan" in judged.reason


async def test_a_signature_of_another_plan_amount_or_choice_does_not_count(desk: Desk) -> None:
    shown, other = await desk.show(), plan("54.11")
    for passkey in (
        OLGAS.decide(ID, other.digest, amount=amount_of(shown, "approve")),
        OLGAS.decide(ID, shown.digest, amount="54.11"),
        OLGAS.decide(ID, shown.digest, "reject", amount=amount_of(shown, "approve")),
        OLGAS.decide(ID + "2", shown.digest, amount=amount_of(shown, "approve")),
    ):
        judged = await desk.decide(shown, DESK, passkey=passkey, code=shown.digest)
        assert "does not hold" in judged.reason


async def test_a_signature_is_used_up(desk: Desk) -> None:
    """Sent once more by whoever saw it, on the same plan or on that plan shown anew, it approves nothing more."""
    shown = await desk.show()
    sent = by(OLGAS, shown)
    assert (await desk.decide(shown, DESK, **sent)).accepted
    assert not (await desk.decide(shown, DESK, **sent)).accepted
    anew = await desk.show(shown)
    assert not (await desk.decide(anew, DESK, **sent)).accepted


async def test_a_revoked_or_unknown_passkey_is_nobodys(desk: Desk) -> None:
    shown = await desk.show()
    lost = OLGAS.passkey.model_copy(update={"revoked": True})
    desk.operators = Operators([Operator("olga", ["support"], passkeys=[lost])], "signed")
    for device in (OLGAS, RITAS):
        judged = await desk.decide(shown, DESK, **by(device, shown))
        assert "This passkey is nobody's here" in judged.reason


async def test_the_requester_does_not_approve_by_passkey(desk: Desk) -> None:
    shown = await desk.show()
    desk.operators = Operators([Operator("storefront", ["support"], passkeys=[OLGAS.passkey])], "signed")
    judged = await desk.decide(shown, DESK, **by(OLGAS, shown))
    assert not judged.accepted
    assert directory("signed").by_passkey(OLGAS.id) is None
