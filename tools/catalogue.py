from tools import orders, payments
from tools.base import Toolbox

TOOLBOX = Toolbox().add(orders.list_orders).add(orders.cancel).add(orders.reinstate).add(payments.refund)
"""The tools on the reference shop."""
