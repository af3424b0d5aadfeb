"""Fills the embedded shop."""

from collections.abc import Sequence

from tools.scope import create_engine
from tools.shop.generator import DemoOrder, Shop, demo_customer, generate
from tools.shop.models import Order
from tools.shop.store import store

SEED = 7
CUSTOMERS = 20


async def stock_shop(owner_url: str) -> Order:
    """A small shop, always the same; what stands already is left alone. Returns an order to try things on."""
    shop = generate(SEED, CUSTOMERS)
    await _store(owner_url, shop)
    return next(order for order in shop.orders if order.status == "pending")


async def sample(owner_url: str) -> str:
    """Stock the shop; returns what to ask of it, as arguments of ``python -m worker start``."""
    order = await stock_shop(owner_url)
    return f"'please cancel {order.order_id}, I no longer need it' --subject {order.customer_id}"


async def add_customer(owner_url: str, customer_id: str, orders: Sequence[DemoOrder]) -> None:
    """One customer with these orders."""
    await _store(owner_url, demo_customer(customer_id, orders))


async def _store(owner_url: str, shop: Shop) -> None:
    owner = create_engine(owner_url)
    try:
        await store(owner, shop)
    finally:
        await owner.dispose()
