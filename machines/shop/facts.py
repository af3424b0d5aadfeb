"""The customer's orders among the facts. Pure."""

from pydantic import JsonValue

from leverframe.contracts.base import Facts
from machines.facts import listed

OWN_ORDERS = "OWN-ORDERS"
"""Clause: nobody is helped with another user's orders."""

Order = dict[str, JsonValue]


def orders(facts: Facts) -> list[Order]:
    """The user's orders as the scoped read returned them, newest first."""
    return listed(facts, "orders")
