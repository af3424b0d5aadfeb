"""The tools of this business."""

from typing import Any

from tools.base import Tool
from vendure_orders.tools.addresses import change_address, list_addresses
from vendure_orders.tools.orders import cancel_order, list_orders, refund_order

TOOLS: tuple[Tool[Any, Any], ...] = (list_orders, cancel_order, refund_order, list_addresses, change_address)
