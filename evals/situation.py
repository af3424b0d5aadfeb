"""Where an order cancellation stands when the model is asked, without a workflow. Pure but for reading the policy."""

from collections.abc import Iterable
from dataclasses import dataclass

from pydantic import JsonValue

from activities.policy import load_policy
from leverframe.contracts.base import Facts
from leverframe.contracts.policy import Clause
from machines.arguments import Arguments
from machines.base import ActionMachine
from machines.order_cancellation import OrderCancellation
from machines.schema import offers
from machines.states import Decide


@dataclass(frozen=True)
class Situation:
    """A machine that is about to decide, and what it knows."""

    machine: ActionMachine
    state: Decide
    facts: Facts

    @property
    def offered(self) -> dict[str, type[Arguments]]:
        """What the model may propose now."""
        return offers(self.machine, self.state, self.facts)


def situation(text: str, orders: Iterable[JsonValue], clauses: Iterable[Clause] | None = None) -> Situation:
    """The situation after the customer wrote ``text`` and has ``orders``.

    ``clauses`` are those that can be cited; all that the machine names by default.
    """
    machine = OrderCancellation(start_value="deciding")
    state = machine.current
    if not isinstance(state, Decide):
        raise TypeError("the machine no longer decides in its state 'deciding'")
    if clauses is None:
        clauses = [load_policy().clauses[clause] for clause in machine.clauses]
    facts: Facts = {
        "orders": list(orders),
        "messages": [text],
        "visits": {},
        "clauses": {clause.id: clause.text for clause in clauses},
        "proposal": {},
    }
    return Situation(machine, state, facts)
