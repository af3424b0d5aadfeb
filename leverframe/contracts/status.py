from typing import Literal

from leverframe.contracts.base import Told
from leverframe.contracts.decision import Approver
from leverframe.contracts.plan import Plan

OutcomeKind = Literal[
    "done", "declined", "blocked", "rejected", "expired", "withdrawn", "handed_over", "partly_done", "not_done",
    "shadowed",
]  # fmt: skip
"""How an action ended. ``handed_over``: a person takes it from here. ``partly_done`` and ``not_done``: some or all of
an action's parts were not done; :attr:`Outcome.parts` tells of each. ``shadowed``: it ran beside people
(:mod:`leverframe.modes`); nothing was done, and there is no text for the user."""


class Claim(Told):
    """Who is on a plan that waits. It tells the others, and keeps nobody from deciding."""

    person: str
    """Empty where it was handed over to a role, and nobody of that role is on it yet."""
    by: str
    """Who says so: they themselves, or whoever has handed it over."""
    since: str
    """ISO 8601 in UTC."""
    note: str = ""


class Status(Told):
    """Where an action stands."""

    action_id: str
    action: str
    state: str
    """Id of the machine's current state."""
    awaiting: Literal["nobody", "user", "operator"]
    question: str | None = None
    """What the user is asked, while awaiting the user."""
    plan: Plan | None = None
    """What would happen, while awaiting an operator."""
    sentences: tuple[str, ...] = ()
    """What each call of the plan does, in words: for reading, and not in the digest."""
    role: str | None = None
    """The role that may decide, while awaiting an operator."""
    quorum: int | None = None
    """How many people must approve, while awaiting an operator."""
    amount_needed: bool = False
    """Whether whoever approves must also type the amount that the plan shows, while awaiting an operator."""
    approvals: tuple[Approver, ...] = ()
    """Who has approved so far, while awaiting an operator."""
    claim: Claim | None = None
    """Who is on it, while awaiting an operator."""
    deadline: str | None = None
    """When waiting ends, ISO 8601 in UTC; it then fails closed. Of the model: until when it is tried."""
    model_since: str | None = None
    """Since when the model is asked, ISO 8601 in UTC, while it has not answered."""
    parts: tuple[str, ...] = ()
    """Ids of the actions that were started as parts of this one."""
    notice: str | None = None
    """The last thing refused, in plain words."""


class PartOutcome(Told):
    """How a part of an action ended."""

    action_id: str
    """Empty when it could not be begun."""
    action: str
    kind: OutcomeKind
    state: str
    """Id of its machine's final state; ``failed`` when it broke off or could not be begun."""


class Outcome(Told):
    """How an action ended."""

    action_id: str
    kind: OutcomeKind
    state: str
    """Id of the machine's final state; in shadow, of the one at which it would have gone on to somebody."""
    reply: str
    """The templated, screened text for the user; in shadow, none."""
    parts: tuple[PartOutcome, ...] = ()
    """How each part ended, of an action that starts others."""
