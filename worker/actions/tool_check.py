from collections.abc import Mapping

from machines.base import ActionMachine
from machines.states import Call
from tools.base import Toolbox


class ToolMismatch(ValueError):
    """A machine calls a tool that is not there, or not as the machine says it is."""


def check_tools(machines: Mapping[str, type[ActionMachine]], toolbox: Toolbox) -> None:
    """Compare each machine's calls with the tools that would answer them.

    A machine is proven safe by the effects that it states; a tool with a stronger effect would slip past its
    confirmations. Raises :class:`ToolMismatch` that lists everything that does not fit.
    """
    problems = [problem for machine in machines.values() for problem in _problems(machine, toolbox)]
    if problems:
        raise ToolMismatch("machines and tools do not fit together:\n" + "\n".join(problems))


def _problems(machine: type[ActionMachine], toolbox: Toolbox) -> list[str]:
    calls = [state for state in machine.states if isinstance(state, Call)]
    found = [(call, _problem(call, toolbox)) for call in calls]
    return [f"- {machine.action}, state {call.id}: {problem}" for call, problem in found if problem]


def _problem(call: Call, toolbox: Toolbox) -> str | None:
    if call.tool not in toolbox.names:
        return f"there is no tool {call.tool!r}; known tools: {', '.join(sorted(toolbox.names))}"
    tool = toolbox.get(call.tool)
    if tool.effect != call.effect:
        return f"{call.tool} is {tool.effect}, and the machine says {call.effect}"
    known = set(tool.input.model_fields)
    required = {name for name, field in tool.input.model_fields.items() if field.is_required()}
    if unknown := set(call.arguments) - known:
        return f"{call.tool} has no argument {', '.join(sorted(unknown))}"
    if missing := required - set(call.arguments):
        return f"{call.tool} needs the argument {', '.join(sorted(missing))}"
    return None
