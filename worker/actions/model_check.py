"""Whether the routes of a file of models fit the machines that run here."""

from collections.abc import Iterator, Mapping

from machines.base import ActionMachine
from machines.states import Decide
from worker.settings.models import DEFAULT, Models


class ModelMismatch(ValueError):
    """A route is of nothing that is decided here, or leads to a model that was not evaluated for it."""


def check_models(machines: Mapping[str, type[ActionMachine]], models: Models) -> None:
    """Look for each route's machine and state, and for each decision's models' evaluations of that machine.

    Raises:
        ModelMismatch: listing what does not fit.
    """
    decisions = [(action, state.id) for action in machines for state in machines[action].states if _decides(state)]
    problems = [*_of_nothing(decisions, models), *dict.fromkeys(_unevaluated(decisions, models))]
    if problems:
        raise ModelMismatch("\n".join(["LEVERFRAME_MODELS has routes that cannot be used:", *problems]))


def _decides(state: object) -> bool:
    return isinstance(state, Decide)


def _of_nothing(decisions: list[tuple[str, str]], models: Models) -> Iterator[str]:
    known = {DEFAULT, *(action for action, _ in decisions), *(f"{action}.{state}" for action, state in decisions)}
    for route in models.routes:
        if route not in known:
            expected = ", ".join(sorted(f"{action}.{state}" for action, state in decisions))
            yield f"- {route}: no machine here has that decision; known are {expected}"


def _unevaluated(decisions: list[tuple[str, str]], models: Models) -> Iterator[str]:
    for action, state in decisions:
        route = models.routes.get(f"{action}.{state}") or models.routes.get(action) or models.routes[DEFAULT]
        for name in route:
            found = models.evaluation(name)
            if isinstance(found, str) or action not in found.actions:
                endpoint = models.endpoints[name]
                why = found if isinstance(found, str) else f"{endpoint.evaluation} says nothing of {action}"
                yield (
                    f"- {name} ({endpoint.model}, revision {endpoint.revision}) has no evaluation for {action}: {why}. "
                    f"To make one: python -m worker eval run --endpoint {endpoint.url} --model {endpoint.model} "
                    f"--revision {endpoint.revision} --json FILE"
                )
