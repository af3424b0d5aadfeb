"""Rules on amounts, as pure functions of the money that a plan is about, and what people type of them."""

import re
from decimal import Decimal

from machines.money import Money
from machines.money_rules import AmountRule, QuorumRule

SIGN = "[$€£¥]"
NUMBER = r"(?:0|[1-9][0-9]{0,9}|[1-9][0-9]{0,2}(?:,[0-9]{3}){1,3})(?:\.[0-9]{2})?"
TYPED = re.compile(rf"{SIGN} ?{NUMBER}|{NUMBER} ?{SIGN}|{NUMBER}")
"""``120``, ``120.00``, ``1,234.50``, with a currency sign or without: the books have one currency."""

NO_AMOUNT = (
    "No amount: this plan is about so much money that whoever approves it types how much. Read it in the plan, "
    "where it stands in bold, and send it as the amount, beside the code."
)
UNREADABLE = (
    "Unreadable amount: expected digits like 54 or 54.10, with a point before the cents and nothing but a currency "
    "sign around them. Read in the plan how much money it is about, and type that."
)
WRONG = (
    "Wrong amount: this plan is about another amount of money. Read the plan again, and type the amount that "
    "stands there in bold; if it is not what you expected, reject the plan."
)


def two_above(limit: Money) -> QuorumRule:
    """Two people must approve a plan that is about more money than the limit."""
    return lambda money: 2 if money.exceeds(limit) else 1


def typed_above(limit: Money) -> AmountRule:
    """Whoever approves a plan that is about more money than the limit types how much."""
    return lambda money: money.amount if money.exceeds(limit) else None


def read_amount(text: str) -> Decimal:
    """The amount that somebody has typed.

    Raises:
        ValueError: when it is of no form of :data:`TYPED`; nothing is guessed.
    """
    stripped = text.strip()
    if not TYPED.fullmatch(stripped):
        raise ValueError("expected an amount such as 1234.50")
    return Decimal(re.sub(rf"{SIGN}|[, ]", "", stripped))


def amount_refusal(needed: Decimal | None, typed: str | None) -> str | None:
    """Why an approval with this amount does not count, in plain words; ``None`` when it does.

    The words never say which amount is ``needed``: it is to be read in the plan. Where none is, nothing is compared.
    """
    if needed is None:
        return None
    if typed is None or not typed.strip():
        return NO_AMOUNT
    try:
        return None if read_amount(typed) == needed else WRONG
    except ValueError:
        return UNREADABLE
