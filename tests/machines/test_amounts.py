"""The amount that whoever approves must type: when, which, and what people type of it."""

from datetime import timedelta
from decimal import Decimal

import pytest

from leverframe.contracts.plan import Plan, PlannedCall, RowChange
from leverframe.digest import make_plan
from machines.amounts import amount_refusal, read_amount, two_above, typed_above
from machines.money import Money, total
from machines.money_rules import MoneyRule
from machines.registry import machines
from machines.shop.money_back import FOUR_EYES, TYPED_ABOVE, money_back
from machines.states import Call, Confirm

DAY = timedelta(days=1)
REFUNDING = {"payments.refund", "payments.refund_partly", "orders.change_items", "orders.change_payment"}
"""Tools whose plans give money back: those that book a refund."""


def plan(*amounts: object, table: str = "order_payments", kind: str = "refund") -> Plan:
    """A plan that books these refunds."""
    call = PlannedCall(call="refunding", key="refunding#1", tool="payments.refund", arguments={})
    rows = [{"transaction_type": kind, "amount": str(amount)} for amount in amounts]
    changes = [
        RowChange(table=table, key={"payment_id": str(number)}, before=None, after=dict(row))
        for number, row in enumerate(rows)
    ]
    return make_plan("a", [(call, changes)])


def confirm(limit: Money = TYPED_ABOVE, money: MoneyRule = money_back) -> Confirm:
    people, amount = two_above(FOUR_EYES), typed_above(limit)
    return Confirm(["refunding"], role="support", within=DAY, money=money, quorum=people, amount=amount)


@pytest.mark.parametrize(
    ("typed", "amount"),
    [
        ("120", "120"),
        ("120.00", "120"),
        ("1,234.50", "1234.50"),
        ("1,234,567", "1234567"),
        ("1234567.89", "1234567.89"),
        ("$120", "120"),
        ("€ 120.00", "120"),
        ("120.00 €", "120"),
        ("  £1,234.50 ", "1234.50"),
        ("0", "0"),
        ("0.50", "0.50"),
    ],
)
def test_an_amount_is_read(typed: str, amount: str) -> None:
    assert read_amount(typed) == Decimal(amount)


@pytest.mark.parametrize(
    "typed",
    [
        "", " ", "…", "abc", "120.0", "120.000", "120,00", "1.234,50", "1.234", "1,23", "12,34.50", "1234,567",
        "1,234,56", "0120", "00", ".50", "120.", "-120", "+120", "1e3", "1_000", "NaN", "Infinity", "0x78", "12 0",
        "1 234.50", "$120€", "$$120", "USD 120", "120 dollars", "120%", "120;DROP", "12\n0", "１２０", "١٢٠",
        "12345678901", "120 or so",
    ],
)  # fmt: skip
def test_nothing_is_guessed_of_an_amount(typed: str) -> None:
    with pytest.raises(ValueError, match="expected an amount"):
        read_amount(typed)


def test_a_typed_amount_counts_only_if_it_is_the_plans() -> None:
    needed = Decimal("1234.50")
    for right in ("1234.50", "1,234.50", "$ 1,234.50"):
        assert amount_refusal(needed, right) is None
    for typed, words in (
        (None, "No amount"),
        (" ", "No amount"),
        ("…", "Unreadable amount"),
        ("1.234,50", "Unreadable amount"),
        ("1234", "Wrong amount"),
        ("1234.51", "Wrong amount"),
        ("0", "Wrong amount"),
    ):
        refusal = amount_refusal(needed, typed)
        assert refusal is not None
        assert refusal.startswith(words)
        assert not any(part in refusal for part in ("1234", "1,234"))
    assert amount_refusal(None, None) is None
    assert amount_refusal(None, "whatever") is None


