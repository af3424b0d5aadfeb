from datetime import timedelta
from typing import Annotated, Literal

from leverframe.contracts.base import Facts
from machines.arguments import Arguments, HandOver, ManyOf
from machines.base import ActionMachine
from machines.facts import listed, may_ask
from machines.states import Ask, Decide, Dispatch, End, Screen
from machines.wanting import wished
from machines.wishes import INTAKE, MOST, wishes, wishes_of


class Wishes(Arguments):
    wishes: Annotated[list[str], ManyOf(wishes, most=MOST)]


class AskBack(Arguments):
    missing: Literal["what_is_wanted"]


def left_over(facts: Facts) -> bool:
    """Whether a wish's action could not be begun, or broke off without a word to the user: a person must see to it."""
    return any(not action.get("reply") for action in listed(facts, "actions"))


class SupportRequest(ActionMachine):
    """Find out which actions a free text asks for, and have each of them done on its own."""

    action = INTAKE

    screening = Screen(initial=True)
    deciding = Decide("support_request", {"dispatch": Wishes, "ask": AskBack, "hand_over": HandOver})
    asking = Ask("ask", within=timedelta(days=3), remind=timedelta(days=1))
    dispatching = Dispatch(wishes_of)

    done = End("done", "finished")
    partly_done = End("handed_over", "finished")
    stopped = End("blocked", "blocked")
    lapsed = End("expired", "expired")
    withdrawn = End("withdrawn", "withdrawn")
    handed_over = End("handed_over", "handed_over")

    passed = screening.to(deciding)
    blocked = screening.to(stopped)
    escalated = screening.to(handed_over)

    dispatch = deciding.to(dispatching, cond=wished)
    ask = deciding.to(asking, cond=may_ask)
    hand_over = deciding.to(handed_over)
    undecided = deciding.to(handed_over)

    answered = asking.to(screening)
    unanswered = asking.to(lapsed)

    finished = dispatching.to(partly_done, cond=left_over) | dispatching.to(done)

    withdraw = withdrawn.from_(screening, deciding, asking, dispatching)
