from typing import Any

from tools import withdrawing
from tools.base import Tool, Toolbox
from tools.shop import (
    addresses,
    erasure,
    exchanges,
    item_changes,
    order_details,
    orders,
    payment_changes,
    payment_methods,
    payments,
    provider_refunds,
    refund_states,
    refundable,
    returns,
    variants,
)

TOOLS: tuple[Tool[Any, Any], ...] = (
    orders.list_orders,
    orders.cancel,
    orders.reinstate,
    payments.refund,
    refundable.list_refundable,
    provider_refunds.refund_partly,
    order_details.list_order_details,
    variants.list_variants,
    payment_methods.list_payment_methods,
    addresses.list_addresses,
    returns.request_return,
    exchanges.request_exchange,
    item_changes.change_items,
    addresses.change_order_address,
    addresses.copy_order_address,
    payment_changes.change_payment,
    refund_states.refund_status,
    refund_states.note_refunds,
    refund_states.void_refund,
    addresses.change_customer_address,
    addresses.copy_customer_address,
    withdrawing.withdraw_open,
    erasure.check,
    erasure.erase,
    # A new tool goes above this line.
)

TOOLBOX = Toolbox()
"""The tools on the reference shop."""

for _tool in TOOLS:
    TOOLBOX.add(_tool)
