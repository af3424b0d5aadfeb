from collections.abc import Mapping
from types import MappingProxyType

from leverframe.contracts.plan import Plan
from machines.base import ActionMachine
from machines.money import Money
from machines.shop.customer_address_change import CustomerAddressChange
from machines.shop.customer_erasure import CustomerErasure
from machines.shop.order_address_change import OrderAddressChange
from machines.shop.order_cancellation import OrderCancellation
from machines.shop.order_exchange import OrderExchange
from machines.shop.order_item_change import OrderItemChange
from machines.shop.order_payment_change import OrderPaymentChange
from machines.shop.order_return import OrderReturn
from machines.shop.payment_refund import PaymentRefund
from machines.states import Confirm
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


def money_of(action: str, plan: Plan) -> Money | None:
    """The money that a plan of the action is about, as its confirmation says; ``None`` where that says nothing of it.

    Raises:
        ValueError: when it cannot be told.
        LookupError: when there is no such action.
    """
    covered = tuple(call.planned.call for call in plan.calls)
    for state in machine_for(action).states:
        if isinstance(state, Confirm) and state.covers == covered:
            return state.about(plan)
    raise ValueError("no confirmation of the action covers the calls of the plan")


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
