"""A call of the data set in a customer's words, and what a model that understands them answers. Pure."""

from typing import Any

from machines.shop.variants import BECOMES
from tests.outside.data import DataCall
from worker.testing.rig import propose

WORDS = {
    "cancel_pending_order": "Please cancel my order {order_id}, {why}.",
    "return_delivered_order_items": (
        "I would like to return {item_ids} of order {order_id}, and have the money back on {payment_method_id}."
    ),
    "exchange_delivered_order_items": (
        "In my order {order_id}, please exchange {swaps}. Use {payment_method_id} for the difference in price."
    ),
    "modify_pending_order_items": (
        "In my order {order_id}, please change {swaps}. Use {payment_method_id} for the difference in price."
    ),
    "modify_pending_order_payment": "Please have my order {order_id} paid with {payment_method_id} instead.",
    "modify_pending_order_address": "Please send my order {order_id} to {address}.",
    "modify_user_address": "Please make {address} my default address.",
}
WHY = {"no longer needed": "I no longer need it", "ordered by mistake": "I ordered it by mistake"}
EVENTS = {
    "cancel_pending_order": ("cancel", "CANCEL-PENDING", ("order_id", "reason")),
    "return_delivered_order_items": (
        "send_back", "RETURN-DELIVERED", ("order_id", "item_ids", "payment_method_id"),
    ),
    "exchange_delivered_order_items": ("exchange", "EXCHANGE-DELIVERED", ("order_id", "changes", "payment_method_id")),
    "modify_pending_order_items": ("change", "MODIFY-ITEMS", ("order_id", "changes", "payment_method_id")),
    "modify_pending_order_payment": ("change", "MODIFY-PAYMENT", ("order_id", "payment_method_id")),
    "modify_pending_order_address": ("change", "MODIFY-ADDRESS", ("order_id", "address")),
    "modify_user_address": ("change", "OWN-PROFILE", ("address",)),
}  # fmt: skip
"""The event that a model is to propose, the clause that it rests on, and its arguments."""


def wording(call: DataCall) -> str:
    """What the customer writes."""
    told = _told(call)
    listed = {name: " and ".join(told[name]) for name in ("item_ids",) if name in told}
    return WORDS[call.name].format(**told | listed)


def answer(call: DataCall) -> dict[str, Any]:
    """What the model answers."""
    event, clause, names = EVENTS[call.name]
    told = _told(call)
    return propose(event, clause=clause, **{name: told[name] for name in names})


def _told(call: DataCall) -> dict[str, Any]:
    told = dict(call.arguments)
    if "reason" in told:
        told["why"] = WHY[told["reason"]]
    if "zip" in told:
        region = f"{told['state']} {told['zip']}"
        parts = (told["address1"], told["address2"], told["city"], region, told["country"])
        told["address"] = ", ".join(part for part in parts if part)
    if "new_item_ids" in told:
        pairs = list(zip(told["item_ids"], told["new_item_ids"], strict=True))
        told["changes"] = [f"{old}{BECOMES}{new}" for old, new in pairs]
        told["swaps"] = " and ".join(f"item {old} for item {new}" for old, new in pairs)
    return told
