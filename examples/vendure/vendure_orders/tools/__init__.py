"""The tools of this business."""

from typing import Any

from tools.base import Tool
from vendure_orders.tools.orders import cancel_order, list_orders, refund_order

TOOLS: tuple[Tool[Any, Any], ...] = (list_orders, cancel_order, refund_order)
