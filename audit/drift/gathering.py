"""Reads the weeks with the auditor's login."""

from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy.ext.asyncio import AsyncEngine

from audit.drift.changes import Drift, compare
from audit.drift.observing import TOLD, observe
from audit.drift.tally import count, new_week
from audit.report.gathering import TOLD as OF_PERIOD
from audit.report.gathering import Gathered, gathered
from audit.report.period_figures import Figures
from leverframe.subject_keys import SubjectKeys

WEEK = timedelta(days=7)
WEEKS = 8
"""Of the baseline where none is named: those before."""


@dataclass(frozen=True)
class Span:
    """Days, both included, in UTC."""

    since: date
    to: date


def week_to(day: date) -> Span:
    """The seven days that end with one."""
    return Span(day - timedelta(days=6), day)


def before(week: Span, weeks: int = WEEKS) -> Span:
    """So many weeks that end where a week begins."""
    return Span(week.since - weeks * WEEK, week.since - timedelta(days=1))


class Weeks:
    """A week and those of its baseline, being counted; a baseline's days are taken seven at a time from its last on."""

    def __init__(self, week: Span, baseline: Span) -> None:
        self._week, self._baseline = week, baseline
        self._now = new_week()
        self._before = [new_week() for _ in range(max(1, (baseline.to - baseline.since).days // 7 + 1))]

    def add(self, one: Gathered) -> None:
        """Count an action where it belongs, if anywhere."""
        began = date.fromisoformat(one.began[:10])
        if self._week.since <= began <= self._week.to:
            place = self._now
        elif self._baseline.since <= began <= self._baseline.to:
            place = self._before[(self._baseline.to - began).days // 7]
        else:
            return
        count(place, observe(one.action_id, one.action, one.entries, one.decisions))

    def drift(self) -> Drift:
        """What the week shows."""
        return compare(self._before, self._now)


async def drift(auditor: AsyncEngine, week: Span, baseline: Span, people: SubjectKeys | None = None) -> Drift:
    """What has changed in a week against a baseline; raises KeyServiceUnreachable."""
    weeks = Weeks(week, baseline)
    for span in (baseline, week):
        async for one in gathered(auditor, span.since, span.to, people, TOLD):
            weeks.add(one)
    return weeks.drift()


async def with_drift(
    auditor: AsyncEngine, since: date, to: date, people: SubjectKeys | None = None
) -> tuple[Figures, Drift]:
    """The figures of a period and the drift of its last week, in one reading; raises KeyServiceUnreachable."""
    figures, week = Figures(), week_to(to)
    baseline = before(week)
    weeks = Weeks(week, baseline)
    async for one in gathered(auditor, min(since, baseline.since), to, people, sorted({*TOLD, *OF_PERIOD})):
        if one.began[:10] >= since.isoformat():
            figures.add(one.action, one.entries, one.decisions)
        weeks.add(one)
    return figures, weeks.drift()
