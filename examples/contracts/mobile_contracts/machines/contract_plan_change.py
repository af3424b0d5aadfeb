"""Move a contract to another plan."""

import re
from datetime import timedelta
from typing import Annotated

from leverframe.contracts.base import Facts
from machines.arguments import Arguments, Cites, HandOver, OneOf
from machines.base import ActionMachine
from machines.facts import always, listed, may_ask, text
from machines.reading.spelling import folded
from machines.reading.wanting import or_what_is_wanted, wished
from machines.states import Ask, Call, Confirm, Decide, End, Screen
from mobile_contracts.machines.facts import (
    OWN,
    RUNNING,
    one_of,
    refusing,
    the_contract,
    which_contract,
)  # fmt: skip
from mobile_contracts.machines.what_it_does import what_it_does

PLANS = "PLAN-CHANGE"
WHICH_PLAN = "which_plan"


def plans(facts: Facts) -> list[str]:
    """The plans that the words name, but for the one that the contract has."""
    said = set(re.findall(r"[a-z]+", folded(text(facts)).casefold()))
    has = {one["plan_code"] for one in listed(facts, "contracts") if str(one["contract_id"]) in the_contract(facts)}
    told = [str(one["plan_code"]) for one in listed(facts, "plans") if str(one["name"]).casefold() in said]
    return [code for code in told if code not in has]


def the_plan(facts: Facts) -> list[str]:
    """The one plan that is named."""
    return plans(facts) if len(plans(facts)) == 1 else []


def which_plan(facts: Facts) -> list[str]:
    """What to ask, where no plan is named, or several are."""
    return [] if the_plan(facts) or refusing(facts) else [WHICH_PLAN]


class Move(Arguments):
    contract_id: Annotated[str, OneOf(the_contract)]
    plan_code: Annotated[str, OneOf(the_plan)]
    clause: Annotated[str, Cites(always(PLANS))]


class AskBack(Arguments):
    missing: Annotated[str, OneOf(or_what_is_wanted(one_of(which_contract, which_plan)))]


class Decline(Arguments):
    clause: Annotated[str, Cites(refusing)]


class ContractPlanChange(ActionMachine):
    """Move a mobile-phone contract to another plan, once a person has approved it."""

    action = "contract_plan_change"
    clauses = (PLANS, OWN, RUNNING)

    screening = Screen(initial=True)
    reading = Call("contracts.list", "read")
    deciding = Decide("contract_plan_change", {"move": Move, "ask": AskBack, "decline": Decline, "hand_over": HandOver})
    asking = Ask("ask", within=timedelta(days=3))
    confirming = Confirm(
        ["moving"],
        words=what_it_does,
        role="contracts",
        within=timedelta(days=3),
        remind=timedelta(days=1),
        escalate_to="contracts_lead",
    )
    moving = Call(
        "contracts.change_plan",
        "destructive",
        {"contract_id": "proposal.contract_id", "plan_code": "proposal.plan_code"},
    )

    moved = End("done", "moved")
    declined = End("declined", "declined")
    stopped = End("blocked", "blocked")
    not_approved = End("rejected", "rejected")
    lapsed = End("expired", "expired")
    withdrawn = End("withdrawn", "withdrawn")
    handed_over = End("handed_over", "handed_over")

    passed = screening.to(reading)
    blocked = screening.to(stopped)
    escalated = screening.to(handed_over)
    move = deciding.to(confirming, cond=wished)
    ask = deciding.to(asking, cond=may_ask)
    decline = deciding.to(declined, cond=wished)
    hand_over = deciding.to(handed_over)
    undecided = deciding.to(handed_over)
    answered = asking.to(screening)
    unanswered = asking.to(lapsed)
    approved = confirming.to(moving)
    rejected = confirming.to(not_approved)
    expired = confirming.to(lapsed)
    unplannable = confirming.to(handed_over)
    succeeded = reading.to(deciding) | moving.to(moved)
    failed = reading.to(handed_over) | moving.to(handed_over)
    stale = moving.to(confirming)
    withdraw = withdrawn.from_(screening, reading, deciding, asking, confirming)
