"""The machines of the reference shop."""

from machines.base import ActionMachine
from machines.shop.customer_address_change import CustomerAddressChange
from machines.shop.customer_erasure import CustomerErasure
from machines.shop.order_address_change import OrderAddressChange
from machines.shop.order_cancellation import OrderCancellation
from machines.shop.order_exchange import OrderExchange
from machines.shop.order_item_change import OrderItemChange
from machines.shop.order_payment_change import OrderPaymentChange
from machines.shop.order_return import OrderReturn
from machines.shop.payment_refund import PaymentRefund
from machines.support_request import support_request

ACTIONS: tuple[type[ActionMachine], ...] = (
    OrderCancellation,
    CustomerErasure,
    OrderReturn,
    OrderExchange,
    OrderItemChange,
    CustomerAddressChange,
    OrderAddressChange,
    OrderPaymentChange,
    PaymentRefund,
    # A new machine goes above this line.
)
MACHINES = (*ACTIONS, support_request(ACTIONS))
