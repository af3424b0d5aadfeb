"""Whether many shares have changed by more than chance, all at once. Pure.

One share against another: Fisher's exact test, two-sided by doubling, which holds for few actions too. Weeks of a
quiet year differ by more than a coin would: what the baseline's own weeks differ beyond chance widens every interval
(quasi-likelihood; P. McCullagh and J. A. Nelder, "Generalized Linear Models", 2nd edition, 1989, section 4.5). Many
figures at once: S. Holm, "A Simple Sequentially Rejective Multiple Test Procedure", Scandinavian Journal of Statistics
6 (1979), 65-70, which holds however the figures depend on each other.
"""

import math
from collections.abc import Iterable, Sequence
from statistics import NormalDist

from audit.rates import Rate

NORMAL = NormalDist()
NEGLIGIBLE = 1e-12
"""What a further term adds to a sum at least, of what the first one did."""
LEAST_EXPECTED = 1.0
"""A category that is rarer in a week tells nothing of how weeks differ."""


def chance(before: Rate, after: Rate, dispersion: float = 1.0) -> float:
    """How likely two such different shares are where nothing has changed.

    ``dispersion`` is by how much the variance is larger than that of independent actions.
    """
    if not before.of or not after.of:
        return 1.0
    exact = min(1.0, 2 * _tail(after.count, after.of, before.count + after.count, before.of + after.of))
    if dispersion <= 1 or exact >= 1:
        return exact
    return 2 * NORMAL.cdf(NORMAL.inv_cdf(max(exact, 1e-300) / 2) / math.sqrt(dispersion))


def holm(chances: Sequence[float], alpha: float) -> list[bool]:
    """Which of them are no chance: with all of them quiet, any is taken for a change with probability ``alpha``."""
    found = [False] * len(chances)
    for place, index in enumerate(sorted(range(len(chances)), key=chances.__getitem__)):
        if chances[index] > alpha / (len(chances) - place):
            break
        found[index] = True
    return found


def dispersion(figures: Iterable[Sequence[Rate]]) -> float:
    """By how much weeks differ more than independent actions would; each figure by its weeks. Never below 1."""
    squares = freedom = 0.0
    for weeks in figures:
        told = [week for week in weeks if week.of]
        share = sum(week.count for week in told) / max(sum(week.of for week in told), 1)
        if not 0 < share < 1 or any(week.of * share < LEAST_EXPECTED for week in told):
            continue
        squares += sum((week.count - week.of * share) ** 2 / (week.of * share * (1 - share)) for week in told)
        freedom += len(told) - 1
    return max(1.0, squares / freedom) if freedom else 1.0


def _tail(count: int, drawn: int, marked: int, total: int) -> float:
    """The smaller tail of the hypergeometric distribution: so many marked or more, or so many or fewer."""
    rising = count * total >= drawn * marked
    step, end = (1, min(drawn, marked)) if rising else (-1, max(0, drawn + marked - total))
    first = _mass(count, drawn, marked, total)
    whole, term = first, first
    for number in range(count + step, end + step, step):
        term = _mass(number, drawn, marked, total)
        whole += term
        if term < NEGLIGIBLE * first:
            break
    return min(whole, 1.0)


def _mass(count: int, drawn: int, marked: int, total: int) -> float:
    ways = _choose(marked, count) + _choose(total - marked, drawn - count) - _choose(total, drawn)
    return math.exp(ways)


def _choose(of: int, some: int) -> float:
    return math.lgamma(of + 1) - math.lgamma(some + 1) - math.lgamma(of - some + 1)
