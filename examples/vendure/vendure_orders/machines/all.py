"""The machines of this business."""

from vendure_orders.machines.vendure_address_change import VendureAddressChange
from vendure_orders.machines.vendure_cancellation import VendureCancellation

MACHINES = (VendureCancellation, VendureAddressChange)
