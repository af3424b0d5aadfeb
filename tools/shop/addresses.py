"""Changing where a pending order goes to, and a customer's default address."""

from collections.abc import Mapping
from typing import Literal

from sqlalchemy import ColumnElement, select, update
from sqlmodel import col

from tools.arguments import OneLine
from tools.base import Arguments, CallContext, Result, tool
from tools.errors import ToolRefused
from tools.shop.models import Customer, Order
from tools.shop.newest import OrdersNamed, newest
from tools.shop.orders import OrderId, OrderState, lock_order
from tools.shop.statuses import require_pending

PROFILE = "profile"
"""How the default address is called."""
LINES = ("address1", "address2", "city", "state", "country", "zip")
ORDERS_LINES = tuple(col(getattr(Order, line)) for line in LINES)
PROFILES_LINES = tuple(col(getattr(Customer, line)) for line in LINES)


class Address(Arguments):
    """An address, written out. Lines are optional for this type only: what is missing is for a rule to say."""

    address1: OneLine = ""
    address2: OneLine = ""
    city: OneLine = ""
    state: OneLine = ""
    country: OneLine = ""
    zip: OneLine = ""


class OrderAddress(Address):
    order_id: OrderId


class CopyToOrder(Arguments):
    order_id: OrderId
    address_of: OneLine
    """``profile``, or the order that goes to the wanted address."""


class CopyToProfile(Arguments):
    address_of: OneLine


class AddressList(Result):
    addresses: list[str]
    """``profile`` and order ids; of those with one address, the first."""


class ProfileChanged(Result):
    address_of: Literal["profile"] = "profile"


@tool("customers.addresses", effect="read")
async def list_addresses(call: CallContext, arguments: OrdersNamed) -> AddressList:
    """What the different addresses of the subject's profile and of the orders that ``orders.details`` returns can be
    called by; never an address itself.
    """
    profile = (await call.session.execute(select(*PROFILES_LINES).where(_own(call)))).one_or_none()
    orders, _ = await newest(call, arguments.order_ids)
    ids = [order.order_id for order in orders]
    rows = await call.session.execute(select(col(Order.order_id), *ORDERS_LINES).where(col(Order.order_id).in_(ids)))
    lines_of = {order_id: tuple(lines) for order_id, *lines in rows}
    labels = {tuple(profile): PROFILE} if profile else {}
    for order_id in ids:
        labels.setdefault(lines_of[order_id], order_id)
    return AddressList(addresses=list(labels.values()))


@tool("orders.change_address", effect="destructive")
async def change_order_address(call: CallContext, arguments: OrderAddress) -> OrderState:
    """Send a pending order to an address that is written out."""
    return await _send(call, arguments.order_id, _whole(arguments))


@tool("orders.copy_address", effect="destructive")
async def copy_order_address(call: CallContext, arguments: CopyToOrder) -> OrderState:
    """Send a pending order to the subject's default address, or to where another order of theirs goes."""
    return await _send(call, arguments.order_id, await _address_of(call, arguments.address_of))


@tool("customers.change_address", effect="destructive")
async def change_customer_address(call: CallContext, arguments: Address) -> ProfileChanged:
    """Make an address that is written out the subject's default; orders stay as they are."""
    return await _keep(call, _whole(arguments))


@tool("customers.copy_address", effect="destructive")
async def copy_customer_address(call: CallContext, arguments: CopyToProfile) -> ProfileChanged:
    """Make the address of one of the subject's orders the default."""
    return await _keep(call, await _address_of(call, arguments.address_of))


def _whole(address: Address) -> dict[str, str]:
    """The lines of an address; raises ToolRefused when one is missing that no address is without."""
    lines = {line: str(getattr(address, line)) for line in LINES}
    missing = [line for line, value in lines.items() if line != "address2" and not value.strip()]
    if missing:
        raise ToolRefused(f"The new address lacks {', '.join(missing)}.", "ADDRESS-WHOLE")
    return lines


async def _address_of(call: CallContext, address_of: str) -> dict[str, str]:
    """The lines of an address of the subject's; raises ToolRefused when there is none of that name."""
    where = (
        select(*PROFILES_LINES).where(_own(call))
        if address_of == PROFILE
        else select(*ORDERS_LINES).where(col(Order.order_id) == address_of)
    )
    row = (await call.session.execute(where)).one_or_none()
    if row is None:
        raise ToolRefused(f"The customer has no order {address_of}.", "OWN-ORDERS")
    return dict(zip(LINES, row, strict=True))


async def _send(call: CallContext, order_id: str, lines: Mapping[str, str]) -> OrderState:
    order = await lock_order(call, order_id)
    require_pending(order.order_id, order.status, "sent to another address", "MODIFY-PENDING")
    await call.session.execute(update(Order).where(col(Order.order_id) == order.order_id).values(lines))
    return OrderState(order_id=order.order_id, status=order.status)


async def _keep(call: CallContext, lines: Mapping[str, str]) -> ProfileChanged:
    changed = update(Customer).where(_own(call)).values(lines).returning(col(Customer.customer_id))
    if (await call.session.execute(changed)).one_or_none() is None:
        raise ToolRefused("The customer has no profile.", "OWN-PROFILE")
    return ProfileChanged()


def _own(call: CallContext) -> ColumnElement[bool]:
    return col(Customer.customer_id) == call.subject
