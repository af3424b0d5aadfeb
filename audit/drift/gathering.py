"""Reads the weeks with the auditor's login."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy.ext.asyncio import AsyncEngine

from audit.drift.changes import Drift, compare
from audit.drift.observing import TOLD, observe
from audit.drift.tally import Week, count, new_week
from audit.report.gathering import gathered
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


async def drift(auditor: AsyncEngine, week: Span, baseline: Span, people: SubjectKeys | None = None) -> Drift:
    """What has changed in a week against a baseline, whose days are taken seven at a time from its last one on.

    Raises KeyServiceUnreachable.
    """
    weeks = await _weeks(auditor, baseline, people)
    (now,) = await _weeks(auditor, week, people) or [new_week()]
    return compare(weeks, now)


async def _weeks(auditor: AsyncEngine, span: Span, people: SubjectKeys | None) -> Sequence[Week]:
    found = [new_week() for _ in range(max(1, (span.to - span.since).days // 7 + 1))]
    async for one in gathered(auditor, span.since, span.to, people, TOLD):
        began = date.fromisoformat(one.began[:10])
        place = (span.to - began).days // 7
        count(found[place], observe(one.action_id, one.action, one.entries, one.decisions))
    return found
