"""The machine that finds out which of a business's other actions a free text asks for."""

from collections.abc import Iterable
from datetime import timedelta
from typing import Annotated, Literal

from leverframe.contracts.base import Facts
from machines.arguments import Arguments, HandOver, ManyOf
from machines.base import ActionMachine
from machines.facts import listed, may_ask
from machines.reading.wanting import wished
from machines.states import Ask, Decide, Dispatch, End, Screen
from machines.wishes import MOST, Intake


class AskBack(Arguments):
    missing: Literal["what_is_wanted"]


def left_over(facts: Facts) -> bool:
    """Whether a person must see to a part: it was handed over, could not be begun, or broke off without a word."""
    return any(part.get("kind") == "handed_over" or not part.get("reply") for part in listed(facts, "actions"))


def all_done(facts: Facts) -> bool:
    """Whether every part was done."""
    return set(_kinds(facts)) == {"done"}


def some_done(facts: Facts) -> bool:
    """Whether at least one part was done."""
    return "done" in _kinds(facts)


def begun(facts: Facts) -> bool:
    """Whether parts were begun: what became of each is told then."""
    return bool(_kinds(facts))


def _kinds(facts: Facts) -> list[str]:
    return [str(part.get("kind")) for part in listed(facts, "actions")]


def support_request(among: Iterable[type[ActionMachine]], name: str = "support_request") -> type[ActionMachine]:
    """The machine of the action ``name``, with a prompt of that name, which has each of some others done on its own."""
    intake = Intake(tuple(sorted(machine.action for machine in among)))

    class Wishes(Arguments):
        wishes: Annotated[list[str], ManyOf(intake.wishes, most=MOST)]

    class SupportRequest(ActionMachine):
        """Find out which actions a free text asks for, and have each of them done on its own."""

        action = name

        screening = Screen(initial=True)
        deciding = Decide(name, {"dispatch": Wishes, "ask": AskBack, "hand_over": HandOver})
        asking = Ask("ask", within=timedelta(days=3), remind=timedelta(days=1))
        dispatching = Dispatch(intake.wishes_of)

        done = End("done", "finished")
        partly_done = End("handed_over", "finished")
        done_in_part = End("partly_done", "finished")
        not_done = End("not_done", "finished")
        taken_back = End("withdrawn", "finished")
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

        finished = (
            dispatching.to(partly_done, cond=left_over)
            | dispatching.to(done, cond=all_done)
            | dispatching.to(done_in_part, cond=some_done)
            | dispatching.to(not_done)
        )

        withdraw = (
            withdrawn.from_(screening, deciding, asking)
            | dispatching.to(taken_back, cond=begun)
            | dispatching.to(withdrawn)
        )

    return SupportRequest
