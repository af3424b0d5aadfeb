"""The machines of the businesses that run here, each verified as it is loaded."""

from collections.abc import Mapping
from functools import cache
from types import MappingProxyType

from leverframe import business
from leverframe.contracts.names import CASE
from leverframe.contracts.plan import Plan
from machines.base import ActionMachine
from machines.money import Money
from machines.states import Confirm
from machines.verify import verify


class Registry:
    """Machines by the names of their actions."""

    def __init__(self) -> None:
        self.machines: dict[str, type[ActionMachine]] = {}
        self.businesses: dict[str, str] = {}
        """Whose each action is."""

    def register(self, machine: type[ActionMachine], whose: str) -> None:
        """Verify a machine and make it known as one of a business.

        Raises:
            UnsafeMachine: when it breaks one of the proofs; the message names the path.
            ValueError: when another machine has its name.
        """
        verify(machine)
        if machine.action == CASE:
            raise ValueError(f"{whose} has an action named {CASE!r}, as cases are; give it another name")
        if (other := self.businesses.get(machine.action)) is not None:
            raise ValueError(
                f"the action {machine.action!r} of {whose} is there already, of {other}; give one machine another name"
            )
        self.machines[machine.action] = machine
        self.businesses[machine.action] = whose


@cache
def registry() -> Registry:
    """All machines of the businesses that run here, loaded once.

    Raises:
        UnknownBusiness: when one of them is not installed.
        UnsafeMachine, ValueError: as :meth:`Registry.register`.
    """
    found = Registry()
    for name, entry in business.parts("machines"):
        for machine in entry.load():
            found.register(machine, name)
    return found


def register(machine: type[ActionMachine], whose: str) -> None:
    """Make one more machine known; raises as :meth:`Registry.register`."""
    registry().register(machine, whose)


def machines() -> Mapping[str, type[ActionMachine]]:
    """All registered machines by action name."""
    return MappingProxyType(registry().machines)


def machine_for(action: str) -> type[ActionMachine]:
    """The machine of an action.

    Raises:
        LookupError: when there is none; the message lists the known ones.
    """
    try:
        return registry().machines[action]
    except KeyError:
        known = ", ".join(sorted(registry().machines))
        raise LookupError(f"there is no action {action!r}; known actions: {known}") from None


def business_of(action: str) -> str:
    """Whose an action is; raises ``LookupError`` as :func:`machine_for`."""
    return registry().businesses[machine_for(action).action]


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
