"""The report of one action."""

from collections import Counter
from collections.abc import Iterator
from datetime import datetime

from audit.audit import ActionAudit
from audit.report.diagram import draw
from audit.report.page import render
from audit.report.story import Story
from audit.report.text import moment
from audit.report.timeline import lines
from leverframe.claiming import CLAIMED_BELOW, any_name_counts
from leverframe.naming import ended, words
from leverframe.pseudonym import subject_of
from leverframe.telling import JUDGEMENTS, THUMBS, TRUSTS, UNREADABLE
from machines.base import ActionMachine
from machines.picture import purpose
from machines.registry import machines

SECTIONS = (
    ("path", "The way"),
    ("request", "Request"),
    ("verdicts", "Guards"),
    ("proposal", "Proposal"),
    ("plan", "Plan"),
    ("decisions", "Decisions"),
    ("effects", "Effects"),
    ("refused", "Refused"),
    ("timeline", "Timeline"),
    ("traces", "Traces"),
    ("proof", "Proof"),
)
LEGEND = (
    "On the right: ends that can be reached at once. Withdrawing, which most states allow until something is written, "
    "is drawn only where it happened."
)


def action_report(audit: ActionAudit, made: datetime) -> str:
    """The page about one action, ``made`` at that time."""
    story = Story(audit, _machine(audit))
    name = words(_name(audit)).capitalize()
    return render(
        "action.html",
        made,
        title=f"{name}: {audit.action_id}",
        name=name,
        purpose=purpose(story.machine) if story.machine else "",
        story=story,
        outcome=_outcome(story),
        pseudonym=subject_of(audit.action_id),
        sections=SECTIONS,
        sealed=list(_sealed(audit)),
        diagram=draw(story.machine, story.steps) if story.machine else None,
        legend=LEGEND,
        timeline=lines(story.entries),
        masked=_masked(story),
        quiet=_quiet(story),
        hidden_effects=any(row.kind == "effect" for row in audit.entries),
        judgements=JUDGEMENTS,
        trusts=TRUSTS,
        thumbs=THUMBS,
        claimed=_claimed(story),
    )


def _claimed(story: Story) -> str:
    """That whoever decided could have been anybody; empty where each of them was established."""
    people = (decision.record or (decision.told.approver if decision.told else None) for decision in story.decisions)
    return CLAIMED_BELOW if any(one is not None and one.trust == "claimed" for one in people) else any_name_counts()


def _name(audit: ActionAudit) -> str:
    return audit.action_id.partition("-")[0] if subject_of(audit.action_id) else "action"


def _machine(audit: ActionAudit) -> type[ActionMachine] | None:
    # By the id, which is in every hash of the chain, and can be read when no body can.
    return machines().get(audit.action_id.partition("-")[0])


def _outcome(story: Story) -> str:
    if story.closed:
        return f"Ended: {ended(story.closed.outcome)}"
    return "Ended; how cannot be read" if story.ended else "Not ended"


def _sealed(audit: ActionAudit) -> Iterator[str]:
    for why, count in Counter(audit.unreadable.values()).items():
        yield f"{count} of {len(audit.entries)} entries: {UNREADABLE[why]}. Their hashes still prove what was written."
    if fate := audit.fate:
        end = f"was destroyed {moment(fate.destroyed_at)}" if fate.destroyed_at else "is to be destroyed"
        yield f"The key of this person {end}; {fate.doomed_by} doomed it {moment(fate.doomed_at)}."


def _masked(story: Story) -> list[tuple[str, str, int]]:
    """What was masked: where it was found, as what, and how often."""
    found = Counter(
        (f"entry {row.seq}, {evidence.path or 'the text'}", evidence.label)
        for row, verdict in story.found
        if verdict.judgement == "redact"
        for evidence in verdict.evidence
    )
    return [(where, label, count) for (where, label), count in found.items()]


def _quiet(story: Story) -> list[str]:
    """The guards that found nothing, each with how often it looked."""
    counts = Counter(verdict.guard for _, verdict in story.verdicts if verdict.judgement == "allow")
    return [f"{guard} ({count})" if count > 1 else guard for guard, count in counts.items()]
