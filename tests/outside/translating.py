"""The data set's calls in our words. Nothing is refused here: what does not fit is handed on as it is."""

from dataclasses import dataclass
from typing import Any

from tests.outside.data import DataCall

READS = ("get_", "find_", "list_", "calculate", "think", "transfer")
"""How the names of calls begin that write nothing."""
WRITES = {
    "cancel_pending_order": ("order_cancellation", "orders.cancel"),
    "modify_pending_order_address": ("order_address_change", "orders.change_address"),
    "modify_pending_order_payment": ("order_payment_change", "orders.change_payment"),
    "modify_pending_order_items": ("order_item_change", "orders.change_items"),
    "return_delivered_order_items": ("order_return", "orders.request_return"),
    "exchange_delivered_order_items": ("order_exchange", "orders.request_exchange"),
    "modify_user_address": ("customer_address_change", "customers.change_address"),
}
"""Name of a call, and of our action and its tool."""


@dataclass(frozen=True)
class Wish:
    """An action, and the writes that it is to do."""

    action: str
    writes: tuple[tuple[str, dict[str, Any]], ...]


def writes(call: DataCall) -> bool:
    """Whether a call is meant to change something."""
    return not call.name.startswith(READS)


def translated(call: DataCall, user_id: str) -> Wish:
    """What a user wishes for with a call; raises LookupError for a write that is not known."""
    try:
        action, tool = WRITES[call.name]
    except KeyError:
        raise LookupError(f"no action is known for {call.name}; known are {', '.join(WRITES)}") from None
    # Whose record it is stands in the capability. Anybody else's is handed on, for the tool to refuse.
    arguments = {name: value for name, value in call.arguments.items() if (name, value) != ("user_id", user_id)}
    if tool != "orders.cancel":
        return Wish(action, ((tool, arguments),))
    order = {name: value for name, value in arguments.items() if name == "order_id"}
    return Wish(action, ((tool, arguments), ("payments.refund", order)))
