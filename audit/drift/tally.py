"""Actions counted figure by figure: weeks of a busy year need no more room than a quiet one. Pure."""

from collections import Counter, defaultdict
from dataclasses import dataclass, field

from audit.drift.observing import Observed, bin_of
from audit.rates import Rate

MOST = 200
"""Categories of one figure that are counted apart; what comes after these counts as other."""
OTHER = "other"
EXAMPLES = 3
Group = tuple[str, str]
"""An action, and a language; an empty one is all of them."""


@dataclass
class Tally:
    """Some actions of one kind: how many had a figure, and how many of these each category of it."""

    units: Counter[str] = field(default_factory=Counter)
    counts: defaultdict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    bins: defaultdict[str, Counter[int]] = field(default_factory=lambda: defaultdict(Counter))
    """Numbers, by figure and :func:`~audit.drift.observing.bin_of`."""
    examples: defaultdict[tuple[str, str | int], list[str]] = field(default_factory=lambda: defaultdict(list))
    """Ids of the first actions with a category, or with a number in a bin."""

    def add(self, seen: Observed) -> None:
        """Count one action."""
        for figure, categories in seen.mixes.items():
            self.units[figure] += 1
            for name in categories:
                counts = self.counts[figure]
                category = name if name in counts or len(counts) < MOST else OTHER
                counts[category] += 1
                self._show(figure, category, seen.action_id)
        for figure, number in seen.numbers.items():
            self.bins[figure][bin_of(number)] += 1
            self._show(figure, bin_of(number), seen.action_id)

    def share(self, figure: str, category: str) -> Rate:
        """How many of the actions in which the figure came up had the category."""
        return Rate(count=self.counts[figure][category], of=self.units[figure])

    def above(self, figure: str, limit: int) -> Rate:
        """How many of the numbers fall into bins above a limit."""
        bins = self.bins[figure]
        return Rate(count=sum(count for place, count in bins.items() if place > limit), of=bins.total())

    def middle(self, figure: str) -> int:
        """The bin of the median."""
        bins, seen = self.bins[figure], 0
        for place in sorted(bins):
            seen += bins[place]
            if 2 * seen >= bins.total():
                return place
        return 0

    def merge(self, other: "Tally") -> None:
        """Count what another has counted."""
        self.units += other.units
        for figure, counts in other.counts.items():
            self.counts[figure] += counts
        for figure, bins in other.bins.items():
            self.bins[figure] += bins

    def _show(self, figure: str, category: str | int, action_id: str) -> None:
        shown = self.examples[figure, category]
        if len(shown) < EXAMPLES:
            shown.append(action_id)


Week = defaultdict[Group, Tally]


def new_week() -> Week:
    """A week in which nothing has happened yet."""
    return defaultdict(Tally)


def count(week: Week, seen: Observed) -> None:
    """Count an action among all, among those of its kind, and among those of its kind and language."""
    week["", ""].add(seen)
    week[seen.action, ""].add(seen)
    week[seen.action, seen.language].add(seen)
