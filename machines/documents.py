"""What machines read out of the passages that the company's documents have for the user's words."""

from leverframe.contracts.base import Facts
from leverframe.contracts.names import CITE, PASSAGES
from machines.facts import at, listed
from machines.states import Call


def looking_up() -> Call:
    """A scoped read of the passages that answer what the user has written: ``passages`` among the facts."""
    return Call(PASSAGES, "read", {"messages": "messages"})


def citing(passage: str = "proposal.passage") -> Call:
    """A call of the plan that puts the passage into it on which it rests; shown to people, and in the ledger.

    ``passage`` is where the facts have it. Where it changes while the plan waits, the plan is shown anew.
    """
    return Call(CITE, "destructive", {"passages": lambda facts: [at(facts, passage)]})


def passages(facts: Facts) -> list[str]:
    """The passages that answer, best first, by id and version; none where no passage says anything about it."""
    return [cited for one in listed(facts, "passages") if isinstance(cited := one.get("cited"), str)]


def is_said(facts: Facts) -> bool:
    """Whether any passage says something about it; where none does, ask, or hand over."""
    return bool(passages(facts))
