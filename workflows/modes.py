"""In which mode an action runs: fixed when it begins, and read from its history ever after."""

from temporalio import workflow

from leverframe.modes import MODES, Mode, marked
from machines.states import Ask, Call, Confirm, Dispatch, End, LeverState, Wait


def begun_in(shadow: bool) -> Mode:
    """The mode of this action; ``shadow``: it was asked for in shadow, which nothing makes more of.

    Its worker's settings answer when it begins (:meth:`worker.roles.workers.WorkerOptions.worker`); a replay
    reads the marker, so that no later setting changes it.
    """
    if shadow:
        return "shadow"
    return next((mode for mode in MODES if mode != "live" and workflow.patched(marked(mode))), "live")


def ends_in_shadow(state: LeverState) -> bool:
    """Whether an action in shadow goes no further: somebody would be asked or told, or something would be changed."""
    return isinstance(state, Ask | Confirm | Dispatch | End | Wait) or (isinstance(state, Call) and state.writes)
