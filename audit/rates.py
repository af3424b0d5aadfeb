"""Shares with their uncertainty. Pure."""

import math
from collections.abc import Iterable

from pydantic import BaseModel, ConfigDict, computed_field

Z = 1.959964
"""Standard normal quantile of a two-sided 95 % interval."""


def wilson(count: int, of: int) -> tuple[float, float]:
    """The 95 % score interval of a share.

    E. B. Wilson, "Probable Inference, the Law of Succession, and Statistical Inference", Journal of the American
    Statistical Association 22 (1927), 209-212. Unlike the normal approximation it stays within 0 and 1 and says
    something at 0 of n, which is where most safety figures are.
    """
    if not of:
        return 0.0, 1.0
    share, weight = count / of, Z * Z / of
    middle = share + weight / 2
    half = Z * math.sqrt(share * (1 - share) / of + weight / (4 * of))
    return max(0.0, (middle - half) / (1 + weight)), min(1.0, (middle + half) / (1 + weight))


class Rate(BaseModel):
    """A share: ``count`` of ``of``."""

    model_config = ConfigDict(frozen=True)

    count: int
    of: int

    @classmethod
    def among(cls, outcomes: Iterable[bool]) -> "Rate":
        """How many of the outcomes are true."""
        found = list(outcomes)
        return cls(count=sum(found), of=len(found))

    @computed_field  # type: ignore[prop-decorator]
    @property
    def rate(self) -> float | None:
        """``None`` of nothing."""
        return self.count / self.of if self.of else None

    @computed_field  # type: ignore[prop-decorator]
    @property
    def interval(self) -> tuple[float, float]:
        """Wilson's 95 % interval."""
        return wilson(self.count, self.of)

    def __str__(self) -> str:
        if not self.of:
            return "–"
        low, high = self.interval
        return f"{self.count}/{self.of} = {self.count / self.of:.1%} ({low:.1%}–{high:.1%})"


NOTHING = Rate(count=0, of=0)
"""A share of nothing."""


def percentile(values: Iterable[float], share: float) -> float | None:
    """The nearest-rank percentile: the least value that at least this share of the values do not exceed."""
    ranked = sorted(values)
    return ranked[max(0, math.ceil(share * len(ranked)) - 1)] if ranked else None


def pass_power(passed: int, trials: int, k: int) -> float:
    """The chance that ``k`` trials drawn from these all pass: C(passed, k) / C(trials, k).

    pass^k of S. Yao et al., "tau-bench: A Benchmark for Tool-Agent-User Interaction in Real-World Domains" (2024),
    arXiv 2406.12045.
    """
    return math.comb(passed, k) / math.comb(trials, k)
