"""What has changed in a week against the weeks of a baseline, beyond chance. Pure."""

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from audit.drift.significance import chance, dispersion, holm
from audit.drift.tally import EXAMPLES, Group, Tally, Week
from audit.rates import Rate

ALPHA = 0.001
"""With which probability a week without any change is told as one: ten quiet weeks are all quiet with 99 %."""
LEAST_BEFORE, LEAST_AFTER = 50, 20
"""Actions of baseline and week under which a figure says nothing."""
LEAST_POINTS, LEAST_FACTOR = 0.02, 1.5
"""A share that moves by less than both is no news, however many actions show it."""
ABOVE = "more than the baseline's median"
"""The category of a number's upper half."""


@dataclass(frozen=True)
class Change:
    """A share that has changed by more than chance."""

    action: str
    """Empty: all of them together."""
    language: str
    """Empty: in all languages."""
    figure: str
    category: str
    before: Rate
    after: Rate
    chance: float
    """How likely it would be without a change."""
    examples: tuple[str, ...]
    """Ids of actions of the week that have the category; of one that fell, that have another."""


@dataclass(frozen=True)
class Drift:
    """What a week shows against its baseline."""

    changes: tuple[Change, ...]
    """The least likely first."""
    compared: int
    """How many shares were compared."""
    actions: int
    """Of the week."""
    before: int
    """Actions of the baseline."""
    not_cited: tuple[tuple[str, str], ...] = ()
    """Action and clause: cited in the baseline, and never in the week."""


@dataclass(frozen=True)
class _Compared:
    group: Group
    figure: str
    category: str
    before: Rate
    after: Rate
    weeks: tuple[Rate, ...]
    """Of the baseline, one by one."""
    shown: Callable[[], list[str]]


def compare(baseline: Sequence[Week], week: Week) -> Drift:
    """What of a week is beyond what the baseline's weeks let one expect."""
    all_before = Week(Tally)
    for one in baseline:
        for group, tally in one.items():
            all_before[group].merge(tally)
    chances, compared = list[float](), list[_Compared]()
    groups = all_before.keys() & week.keys()
    # Of a single kind of action, all of them together say nothing more.
    if len({action for action, _ in groups}) == 2:
        groups -= {("", "")}
    for group in sorted(groups):
        same = [*_shares(group, [one[group] for one in baseline if group in one], all_before[group], week[group])]
        # Weeks are restless in some figures, as in who writes, and not in others.
        wider = {name: dispersion(one.weeks for one in same if one.figure == name) for name in {s.figure for s in same}}
        compared += same
        chances += [chance(one.before, one.after, wider[one.figure]) for one in same]
    found = [
        _change(one, p)
        for one, p, changed in zip(compared, chances, holm(chances, ALPHA), strict=True)
        if changed and _matters(one.before, one.after)
    ]
    return Drift(
        changes=tuple(sorted(found, key=lambda change: change.chance)),
        compared=len(compared),
        actions=week["", ""].units["problem"],
        before=all_before["", ""].units["problem"],
        not_cited=tuple(_not_cited(all_before, week)),
    )


def _shares(group: Group, weeks: Sequence[Tally], before: Tally, after: Tally) -> Iterator[_Compared]:
    """Every share that both have enough actions for."""
    for figure in sorted(before.units.keys() & after.units.keys()):
        if before.units[figure] < LEAST_BEFORE or after.units[figure] < LEAST_AFTER:
            continue
        if figure == "language" and group[1]:
            continue
        for category in sorted(before.counts[figure].keys() | after.counts[figure].keys()):
            shares = (before.share(figure, category), after.share(figure, category))
            by_week = tuple(one.share(figure, category) for one in weeks)
            yield _Compared(group, figure, category, *shares, by_week, _shown(after, figure, category, shares))
    for figure in sorted(before.bins.keys() & after.bins.keys()):
        middle = before.middle(figure)
        shares = (before.above(figure, middle), after.above(figure, middle))
        if shares[0].of >= LEAST_BEFORE and shares[1].of >= LEAST_AFTER:
            by_week = tuple(one.above(figure, middle) for one in weeks)
            yield _Compared(group, figure, ABOVE, *shares, by_week, _shown(after, figure, middle, shares))


def _shown(after: Tally, figure: str, category: str | int, shares: tuple[Rate, Rate]) -> Callable[[], list[str]]:
    rises = (shares[1].rate or 0.0) > (shares[0].rate or 0.0)

    def wanted(other: str | int) -> bool:
        if isinstance(category, int) and isinstance(other, int):
            return (other > category) == rises
        return (other == category) == rises

    return lambda: [
        action_id
        for (name, other), ids in after.examples.items()
        if name == figure and wanted(other)
        for action_id in ids
    ][:EXAMPLES]


def _change(one: _Compared, p: float) -> Change:
    action, language = one.group
    return Change(action, language, one.figure, one.category, one.before, one.after, p, tuple(one.shown()))


def _matters(before: Rate, after: Rate) -> bool:
    low, high = sorted((before.rate or 0.0, after.rate or 0.0))
    return high - low >= LEAST_POINTS or high > LEAST_FACTOR * (low or math.ulp(1.0))


def _not_cited(before: Week, after: Week) -> Iterator[tuple[str, str]]:
    for action, language in sorted(before.keys() & after.keys()):
        if action and not language:
            known, cited = (week[action, ""].counts["clause"].keys() for week in (before, after))
            yield from ((action, clause) for clause in sorted(known - cited))
