"""Which order a customer's own words mean, and what a plan gives back. Pure; linear in the text's length."""

import re
from decimal import Decimal

from leverframe.contracts.base import Facts
from leverframe.contracts.plan import CallPlan, Plan
from machines.facts import text
from machines.money import Money, total
from machines.reading.spelling import folded

CANCEL, OWN = "ORDER-CANCEL", "ORDER-OWN"
"""Clauses, by their ids in the policy."""
WHICH = "which_order"
CODE = re.compile(r"\b[1-9A-HJ-NP-Z]{16}\b", re.IGNORECASE)
"""As Vendure makes them."""
OPEN = ("PaymentAuthorized", "PaymentSettled")
CURRENCY = "CHF"
TYPED_ABOVE, FOUR_EYES = Money(Decimal("200.00"), CURRENCY), Money(Decimal("1000.00"), CURRENCY)
"""Above these, whoever approves types how much, and two people do."""


def states(facts: Facts) -> dict[str, str]:
    """The state of each order, by its code."""
    found = facts.get("orders")
    items = found.get("items") if isinstance(found, dict) else None
    read = items if isinstance(items, list) else []
    return {str(one["code"]): str(one["state"]) for one in read if isinstance(one, dict)}


def named(facts: Facts) -> set[str]:
    """The orders that the words name by their codes, whoever they belong to."""
    return {code.upper() for code in CODE.findall(folded(text(facts)))}


def the_order(facts: Facts) -> list[str]:
    """The one order that is meant and can be cancelled, if it is one."""
    codes, own = named(facts), states(facts)
    can = [code for code, state in own.items() if state in OPEN and (code in codes or not codes)]
    return can if len(can) == 1 and len(codes) < 2 else []


def which_order(facts: Facts) -> list[str]:
    """What to ask, where several orders can be meant."""
    return [] if the_order(facts) or refusing(facts) else [WHICH]


def refusing(facts: Facts) -> list[str]:
    """The clause for which nothing can be done: it is not theirs, or cannot be cancelled any more."""
    codes, own = named(facts), states(facts)
    if codes and not codes & own.keys():
        return [OWN]
    meant = [state for code, state in own.items() if code in codes or not codes]
    return [] if any(state in OPEN for state in meant) else [CANCEL]


def money_back(plan: Plan) -> Money:
    """What the customer gets back by a plan; raises ``ValueError`` for what is no amount."""
    changes = [change for call in plan.calls for change in call.changes if change.table == "vendure.refunds"]
    amounts = [str((change.after or {})["refunded"]).partition(" ") for change in changes]
    return total((Money(Decimal(amount), currency) for amount, _, currency in amounts), CURRENCY)


def what_it_does(call: CallPlan, facts: Facts) -> str:
    """One sentence for people, from what is asked."""
    code = call.planned.arguments.get("code")
    match call.planned.tool:
        case "vendure.cancel":
            return f"Cancel the order {code} in the shop"
        case "vendure.refund":
            back = next((change.after["refunded"] for change in call.changes if change.after), "nothing")
            return f"Pay back {back} for the order {code}"
    return ""
