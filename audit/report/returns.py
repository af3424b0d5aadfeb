"""What actions cost in money and people's minutes, against the same done by hand. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from leverframe.contracts.proposal import Usage

PER = 1_000_000
"""Tokens that a price is for."""
BY_PEOPLE = frozenset({"handed_over"})
"""Outcomes after which a person does the whole of it by hand."""


@dataclass
class Spent:
    """What the actions of one kind with one outcome took."""

    actions: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    decisions: int = 0
    """That people made, whether they counted or not."""
    seconds: float = 0.0
    """From beginning to end, of those that have ended."""

    def used(self, usages: Iterable[Usage]) -> None:
        """Count what the model read and wrote."""
        for usage in usages:
            self.input_tokens += usage.input_tokens
            self.output_tokens += usage.output_tokens

    def merge(self, other: "Spent") -> None:
        """Count what others took."""
        self.actions += other.actions
        self.input_tokens += other.input_tokens
        self.output_tokens += other.output_tokens
        self.decisions += other.decisions
        self.seconds += other.seconds


@dataclass(frozen=True)
class ByHand:
    """What the tenant says: what people take without Leverframe, and what things cost."""

    minutes: Mapping[str, float]
    """Of one action done by hand, by its name; under an empty name, of every other one."""
    hourly: float
    """What an hour of those people costs."""
    decision_minutes: float
    """What one decision takes of them."""
    input_price: float
    """Of a million tokens that the model reads."""
    output_price: float
    currency: str

    def of(self, action: str) -> float | None:
        """Minutes of one action by hand; ``None`` where nobody has said."""
        return self.minutes.get(action, self.minutes.get(""))


@dataclass(frozen=True)
class Return:
    """What actions with one outcome took, and would have taken."""

    outcome: str
    actions: int
    model: float
    """What the model cost."""
    minutes: float
    """Of people: for decisions, and for all of it where it was handed over to them."""
    cost: float
    """Of the model and these minutes."""
    lasted: float
    """Minutes from beginning to end, on average."""
    by_hand_minutes: float
    by_hand_cost: float

    @property
    def saved(self) -> float:
        """In money; negative where it cost more than by hand."""
        return self.by_hand_cost - self.cost


def returns(spent: Mapping[tuple[str, str], Spent], by_hand: ByHand) -> list[Return]:
    """By outcome, the most frequent first, and over all under an empty name; of the actions that somebody has timed."""
    outcomes: dict[str, dict[str, Spent]] = {}
    for (action, outcome), one in spent.items():
        if by_hand.of(action) is not None:
            outcomes.setdefault(outcome, {})[action] = one
    rows = [
        _return(outcome, [(action, outcome, one) for action, one in of.items()], by_hand)
        for outcome, of in outcomes.items()
    ]
    rows.sort(key=lambda row: -row.actions)
    every = [(action, outcome, one) for outcome, of in outcomes.items() for action, one in of.items()]
    return [*rows, _return("", every, by_hand)] if rows else []


def _return(outcome: str, some: Iterable[tuple[str, str, Spent]], by_hand: ByHand) -> Return:
    whole, minutes, alone = Spent(), 0.0, 0.0
    for action, ended, one in some:
        whole.merge(one)
        by_people = (by_hand.of(action) or 0.0) * one.actions
        alone += by_people
        minutes += one.decisions * by_hand.decision_minutes + (by_people if ended in BY_PEOPLE else 0.0)
    model = (whole.input_tokens * by_hand.input_price + whole.output_tokens * by_hand.output_price) / PER
    return Return(
        outcome=outcome,
        actions=whole.actions,
        model=model,
        minutes=minutes,
        cost=model + minutes / 60 * by_hand.hourly,
        lasted=whole.seconds / 60 / whole.actions if whole.actions else 0.0,
        by_hand_minutes=alone,
        by_hand_cost=alone / 60 * by_hand.hourly,
    )
