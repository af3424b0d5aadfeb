"""Where an action stands when the model is asked, without a workflow. Pure but for reading the policy."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from pydantic import JsonValue

from activities.guards.html_mail import read_mail
from activities.policy import load_policy
from leverframe.contracts.base import Facts
from leverframe.contracts.policy import Clause
from machines.arguments import Arguments
from machines.base import ActionMachine, lever
from machines.registry import machine_for
from machines.schema import offers
from machines.states import Ask, Decide, LeverState

DECIDING = "deciding"
"""The state of every machine in which the model is asked."""


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


def situation(
    action: str,
    text: str,
    reads: Mapping[str, JsonValue],
    clauses: Iterable[Clause] | None = None,
    written_on: date | None = None,
) -> Situation:
    """The situation after the customer wrote ``text`` and the scoped reads returned ``reads``.

    As in the workflow, what is quoted in the text is none of their words.

    ``clauses`` are those that can be cited; all that the machine names by default.

    Raises:
        LookupError: when there is no such action.
        TypeError: when its machine does not decide in its state ``deciding``.
    """
    machine = machine_for(action)(start_value=DECIDING)
    if clauses is None:
        clauses = [load_policy().clauses[clause] for clause in machine.clauses]
    facts: Facts = {
        **reads,
        "messages": [read_mail(text).own],
        "written_on": [str(written_on or "")],
        "visits": {},
        "clauses": {clause.id: clause.text for clause in clauses},
        "proposal": {},
    }
    return Situation(machine, deciding(action), facts)


def deciding(action: str) -> Decide:
    """The state in which the model is asked; raises as :func:`situation` does."""
    state = machine_for(action).states_map.get(DECIDING)
    if not isinstance(state, Decide):
        raise TypeError(f"the machine of {action} has no state {DECIDING!r} in which the model is asked")
    return state


def targets(action: str, event: str) -> list[LeverState]:
    """Where an event of the deciding state can lead."""
    leaving = (transition for transition in deciding(action).transitions if event in map(str, transition.events))
    return [lever(target) for transition in leaving for target in transition.targets]


def asks(action: str, event: str) -> bool:
    """Whether an event of the deciding state asks the user."""
    return any(isinstance(state, Ask) for state in targets(action, event))
