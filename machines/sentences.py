"""What the calls of a plan do, in words. Pure."""

from collections.abc import Callable

from leverframe.contracts.base import Facts
from leverframe.contracts.plan import CallPlan, Plan
from leverframe.naming import writing

InWords = Callable[[CallPlan, Facts], str]
"""A business's own function: what a call does, in one sentence."""
LONGEST = 600
"""Characters of a sentence."""


def sentences(words: InWords | None, plan: Plan, facts: Facts) -> tuple[str, ...]:
    """A sentence for each call of the plan; where none can be told, what the call's tool is called."""
    return tuple(_sentence(words, call, facts) for call in plan.calls)


def _sentence(words: InWords | None, call: CallPlan, facts: Facts) -> str:
    try:
        told = words(call, facts) if words else ""
    except Exception:
        told = ""  # The rows say what counts: for want of a sentence no plan is kept from people.
    return told[:LONGEST] or writing(call.planned.tool)
