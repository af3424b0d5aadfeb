"""Above a limit, whoever approves types how much money goes back; the approvals role itself sees to that."""

from datetime import UTC, datetime

import pytest
from pydantic import JsonValue

from activities.history import Found, Sent, Shown
from activities.permission import permit
from activities.person import Refusal
from activities.sent_before import Known
from leverframe.capability import Claims
from leverframe.contracts.decision import Decision, Judged
from leverframe.contracts.plan import Plan, PlannedCall, RowChange
from leverframe.digest import make_plan
from tests.activities.approvals_desk import ID, REQUESTER, SUBJECT, Desk, asked, directory, plan, signature
from tools.approvals import ApprovalRecord
from worker.testing.keys import OLGA, TENANT

ABOVE, LARGE = "120.00", "500.01"


@pytest.fixture
def desk(approvals: ApprovalRecord) -> Desk:
    return Desk(approvals)


async def accepted(desk: Desk, shown: Plan) -> list[str]:
    return [decision.person for decision in await desk.record.decisions(ID, shown.digest)]


def refused(judged: Judged, words: str) -> None:
    assert (judged.accepted, judged.approved, judged.approvals) == (False, None, ())
    assert words in judged.reason


@pytest.mark.parametrize(
    ("amount", "words"),
    [
        (None, "No amount"),
        ("", "No amount"),
        ("…", "Unreadable amount"),
        ("120,00", "Unreadable amount"),
        ("119.99", "Wrong amount"),
        ("1,200.00", "Wrong amount"),
        ("54.10", "Wrong amount"),
    ],
)
async def test_without_the_right_amount_nothing_is_approved(desk: Desk, amount: str | None, words: str) -> None:
    shown = await desk.show(plan(ABOVE))
    judged = await desk.decide(shown, "olga@support", amount=amount)
    refused(judged, words)
    assert "120" not in judged.reason
    assert await accepted(desk, shown) == []
    # It has cost nothing: whoever then reads the plan still approves it.
    assert (await desk.decide(shown, "olga@support", amount=ABOVE)).approved


@pytest.mark.parametrize("amount", ["120", "120.00", " $ 120.00 ", "120.00 €"])
async def test_the_right_amount_counts_however_it_is_written(desk: Desk, amount: str) -> None:
    shown = await desk.show(plan(ABOVE))
    assert (await desk.decide(shown, "olga@support", amount=amount)).approved
    assert await accepted(desk, shown) == ["olga"]


async def test_below_the_limit_nothing_is_typed(desk: Desk) -> None:
    shown = await desk.show(plan("100.00"))
    assert (await desk.decide(shown, "olga@support", amount=None)).approved


async def test_each_of_several_people_types_it(desk: Desk) -> None:
    shown = await desk.show(plan(LARGE))
    assert (await desk.decide(shown, "olga@support", amount=LARGE)).accepted
    refused(await desk.decide(shown, "rita@support", amount=None), "No amount")
    refused(await desk.decide(shown, "rita@support", amount="500.00"), "Wrong amount")
    assert await accepted(desk, shown) == ["olga"]
    assert (await desk.decide(shown, "rita@support", amount="$500.01")).approved


async def test_to_reject_nothing_is_typed(desk: Desk) -> None:
    shown = await desk.show(plan(ABOVE))
    assert (await desk.decide(shown, "olga@support", choice="reject", amount=None)).accepted
    refused(await desk.decide(shown, "rita@support", amount=ABOVE), "rejected already")


async def test_a_rejection_that_was_kept_quiet_counts_without_an_amount(desk: Desk) -> None:
    shown = await desk.show(plan(ABOVE))
    await desk.history.signal("reject", Decision(code=shown.code), "olga@support")
    refused(await desk.decide(shown, "rita@support", amount=ABOVE), "rejected already")


async def test_a_signature_is_over_the_amount_too(desk: Desk) -> None:
    shown = await desk.show(plan(ABOVE))
    signed = signature(OLGA, shown)
    for amount in ("120", "119.99", None):
        refused(await desk.decide(shown, signed=signed, amount=amount), "The signature does not hold")
    judged = await desk.decide(shown, signed=signed, amount=ABOVE)
    assert judged.approver is not None
    assert (judged.approver.trust, judged.approved is not None) == ("signed", True)


async def test_who_may_not_decide_is_not_asked_for_an_amount(desk: Desk) -> None:
    shown = await desk.show(plan(ABOVE))
    refused(await desk.decide(shown, "max@billing", amount=None), "You do not have the role")


def test_of_an_amount_that_cannot_be_read_nobody_approves() -> None:
    """Not even where no quorum depends on it."""
    action, at = "order_payment_change", datetime.now(UTC)
    arguments: dict[str, JsonValue] = {"order_id": "#W1000001", "payment_method_id": "gift_card_1"}
    call = PlannedCall(call="changing", key="changing#1", tool="orders.change_payment", arguments=arguments)
    claims = Claims(SUBJECT, TENANT, action, REQUESTER, (), "0", ())
    for amount in ("54.10", "a lot", "NaN", "-120.00", "120.005"):
        refund = RowChange(
            table="order_payments", key={"payment_id": "p"}, before=None,
            after={"transaction_type": "refund", "amount": amount},
        )  # fmt: skip
        shown = make_plan(ID, [(call, [refund])])
        request = asked().model_copy(update={"digest": shown.digest})
        sent = Sent(2, at, Decision(code=shown.code, amount=amount), None, "olga@support")
        found = Found(sent, Shown(shown, 1, at))
        if amount == "54.10":
            assert permit(directory(), request, claims, found, Known()).approver.person == "olga"
            continue
        with pytest.raises(Refusal, match="cannot be told"):
            permit(directory(), request, claims, found, Known())
