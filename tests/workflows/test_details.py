"""What operators read in the Temporal UI, as a pure function of an action's story."""

from dataclasses import replace
from datetime import UTC, datetime

from pydantic import JsonValue

from leverframe.confirmation_code import SCREEN, too_long
from leverframe.contracts.plan import Plan, PlannedCall, RowChange
from leverframe.contracts.verdict import Evidence, Verdict
from leverframe.contracts.why import Why
from leverframe.digest import make_plan
from machines.base import lever
from machines.shop.order_cancellation import OrderCancellation
from machines.states import Confirm
from workflows.confirmation import Confirmation
from workflows.details import Page, render
from workflows.markdown import GAP, LONG, inert
from workflows.plan_details import FEW_CHANGES

DEADLINE = datetime(2026, 11, 25, 12, 0, tzinfo=UTC)
CALL = PlannedCall(call="refunding", key="refunding#1", tool="payments.refund", arguments={"order_id": "#W1000001"})
LIMIT = 20_000
"""Bytes of details that Temporal takes."""


def refund(amount: str, number: int = 1) -> RowChange:
    after: dict[str, JsonValue] = {"transaction_type": "refund", "amount": amount}
    return RowChange(table="order_payments", key={"payment_id": str(number)}, before=None, after=after)


def plan(*changes: RowChange) -> Plan:
    return make_plan("a", [(CALL, changes)])


def because(message: str, *verdicts: Verdict) -> Why:
    return Why(requester="storefront", pseudonym="0123456789abcdef", messages=(message,), verdicts=verdicts)


def story(shown: Plan | None = None) -> Page:
    state = lever(OrderCancellation.confirming)
    assert isinstance(state, Confirm)
    return Page(
        action_id="order_cancellation-1",
        machine=OrderCancellation,
        state=state,
        why=because("cancel it"),
        confirmation=Confirmation(state, shown, DEADLINE, 1, "support") if shown else None,
        approved=None,
        parts=(),
        question=None,
        deadline=DEADLINE,
        notice=None,
    )


def bare(shown: str) -> str:
    """Without the room between cells."""
    return shown.replace(GAP, "")


def test_the_money_stands_before_the_rows() -> None:
    shown = render(story(plan(refund("54.10"), refund("5.90", 2))))
    assert shown.index("The money that it is about: **60.00**") < shown.index("order payments")
    assert "Money" not in render(story(plan(RowChange(table="orders", key={"order_id": "1"}, before={}, after={}))))


def test_an_amount_that_cannot_be_read_is_told() -> None:
    assert "How much money it is about cannot be told" in render(story(plan(refund("a lot"))))


def test_many_changes_are_counted_and_few_are_not() -> None:
    few = [refund("1.00", number) for number in range(FEW_CHANGES)]
    assert "| table | what | rows |" not in render(story(plan(*few)))
    many = render(story(plan(*few, RowChange(table="orders", key={"order_id": "1"}, before={"a": 1}, after=None))))
    assert f"| order payments | added | **{FEW_CHANGES}** |" in bare(many)
    assert "| orders | removed | **1** |" in bare(many)


def test_a_plan_that_is_too_long_says_so_and_fits() -> None:
    long = render(story(plan(*(refund("1.00", number) for number in range(500)))))
    assert "This is not all of it" in long
    assert "| order payments | added | **500** |" in bare(long)
    assert SCREEN < len(long.encode()) < LIMIT


def test_a_plan_that_is_too_long_has_no_code_there() -> None:
    shown = plan(*(refund("1.00", number) for number in range(500)))
    said = render(story(shown))
    assert shown.code not in said
    assert "onfirmation code" not in said
    assert "python -m worker show order_cancellation-1" in said
    assert "only the whole digest" in said


def test_whatever_is_not_too_long_is_shown_to_its_last_row() -> None:
    for text in ("x", "\u202e", "|`<", "a_b" * 30, "葛飾区", "https://a.example/b](c)"):
        count = 1
        while not too_long(more := plan(*(refund(f"{text} {number}", number) for number in range(count + 1)))):
            count, fits = count + 1, more
        assert count > 20
        assert "This is not all of it" not in (said := render(story(fits)))
        assert fits.code in said
        assert f"`payment id {count - 1}`" in said
        assert more.code not in render(story(more))


def test_an_approved_plan_that_waits_is_still_shown() -> None:
    shown = render(replace(story(), approved=plan(refund("54.10"))))
    assert "Approved, and not carried out yet." in shown
    assert "54.10" in shown
    assert "Confirmation code" not in shown


def test_verdicts_are_told_in_words() -> None:
    found = Evidence(start=0, end=5, label="email", path="")
    masked = Verdict(
        guard="pii", version="1", judgement="redact", rule="email", reason="personal data was masked", evidence=(found,)
    )
    quiet = masked.model_copy(update={"judgement": "allow", "rule": "none"})
    noted = masked.model_copy(update={"guard": "moderation", "judgement": "allow", "rule": "abuse", "reason": "abuse"})
    shown = render(replace(story(), why=because("cancel it", masked, quiet)))
    assert "`moderation` **let through**: `abuse` (rule `abuse`)" in render(
        replace(story(), why=because("cancel it", noted))
    )
    assert "`pii` **masked**: `personal data was masked` (rule `email`)" in shown
    assert "1 of 2 checks found nothing." in shown


def test_a_long_word_can_be_broken_and_is_copied_whole() -> None:
    for word in ("credit_card_126271986276", "a" * 45, "_" * 30, "a" * 25 + "_b"):
        assert inert(word).replace("`<wbr>`", "") == f"`{word}`"
        assert max(map(len, inert(word).split("<wbr>"))) <= LONG + 2
    assert inert("983afb66-3aa5-58ff-9e2b-a8ef3d689d1a") == "`983afb66-3aa5-58ff-9e2b-a8ef3d689d1a`"


def test_of_a_completed_action_is_told_what_happened() -> None:
    ended = replace(story(), state=lever(OrderCancellation.cancelled), approved=plan(refund("54.10")))
    assert "| What happened | before | after |" in render(ended)
    assert "not carried out" not in render(ended)
    withdrawn = replace(ended, state=lever(OrderCancellation.withdrawn))
    assert "happen" not in render(withdrawn)


def test_what_others_wrote_is_inert() -> None:
    hostile = "# Approved\n\n| x |\n[click](https://evil.example) `code` <script>\u202e"
    shown = render(replace(story(plan(refund("1.00"))), why=because(hostile), notice=hostile))
    assert "\n# Approved" not in shown
    for part in ("](", "<script>", "\u202e", "| x |"):
        assert part not in shown
