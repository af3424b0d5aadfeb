"""Tools on a customer's mobile-phone contracts; whose rows they see is settled by the database."""

from datetime import date
from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import Field
from sqlalchemy import Select, column, insert, select, table, update
from sqlalchemy.engine import Row

from tools.base import Arguments, CallContext, Nothing, Result, Tool, tool
from tools.errors import ToolRefused

OneLine = Annotated[str, Field(max_length=40, pattern=r"^[^\x00-\x1f\x7f]*$")]
CURRENCY = "EUR"


def _columns(names: str) -> list[Any]:
    return [column(name) for name in names.split()]


PLANS = table("plans", *_columns("plan_code name monthly_fee"), schema="mobile")
CONTRACTS = table(
    "contracts", *_columns("contract_id holder phone plan_code monthly_fee paid_until bound_until ends_on"),
    schema="mobile",
)  # fmt: skip
CARDS = table("cards", *_columns("card_id contract_id holder kind"), schema="mobile")
FEES = table("fees", *_columns("fee_id holder contract_id amount currency"), schema="contracts")


class Contract(Result):
    """A contract as far as a model or a person needs it; dates are ISO 8601, amounts as in ``19.90``."""

    contract_id: str
    phone: str
    plan_code: str
    monthly_fee: str
    paid_until: str
    bound_until: str
    ends_on: str | None
    cards: int
    fee_at_once: str
    """What ending it before its term costs; ``0.00`` after that."""


class Plan(Result):
    plan_code: str
    name: str
    monthly_fee: str


class Contracts(Result):
    contracts: list[Contract]
    plans: list[Plan]


class End(Arguments):
    contract_id: OneLine
    when: Literal["at_once", "end_of_term"]


class ChangePlan(Arguments):
    contract_id: OneLine
    plan_code: OneLine


class AddCard(Arguments):
    contract_id: OneLine
    kind: Literal["SIM", "eSIM"]


class Ended(Result):
    contract_id: str
    ends_on: str
    fee: str


class PlanChanged(Result):
    contract_id: str
    plan: str
    monthly_fee: str


class CardAdded(Result):
    contract_id: str
    card_id: str
    kind: str


@tool("contracts.list", effect="read")
async def list_contracts(call: CallContext, arguments: Nothing) -> Contracts:
    """The subject's contracts, and the plans that there are."""
    rows = (await call.session.execute(select(CONTRACTS).order_by(CONTRACTS.c.contract_id))).all()
    cards = list((await call.session.execute(select(CARDS.c.contract_id))).scalars())
    plans = (await call.session.execute(select(PLANS).order_by(PLANS.c.monthly_fee))).all()
    return Contracts(
        contracts=[
            Contract(
                contract_id=row.contract_id,
                phone=row.phone,
                plan_code=row.plan_code,
                monthly_fee=str(row.monthly_fee),
                paid_until=row.paid_until.isoformat(),
                bound_until=row.bound_until.isoformat(),
                ends_on=row.ends_on and row.ends_on.isoformat(),
                cards=cards.count(row.contract_id),
                fee_at_once=str(fee_at_once(row.monthly_fee, row.paid_until, row.bound_until)),
            )
            for row in rows
        ],
        plans=[Plan(plan_code=row.plan_code, name=row.name, monthly_fee=str(row.monthly_fee)) for row in plans],
    )


@tool("contracts.end", effect="destructive")
async def end(call: CallContext, arguments: End) -> Ended:
    """End a contract: when its term ends, or with what is paid, for a fee."""
    row = await _running(call, arguments.contract_id)
    at_once = arguments.when == "at_once"
    ends_on = row.paid_until if at_once else max(row.paid_until, row.bound_until)
    fee = fee_at_once(row.monthly_fee, row.paid_until, row.bound_until) if at_once else Decimal("0.00")
    await call.session.execute(update(CONTRACTS).where(_is(row.contract_id)).values(ends_on=ends_on))
    if fee:
        # The id derives from the action: the same in the preview and in each try.
        booked = {"fee_id": call.derive_id(), "holder": call.subject, "contract_id": row.contract_id}
        await call.session.execute(insert(FEES).values(**booked, amount=fee, currency=CURRENCY))
    return Ended(contract_id=row.contract_id, ends_on=ends_on.isoformat(), fee=str(fee))


@tool("contracts.change_plan", effect="destructive")
async def change_plan(call: CallContext, arguments: ChangePlan) -> PlanChanged:
    """Move a contract to another plan, at that plan's fee."""
    row = await _running(call, arguments.contract_id)
    plan = (await call.session.execute(select(PLANS).where(PLANS.c.plan_code == arguments.plan_code))).one_or_none()
    if plan is None or plan.plan_code == row.plan_code:
        raise ToolRefused(f"The contract {row.contract_id} cannot move to {arguments.plan_code}.", "PLAN-CHANGE")
    changed = {"plan_code": plan.plan_code, "monthly_fee": plan.monthly_fee}
    await call.session.execute(update(CONTRACTS).where(_is(row.contract_id)).values(**changed))
    return PlanChanged(contract_id=row.contract_id, plan=plan.name, monthly_fee=str(plan.monthly_fee))


@tool("contracts.add_card", effect="destructive")
async def add_card(call: CallContext, arguments: AddCard) -> CardAdded:
    """Order one more card for a contract; it has at most three."""
    row = await _running(call, arguments.contract_id)
    cards = select(CARDS.c.card_id).where(CARDS.c.contract_id == row.contract_id)
    if len((await call.session.execute(cards)).all()) >= MOST_CARDS:
        raise ToolRefused(f"The contract {row.contract_id} has {MOST_CARDS} cards already.", "CARD-THREE")
    card = {"card_id": str(call.derive_id()), "contract_id": row.contract_id, "kind": arguments.kind}
    await call.session.execute(insert(CARDS).values(**card, holder=call.subject))
    return CardAdded(**card)


MOST_CARDS = 3
TOOLS: tuple[Tool[Any, Any], ...] = (list_contracts, end, change_plan, add_card)


def fee_at_once(monthly: Decimal, paid_until: date, bound_until: date) -> Decimal:
    """Half of the monthly fee for each month that is begun between what is paid and the end of the term. Pure."""
    months = (bound_until.year - paid_until.year) * 12 + bound_until.month - paid_until.month
    months += bound_until.day > paid_until.day
    return (monthly / 2 * max(months, 0)).quantize(Decimal("0.01"))


async def _running(call: CallContext, contract_id: str) -> Row[Any]:
    """The subject's contract, locked; raises ToolRefused when they have none of this id, or it ends already."""
    asked: Select[Any] = select(CONTRACTS).where(_is(contract_id)).with_for_update()
    row: Row[Any] | None = (await call.session.execute(asked)).one_or_none()
    if row is None:
        raise ToolRefused(f"The customer has no contract {contract_id}.", "CONTRACT-OWN")
    if row.ends_on is not None:
        raise ToolRefused(f"The contract {contract_id} ends on {row.ends_on} already.", "CONTRACT-RUNNING")
    return row


def _is(contract_id: str) -> Any:
    return CONTRACTS.c.contract_id == contract_id
