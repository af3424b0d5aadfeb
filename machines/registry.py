from collections.abc import Mapping
from types import MappingProxyType

from machines.base import ActionMachine
from machines.customer_address_change import CustomerAddressChange
from machines.customer_erasure import CustomerErasure
from machines.order_address_change import OrderAddressChange
from machines.order_cancellation import OrderCancellation
from machines.order_exchange import OrderExchange
from machines.order_item_change import OrderItemChange
from machines.order_payment_change import OrderPaymentChange
from machines.order_return import OrderReturn
from machines.payment_refund import PaymentRefund
from machines.support_request import SupportRequest
from machines.verify import verify

_MACHINES: dict[str, type[ActionMachine]] = {}


def register(machine: type[ActionMachine]) -> None:
    """Verify a machine and make it known.

    Raises:
        UnsafeMachine: when it breaks one of the proofs; the message names the path.
        ValueError: when another machine has its name.
    """
    verify(machine)
    if machine.action in _MACHINES:
        raise ValueError(f"the action {machine.action!r} is registered twice; give one machine another name")
    _MACHINES[machine.action] = machine


def machine_for(action: str) -> type[ActionMachine]:
    """The machine of an action.

    Raises:
        LookupError: when there is none; the message lists the known ones.
    """
    try:
        return _MACHINES[action]
    except KeyError:
        known = ", ".join(sorted(_MACHINES))
        raise LookupError(f"there is no action {action!r}; known actions: {known}") from None


def machines() -> Mapping[str, type[ActionMachine]]:
    """All registered machines by action name."""
    return MappingProxyType(_MACHINES)


for _machine in (
    OrderCancellation,
    SupportRequest,
    CustomerErasure,
    OrderReturn,
    OrderExchange,
    OrderItemChange,
    CustomerAddressChange,
    OrderAddressChange,
    OrderPaymentChange,
    PaymentRefund,
    # A new machine goes above this line.
):
    register(_machine)