def test_it_is_asked_for_above_the_limit() -> None:
    state = confirm()
    assert state.typed_amount(plan("100.00")) is None
    assert state.typed_amount(plan("60.00", "40.00")) is None
    assert state.typed_amount(plan("60.00", "40.01")) == Decimal("100.01")
    assert state.typed_amount(plan("500.00", kind="payment")) is None
    assert state.typed_amount(plan("500.00", table="orders")) is None
    assert Confirm(["refunding"], role="support", within=DAY).typed_amount(plan("500.00")) is None


@pytest.mark.parametrize("amount", ["a lot", "", "NaN", "Infinity", "-500.00", None])
def test_of_an_amount_that_cannot_be_read_nothing_is_told(amount: str | None) -> None:
    for rule in (money_back, confirm().typed_amount, confirm().people):
        with pytest.raises(ValueError, match="no readable amount"):
            rule(plan("500.00", amount))


@pytest.mark.parametrize("amount", ["120.005", "10000000000.00"])
def test_what_nobody_can_type_is_not_asked_for(amount: str) -> None:
    with pytest.raises(ValueError, match="nobody can type"):
        confirm().typed_amount(plan(amount))


def credited(plan: Plan) -> Money:
    """A business that books what it gives in a table of its own, with a currency in each row."""
    rows = [change.after or {} for call in plan.calls for change in call.changes if change.table == "credits"]
    return total((Money(Decimal(str(row["amount"])), str(row.get("currency", "USD"))) for row in rows), "USD")


def test_money_out_of_any_table_is_what_its_business_says() -> None:
    state, large = confirm(money=credited), plan("900.00", table="credits")
    assert state.about(large) == Money(Decimal("900.00"), "USD")
    assert (state.people(large), state.typed_amount(large)) == (2, Decimal("900.00"))
    small = plan("60.00", "40.00", table="credits")
    assert (state.people(small), state.typed_amount(small)) == (1, None)
    assert confirm().about(large) == Money(Decimal(0), "USD")


def raising(plan: Plan) -> Money:
    raise KeyError("amount")


def no_money(plan: Plan) -> Money:
    return Decimal(1)  # type: ignore[return-value]


def several(plan: Plan) -> Money:
    return total([Money(Decimal(1), "USD"), Money(Decimal(1), "EUR")], "USD")


def infinite(plan: Plan) -> Money:
    return Money(Decimal("Infinity"), "USD")


def euros(plan: Plan) -> Money:
    return Money(Decimal(1), "EUR")


@pytest.mark.parametrize("money", [raising, no_money, several, infinite, euros])
def test_money_that_cannot_be_told_or_compared_approves_nothing(money: MoneyRule) -> None:
    state = confirm(money=money)
    for rule in (state.people, state.typed_amount):
        with pytest.raises(ValueError, match="money"):
            rule(plan("1.00"))


@pytest.mark.parametrize("money", [raising, no_money, several, infinite])
def test_it_must_be_told_even_where_no_rule_takes_it(money: MoneyRule) -> None:
    with pytest.raises(ValueError, match="cannot be told"):
        Confirm(["refunding"], role="support", within=DAY, money=money).people(plan("1.00"))


def test_a_rule_without_money_approves_nothing() -> None:
    state = Confirm(["refunding"], role="support", within=DAY, quorum=two_above(FOUR_EYES))
    with pytest.raises(ValueError, match="which money"):
        state.people(plan("1.00"))


def test_every_confirmation_that_gives_money_back_asks_for_it() -> None:
    asking: set[tuple[str, str, bool]] = set()
    others: set[tuple[str, str, bool]] = set()
    for name, machine in machines().items():
        for state in machine.states:
            if isinstance(state, Confirm):
                calls = [machine.states_map[covered] for covered in state.covers]
                refunds = any(isinstance(call, Call) and call.tool in REFUNDING for call in calls)
                (asking if state.amount else others).add((name, state.id, refunds))
    assert {refunds for _, _, refunds in asking} == {True}
    assert {refunds for _, _, refunds in others} == {False}
    assert {name for name, _, _ in asking} == {
        "order_cancellation",
        "order_item_change",
        "order_payment_change",
        "payment_refund",
    }
