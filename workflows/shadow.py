"""The end of an action in shadow: its plan is made where it would ask people, and that is all."""

from leverframe.contracts.status import Outcome
from machines.states import Confirm, LeverState
from workflows import front
from workflows.context import Context
from workflows.steps import confirmation


async def finish(context: Context, state: LeverState) -> Outcome:
    """What the action would have come to; nobody is shown the plan, and nobody is told."""
    if isinstance(state, Confirm):
        await confirmation(context, state)
    context.outcome = Outcome(action_id=context.action_id, kind="shadowed", state=state.id, reply="")
    front.announce(context)
    front.show(context)
    return context.outcome
