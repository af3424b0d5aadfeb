"""The report of a period. Pure."""

from collections.abc import Sequence
from datetime import date, datetime

from markupsafe import Markup

from audit.drift.changes import Drift
from audit.drift.words import category, figure, whose
from audit.rates import Rate, percentile
from audit.report.charts import Bar, bars, histogram
from audit.report.page import render
from audit.report.period_figures import NOT_ENDED, NOT_READABLE, OTHER, Figures
from audit.report.returns import ByHand, returns
from audit.report.text import lasting
from leverframe.naming import ended, words
from leverframe.telling import JUDGEMENTS, TRUSTS, UNREADABLE

TOP = 12
"""Most bars of one picture; tables go on."""
ENDED = {
    NOT_ENDED: "have not ended",
    NOT_READABLE: "ended in a way that cannot be read",
    OTHER: "ended in other ways",
}
"""What the outcomes say that are none; of all others it is said that actions ended so."""
BINS = (("10 s", 10), ("1 min", 60), ("10 min", 600), ("1 h", 3600), ("4 h", 14400), ("1 d", 86400), ("2 d", 172800))
"""Times to a decision, each up to so many seconds."""


def period_report(
    figures: Figures, since: date, to: date, made: datetime, drift: Drift | None = None, by_hand: ByHand | None = None
) -> str:
    """The page about the actions that began from one day to another, and what has drifted by the last of these."""
    slow = percentile(figures.waits, 0.95)
    return render(
        "period.html",
        made,
        title=f"Actions from {since} to {to}",
        since=since,
        to=to,
        figures=figures,
        outcomes=[name for name, _ in figures.outcomes.most_common()],
        actions=sorted({action for action, _ in figures.actions}),
        override=figures.override(),
        half=lasting(percentile(figures.waits, 0.5)),
        slow=lasting(slow),
        checks=figures.verdicts.total(),
        findings=_findings(figures),
        refusals=figures.refusals.most_common(),
        trusts=[(TRUSTS.get(trust, trust), count) for trust, count in figures.trusts.most_common()],
        unreadable=[(UNREADABLE.get(why, why), count) for why, count in figures.unreadable.items()],
        plots=_plots(figures),
        judgements=JUDGEMENTS,
        languages=figures.by_language(),
        drift=drift,
        returns=returns(figures.spent, by_hand) if by_hand else [],
        by_hand=by_hand,
        whose=whose,
        figure=figure,
        category=category,
    )


def _findings(figures: Figures) -> list[tuple[str, str, str, Rate]]:
    """Guard, rule, judgement and how many of that guard's checks, most first."""
    checks: dict[str, int] = {}
    for (guard, _, _), count in figures.verdicts.items():
        checks[guard] = checks.get(guard, 0) + count
    return [
        (guard, rule, judgement, Rate(count=count, of=checks[guard]))
        for (guard, rule, judgement), count in figures.verdicts.most_common()
        if judgement != "allow"
    ]


def _plots(figures: Figures) -> dict[str, tuple[str, Markup]]:
    """Each picture with what it says in one sentence."""
    found = {}
    if figures.total:
        (most, count), *_ = figures.outcomes.most_common()
        said = f"{count / figures.total:.0%} of all actions {ENDED.get(most, f'ended {words(most)}')}"
        rows = [(ended(outcome), count) for outcome, count in figures.outcomes.most_common()]
        found["outcomes"] = (said, bars(_bars(rows), said, "actions", "outcomes"))
    if figures.waits:
        said = f"Half of the plans were decided within {lasting(percentile(figures.waits, 0.5))}"
        found["waits"] = (said, histogram(bins(figures.waits), said, "time to the decision, up to", "waits"))
    if findings := _findings(figures):
        said = f"What the guards found most: {findings[0][1]} ({findings[0][0]})"
        rows = [(f"{guard}: {rule}", rate.count) for guard, rule, _, rate in findings]
        found["guards"] = (said, bars(_bars(rows), said, "checks", "guards"))
    return found


def _bars(counts: Sequence[tuple[str, int]]) -> list[Bar]:
    rest = sum(count for _, count in counts[TOP:])
    return [Bar(words(name), count) for name, count in counts[:TOP]] + ([Bar("all others", rest)] if rest else [])


def bins(seconds: Sequence[float]) -> list[Bar]:
    """How many of the times are in each of :data:`BINS`, and how many beyond."""
    counts = [0] * (len(BINS) + 1)
    for wait in seconds:
        counts[next((number for number, (_, end) in enumerate(BINS) if wait <= end), len(BINS))] += 1
    return [Bar(name, count) for name, count in zip([*(name for name, _ in BINS), "more"], counts, strict=True)]
