"""What a call of the shop does, in one sentence for people: from the plan's own rows, and names from the facts. Pure.

The sentence is for reading: what is approved are the rows, and each number in it is one of theirs.
"""

from datetime import date

from pydantic import JsonValue

from leverframe.contracts.base import Facts
from leverframe.contracts.plan import CallPlan, Row
from machines.facts import listed
from machines.shop.books import BOOKS
from machines.shop.facts import Order, orders

LINES = ("address1", "address2", "zip", "city", "state", "country")
"""Of an address, in the order in which they are read."""


def what_it_does(call: CallPlan, facts: Facts) -> str:
    """One sentence without its full stop; nothing for a call that says enough by its name."""
    asked = call.planned.arguments
    order = str(asked.get("order_id", ""))
    match call.planned.tool:
        case "orders.cancel":
            return f"Cancel order {_named(order, facts)}"
        case "payments.refund" | "payments.refund_partly":
            return f"Give {' and '.join(_money(call, facts)) or 'no money back'}"
        case "orders.change_items":
            return f"Change order {order}: {_replaced(asked, facts, order)}{_settled(call, facts)}"
        case "orders.request_exchange":
            return f"Exchange of order {order}: {_replaced(asked, facts, order)}{_settled(call, facts)}"
        case "orders.request_return":
            return f"Take back of order {order}: {_names(asked.get('item_ids'), facts, order)}"
        case "orders.change_payment":
            return (
                f"Have order {order} paid with {_method(asked.get('payment_method_id'), facts)}{_settled(call, facts)}"
            )
        case "orders.change_address" | "orders.copy_address":
            return f"Send order {_named(order, facts)} to {_address(call)}"
        case "customers.change_address" | "customers.copy_address":
            return f"Change the customer's own address to {_address(call)}"
        case "customers.erase":
            return f"Erase the customer for good: {len(call.changes)} rows that say who they are"
    return ""


def _named(order_id: str, facts: Facts) -> str:
    """The order with its day and what is in it."""
    order = next((one for one in orders(facts) if one.get("order_id") == order_id), {})
    day, names = _day(order.get("placed_on")), ", ".join(_piece(item) for item in _items(order))
    return f"{order_id}{day}: {names}" if names else f"{order_id}{day}"


def _day(on: JsonValue) -> str:
    try:
        day = date.fromisoformat(str(on))
    except ValueError:
        return ""
    return f" of {day.day} {day:%B %Y}"


def _items(order: Order) -> list[Row]:
    found = order.get("items")
    return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []


def _piece(item: Row) -> str:
    count = item.get("quantity")
    return f"{count} × {item.get('name')}" if isinstance(count, int) and count > 1 else str(item.get("name"))


def _names(ids: JsonValue, facts: Facts, order_id: str) -> str:
    return ", ".join(_item(one, facts, order_id) for one in ids) if isinstance(ids, list) else str(ids)


def _item(item_id: JsonValue, facts: Facts, order_id: str) -> str:
    """An ordered item with what was chosen of it, so that two of one kind are told apart."""
    for order in orders(facts):
        for item in _items(order):
            if order.get("order_id") == order_id and item.get("item_id") == item_id:
                return f"{_piece(item)}{_options(item)}"
    return f"item {item_id}"


def _replaced(asked: Row, facts: Facts, order_id: str) -> str:
    old, new = asked.get("item_ids"), asked.get("new_item_ids")
    if not isinstance(old, list) or not isinstance(new, list):
        return "its items"
    return "; ".join(
        f"{_item(one, facts, order_id)} becomes {_variant(one, other, facts)}"
        for one, other in zip(old, new, strict=False)
    )


def _variant(item_id: JsonValue, new: JsonValue, facts: Facts) -> str:
    lists = facts.get("variants")
    among = lists.get(str(item_id)) if isinstance(lists, dict) else None
    for one in among if isinstance(among, list) else []:
        if isinstance(one, dict) and one.get("item_id") == new:
            return f"one{_options(one)}" if one.get("options") else f"item {new}"
    return f"item {new}"


def _options(item: Row) -> str:
    found = item.get("options")
    told = ", ".join(f"{name} {value}" for name, value in found.items()) if isinstance(found, dict) else ""
    return f" ({told})" if told else ""


def _money(call: CallPlan, facts: Facts) -> list[str]:
    """Each refund that the call books: how much, and where to."""
    booked = [change.after or {} for change in call.changes if change.table == "order_payments"]
    # What was paid goes back to where it came from; what an item costs less, to where the customer wants it.
    order = call.planned.arguments.get("order_id") if call.planned.tool.startswith("payments.") else None
    refunds = [row for row in booked if row.get("transaction_type") == "refund"]
    to = [_method(row.get("payment_method_id"), facts, order) for row in refunds]
    return [
        f"{row.get('amount')} {row.get('currency', BOOKS)} back to {one}" for row, one in zip(refunds, to, strict=True)
    ]


def _settled(call: CallPlan, facts: Facts) -> str:
    """What the customer pays or gets back for it."""
    paid = [
        f"take {row.get('amount')} {row.get('currency', BOOKS)} from {_method(row.get('payment_method_id'), facts)}"
        for row in (change.after or {} for change in call.changes if change.table == "order_payments")
        if row.get("transaction_type") == "payment"
    ]
    found = [*paid, *(f"give {back}" for back in _money(call, facts))]
    return f"; {' and '.join(found)}" if found else ""


def _method(method_id: JsonValue, facts: Facts, paid: JsonValue = None) -> str:
    """A payment method in plain words, where the facts have them; ``paid`` is the order that it paid."""
    for one in (*listed(facts, "payment_methods"), *listed(facts, "payments")):
        if one.get("payment_method_id") == method_id and one.get("description"):
            return f"the {one['description']}"
    words = next((one.get("payment_method") for one in orders(facts) if paid and one.get("order_id") == paid), None)
    # Of an order that was paid in two ways, it is not told which is which.
    return f"the {words}" if words and " and " not in str(words) else f"payment method {method_id}"


def _address(call: CallPlan) -> str:
    """What the rows say afterwards; lines that stay as they are stand in no row."""
    lines = [
        str(row[name]) for row in (change.after or {} for change in call.changes) for name in LINES if row.get(name)
    ]
    return ", ".join(lines) or "the same address"
