"""Which contract and which plan a customer's own words mean. Pure; linear in the text's length."""

import re
from decimal import Decimal

from pydantic import JsonValue

from leverframe.contracts.base import Facts
from leverframe.contracts.plan import Plan
from machines.arguments import Options
from machines.facts import listed, text
from machines.money import Money, total
from machines.reading.spelling import folded

OWN, RUNNING = "CONTRACT-OWN", "CONTRACT-RUNNING"
"""Clauses, by their ids in the policy."""
WHICH = "which_contract"
NUMBER = re.compile(r"\bC[ ._-]?(\d{4})\b", re.IGNORECASE)
CURRENCY = "EUR"
TYPED_ABOVE = Money(Decimal("50.00"), CURRENCY)
"""Above this, whoever approves a fee types how much."""
FOUR_EYES = Money(Decimal("200.00"), CURRENCY)
"""A fee above this needs two people."""

Contract = dict[str, JsonValue]


def named(facts: Facts) -> set[str]:
    """The contracts that the words name by their numbers, whoever they belong to."""
    return {f"C-{number}" for number in NUMBER.findall(folded(text(facts)))}


def meant(facts: Facts) -> list[Contract]:
    """The contracts that can be meant: those that are named; where none is, all. One that is not theirs is none."""
    numbers, own = named(facts), listed(facts, "contracts")
    return [one for one in own if one["contract_id"] in numbers] if numbers else own


def the_contract(facts: Facts) -> list[str]:
    """The one running contract that is meant, if it is one."""
    running = [str(one["contract_id"]) for one in meant(facts) if one.get("ends_on") is None]
    return running if len(running) == 1 else []


def which_contract(facts: Facts) -> list[str]:
    """What to ask, where several contracts can be meant, or one is named that is not there."""
    return [] if the_contract(facts) or refusing(facts) else [WHICH]


def refusing(facts: Facts) -> list[str]:
    """The clause for which nothing can be done: it is not theirs, or it ends already."""
    if named(facts) and not meant(facts):
        return [OWN]
    return [] if any(one.get("ends_on") is None for one in meant(facts)) else [RUNNING]


def fees(plan: Plan) -> Money:
    """What the customer is charged by a plan; raises ``ValueError`` for what is no amount."""
    booked = (change.after or {} for call in plan.calls for change in call.changes if change.table == "contracts.fees")
    return total((Money(Decimal(str(fee["amount"])), str(fee["currency"])) for fee in booked), CURRENCY)


def one_of(*options: Options) -> Options:
    """The first that has any."""
    return lambda facts: next((found for option in options if (found := option(facts))), [])
