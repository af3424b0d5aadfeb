"""The tools of the reference shop."""

from typing import Any

from tools.base import Tool
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
    erasure.check,
    erasure.erase,
    # A new tool goes above this line.
)
