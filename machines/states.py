"""States typed by who holds the lever (docs/architecture.md, "The machine")."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import ClassVar, Literal

from pydantic import JsonValue
from statemachine import State

from leverframe.contracts.base import Facts
from leverframe.contracts.plan import Plan
from leverframe.contracts.status import OutcomeKind
from machines.arguments import Arguments
from machines.money import Money, can_be_typed
from machines.money_rules import AmountRule, MoneyRule, QuorumRule, told
from machines.sentences import InWords

Effect = Literal["read", "write", "destructive"]
"""What a tool does: ``destructive`` cannot be undone and needs a person's approval."""


Argument = str | Callable[[Facts], JsonValue]
"""Where a tool's argument comes from: a dotted path into the facts, such as ``proposal.plan_id``, or a pure function
of them that raises ``LookupError`` when they lack it."""

PATIENCE = timedelta(hours=1)
"""How long an absent model is waited for, where a machine does not say: longer than a server takes to start anew."""


class LeverState(State):
    """A state whose possible outcomes are fixed by its type: the workflow sends one of them, nothing else."""

    outcomes: ClassVar[tuple[str, ...]] = ()

    @property
    def sends(self) -> tuple[str, ...]:
        """All outcomes that this very state can have."""
        return self.outcomes


class Screen(LeverState):
    """A guard moves on: the newest message of the user is screened.

    ``reopens``: an action that had ended and is woken begins here again and leaves as ``reopened``, whatever the guard
    says, to find out by a scoped read what has happened; see :class:`Stands`.
    """

    outcomes = ("passed", "blocked", "escalated")

    def __init__(self, initial: bool = False, reopens: bool = False) -> None:
        super().__init__(initial=initial)
        self.reopens = reopens

    @property
    def sends(self) -> tuple[str, ...]:
        return (*self.outcomes, "reopened") if self.reopens else self.outcomes


class Call(LeverState):
    """A tool moves on: a scoped read, or a write.

    ``arguments`` say where each argument of the tool comes from, for example ``{"plan_id": "proposal.plan_id"}``.
    ``compensates`` names the state whose write this one takes back. ``pends``: it is ``pending`` once it is written and
    a system outside has not carried out all of its part. ``asks``: it asks something of a system outside, which a
    machine must say where a plan has two such calls; of what it says that of, nothing is tried ahead of its time.
    """

    outcomes = ("succeeded", "failed")

    def __init__(
        self,
        tool: str,
        effect: Effect,
        arguments: Mapping[str, Argument] | None = None,
        compensates: str | None = None,
        pends: bool = False,
        asks: bool = False,
        initial: bool = False,
    ) -> None:
        super().__init__(initial=initial)
        self.tool = tool
        self.effect: Effect = effect
        self.arguments = dict(arguments or {})
        self.compensates = compensates
        self.pends = pends
        self.asks = asks

    @property
    def sends(self) -> tuple[str, ...]:
        stale = ("stale",) if self.effect == "destructive" else ()
        return (*self.outcomes, *stale, "pending") if self.pends else (*self.outcomes, *stale)

    @property
    def writes(self) -> bool:
        """Whether the call changes anything."""
        return self.effect != "read"


class Decide(LeverState):
    """The model moves on: it proposes one of the offered events that are enabled now.

    ``offers`` maps each event to the model of its arguments. ``undecided`` is sent when no usable proposal
    could be had; it leads to a person. ``patience``: how long a model server is tried that is not reached or has too
    much to do.
    """

    outcomes = ("undecided",)

    def __init__(
        self,
        prompt: str,
        offers: Mapping[str, type[Arguments]],
        patience: timedelta = PATIENCE,
        initial: bool = False,
    ) -> None:
        super().__init__(initial=initial)
        self.prompt = prompt
        self.offers = dict(offers)
        self.patience = patience


class Ask(LeverState):
    """The user moves on: a templated question is sent, and answered or not."""

    outcomes = ("answered", "unanswered")

    def __init__(self, template: str, within: timedelta, remind: timedelta = timedelta(0)) -> None:
        super().__init__()
        self.template = template
        self.within = within
        self.remind = remind
        """How long before the deadline to remind; zero for no reminder."""


class Wait(LeverState):
    """Time moves on: nothing happens for as long as ``lasts``, and the action may be withdrawn meanwhile.

    ``wakes``: the signal ``wake`` ends it early (``woken``). Anybody may send that, so that it proves nothing: a scoped
    read finds out what has happened. An action that comes back here waits for what is left of the time, so that no
    number of signals makes the wait longer or ends it.
    """

    outcomes = ("elapsed",)

    def __init__(self, lasts: timedelta, wakes: bool = False, initial: bool = False) -> None:
        super().__init__(initial=initial)
        self.lasts = lasts
        self.wakes = wakes

    @property
    def sends(self) -> tuple[str, ...]:
        return (*self.outcomes, "woken") if self.wakes else self.outcomes


