from collections.abc import Mapping

from activities.policy import Policy
from activities.prompts.prompt import InvalidPrompt, UnknownPrompt, load_prompt
from machines.base import ActionMachine
from machines.states import Decide


class TextMismatch(ValueError):
    """A machine refers to a clause or a prompt that is not there, or cannot be used."""


def check_clauses(machines: Mapping[str, type[ActionMachine]], policy: Policy) -> None:
    """Look for each clause that a machine can cite in the policy.

    Raises:
        TextMismatch: listing those that are not there.
    """
    missing = [
        f"- {machine.action} cites {clause_id}"
        for machine in machines.values()
        for clause_id in machine.clauses
        if clause_id not in policy.clauses
    ]
    if missing:
        known = f"known clauses: {', '.join(sorted(policy.clauses))}"
        raise TextMismatch("\n".join(["machines cite clauses that the policy does not have:", *missing, known]))


def check_prompts(machines: Mapping[str, type[ActionMachine]]) -> None:
    """Read the prompt of each decision.

    Raises:
        TextMismatch: listing those that are not there, not valid, or do not show the clauses that can be cited.
    """
    decisions = [
        (machine, state) for machine in machines.values() for state in machine.states if isinstance(state, Decide)
    ]
    found = [(machine.action, state.id, _problem(machine, state.prompt)) for machine, state in decisions]
    problems = [f"- {action}, state {state}: {problem}" for action, state, problem in found if problem]
    if problems:
        raise TextMismatch("\n".join(["machines decide with prompts that cannot be used:", *problems]))


def _problem(machine: type[ActionMachine], name: str) -> str | None:
    try:
        prompt = load_prompt(name)
    except (UnknownPrompt, InvalidPrompt) as error:
        return str(error)
    if machine.clauses and "clauses" not in prompt.uses:
        return f"the prompt {name!r} does not show 'clauses', which the model is to cite from"
    return None
