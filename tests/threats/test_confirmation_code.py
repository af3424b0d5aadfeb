"""The workflow worker is taken over, and has a plan approved whose confirmation code is that of the plan that was read.

A code is the beginning of a digest. Whoever chooses both plans looks for two with one code, for example by counting the
visits of two states. Here the code is made shorter than it is, so that such a pair is found in a moment.
"""

from collections.abc import Iterator
from hashlib import sha256
from itertools import product

import pytest

import activities.sent_by
import leverframe.contracts.plan
from activities.permission import VISITS
from leverframe import InvalidRequest, Refused
from leverframe.contracts.plan import CODE_LENGTH, Plan, PlannedCall, Row, RowChange
from leverframe.decision_signature import signed
from leverframe.digest import call_digest, canonical, make_plan
from tests.activities import approvals_desk as desk
from tests.support.rig import CHAIR, LAMP
from tests.threats.support import cancelling, forged, refunding
from tools.approvals import ApprovalRecord
from worker.testing.keys import OLGA

SHORT = 6


@pytest.fixture
def short_codes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(leverframe.contracts.plan, "CODE_LENGTH", SHORT)
    monkeypatch.setattr(activities.sent_by, "CODE_LENGTH", SHORT)


def alike(action_id: str, length: int) -> tuple[Plan, Plan] | None:
    """Two plans of different orders with one code of this length, among all that the approvals role could accept."""
    first = {code: visits for visits, code in _codes(action_id, LAMP, length)}
    for visits, code in _codes(action_id, CHAIR, length):
        if code in first:
            return forged(action_id, *_calls(LAMP, *first[code])), forged(action_id, *_calls(CHAIR, *visits))
    return None


def _calls(order_id: str, cancelled: int, refunded: int) -> tuple[PlannedCall, PlannedCall]:
    return cancelling(order_id, cancelled), refunding(order_id, refunded)


def _codes(action_id: str, order_id: str, length: int) -> Iterator[tuple[tuple[int, int], str]]:
    digests = [
        [call_digest(make(order_id, visit), ()).encode() for visit in range(1, VISITS + 1)]
        for make in (cancelling, refunding)
    ]
    start = canonical({"action_id": action_id, "calls": []})[:-2]
    for (a, cancelled), (b, refunded) in product(enumerate(digests[0], 1), enumerate(digests[1], 1)):
        plan = sha256(start + b'"%b","%b"]}' % (cancelled, refunded))
        yield (a, b), plan.hexdigest()[:length]


def test_counting_visits_gives_no_two_plans_with_one_code() -> None:
    assert alike(desk.ID, SHORT) is not None
    assert alike(desk.ID, CODE_LENGTH) is None


async def test_a_plan_with_the_code_of_the_plan_that_was_read(approvals: ApprovalRecord, short_codes: None) -> None:
    """The person reads one plan, recomputes its digest and sends its code; the worker has another one approved."""
    was_read, other = alike(desk.ID, SHORT) or pytest.fail("no pair")
    at = desk.Desk(approvals)
    await at.show(was_read)
    await at.show(other)
    judged = await at.decide(was_read, principal="jwt:olga", digest=other.digest)
    assert (judged.accepted, judged.approved) == (False, None)
    assert "Two plans of this action have this code" in judged.reason
    # The whole digest names one of them.
    assert (await at.decide(was_read, principal="jwt:olga", code=was_read.digest)).accepted


async def test_the_code_of_a_plan_of_which_people_were_shown_the_beginning(approvals: ApprovalRecord) -> None:
    """Its screen ends before the row that matters, and shows a code; what people send with it counts for nothing."""
    at = desk.Desk(approvals)
    before: Row = {"status": "pending"}
    rows = [RowChange(table="orders", key={"n": n}, before=before, after={"status": "x"}) for n in range(200)]
    stolen = RowChange(table="order_payments", key={"n": 1}, before=None, after={"amount": "99.00", "to": "somebody"})
    whole = await at.show(make_plan(desk.ID, [(desk.cancelling(), [*rows, stolen]), (desk.refunding(), [])]))
    for name, principal in (("olga@support", None), ("", "jwt:olga")):
        judged = await at.decide(whole, name, principal=principal, code=whole.code)
        assert (judged.accepted, judged.approved) == (False, None)
        assert "too long for one screen" in judged.reason
    assert (await at.decide(whole, principal="jwt:olga", code=whole.digest)).approved


def test_a_plan_put_in_the_place_of_the_one_that_was_read_is_not_signed(short_codes: None) -> None:
    was_read, other = alike(desk.ID, SHORT) or pytest.fail("no pair")
    key = str(OLGA.newest[1])
    with pytest.raises(InvalidRequest, match="give the whole digest"):
        signed(key, "approve", desk.ID, other, was_read.code, "")
    with pytest.raises(Refused, match="no plan with the digest"):
        signed(key, "approve", desk.ID, other, was_read.digest, "")
    assert signed(key, "approve", desk.ID, was_read, was_read.digest, "").signature