@dataclass(frozen=True)
class Wish:
    """One thing that the user wants, in their own words."""

    action: str
    """The action that fits."""
    text: str
    """The user's words about it, masked; never the model's."""


class Dispatch(LeverState):
    """Other actions move on: each wish becomes an action of its own, and all are waited for.

    ``wishes`` is a pure function of the facts. Each action runs as a child with a capability for itself alone, and is
    confirmed on its own; what one comes to changes nothing of the others. How they ended stands in the facts as
    ``actions``: a list of ``{"action", "action_id", "kind", "state", "reply"}``.
    """

    outcomes = ("finished",)

    def __init__(self, wishes: Callable[[Facts], Sequence[Wish]]) -> None:
        super().__init__()
        self.wishes = wishes


class Confirm(LeverState):
    """People move on: the plan of the covered calls is shown, and approved or not.

    ``covers`` names the calls in the order in which they would run. ``quorum`` counts distinct people. At ``remind``
    before the deadline people are reminded, and from then on ``escalate_to`` decides instead of ``role``, if given.
    ``money`` says which money the plan is about: every screen shows it, and rules on people and amounts take it.
    ``words`` says in one sentence what a call of the plan does: every screen shows it above the rows.
    ``amount`` has each of those who approve type an amount that stands in the plan; nobody types anything to reject.
    """

    outcomes = ("approved", "rejected", "expired", "unplannable")

    def __init__(
        self,
        covers: Sequence[str],
        role: str,
        within: timedelta,
        quorum: int | QuorumRule = 1,
        money: MoneyRule | None = None,
        words: InWords | None = None,
        amount: AmountRule | None = None,
        remind: timedelta = timedelta(0),
        escalate_to: str | None = None,
        hasty: timedelta = timedelta(seconds=10),
    ) -> None:
        super().__init__()
        self.covers = tuple(covers)
        self.role = role
        self.within = within
        self.quorum = quorum
        self.money = money
        self.words = words
        self.amount = amount
        self.remind = remind
        """How long before the deadline to remind; zero for no reminder."""
        self.escalate_to = escalate_to
        self.hasty = hasty
        """A decision sooner than this after the plan was shown is flagged: nobody has read the plan by then."""

    def about(self, plan: Plan) -> Money | None:
        """The money that this plan is about; ``None`` where the state says nothing of money.

        Raises:
            ValueError: when it cannot be told; nothing may be approved then.
        """
        if self.money is None:
            return None
        try:
            found = self.money(plan)
        except Exception as error:
            raise ValueError(f"the money that the plan is about cannot be told: {error}") from error
        if not isinstance(found, Money):
            raise ValueError("the money that the plan is about cannot be told")
        return found

    def _needed_money(self, plan: Plan) -> Money:
        money = self.about(plan)
        if money is None:
            raise ValueError(f"the rules of {self.id!r} need money, and it does not say which money a plan is about")
        return money

    def people(self, plan: Plan) -> int:
        """How many distinct people must approve this plan.

        Raises:
            ValueError: when the rule gives no usable number; nothing may be approved then.
        """
        self.about(plan)  # Of what cannot be told, nothing may be approved, however many are asked.
        needed = told(self.quorum, self._needed_money(plan), self.id) if callable(self.quorum) else self.quorum
        if not isinstance(needed, int) or isinstance(needed, bool) or needed < 1:
            raise ValueError(f"the quorum must be at least 1, and the rule of {self.id!r} says {needed}")
        return needed

    def typed_amount(self, plan: Plan) -> Decimal | None:
        """The amount that whoever approves this plan must type; ``None`` when none is asked for.

        Raises:
            ValueError: when the rule gives no amount that can be typed; nothing may be approved then.
        """
        needed = told(self.amount, self._needed_money(plan), self.id) if self.amount else None
        if needed is not None and not can_be_typed(needed):
            raise ValueError(f"the rule of {self.id!r} asks for an amount that nobody can type")
        return needed

    @property
    def roles(self) -> tuple[str, ...]:
        """Those that decide: the first, and the one to which it escalates."""
        return (self.role, self.escalate_to) if self.escalate_to else (self.role,)

    def role_at(self, waited: timedelta) -> str | None:
        """Which role may decide when the plan has waited so long; ``None`` when its time is over."""
        if waited >= self.within:
            return None
        if self.escalate_to is not None and waited >= self.within - self.remind:
            return self.escalate_to
        return self.role


class End(LeverState):
    """Nobody moves on: the templated outcome is sent.

    ``tell`` is the role that takes over where the action is handed over, if not the one that confirms what it does.
    """

    def __init__(self, kind: OutcomeKind, reply: str, tell: str | None = None) -> None:
        super().__init__(final=True)
        self.kind: OutcomeKind = kind
        self.reply = reply
        self.tell = tell


class Stands(End):
    """Nobody moves on: there was no news, and the reopened action ends with the outcome that it had before."""

    def __init__(self) -> None:
        # What is sent where it had none: somebody ended it from outside.
        super().__init__("handed_over", "handed_over")
