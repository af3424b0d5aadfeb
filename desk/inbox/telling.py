"""What an operator reads of one action, in the inbox and in ``show``. Pure."""

from datetime import tzinfo

from rich.console import RenderableType
from rich.table import Column, Table
from rich.text import Text

from desk.inbox.plan_rows import plan_table
from desk.times import moment
from leverframe.claiming import any_name_counts
from leverframe.contracts.decision import Approver
from leverframe.contracts.plan import Plan
from leverframe.contracts.status import Claim, Status
from leverframe.contracts.why import Why
from leverframe.local_time import parsed
from leverframe.naming import words
from leverframe.telling import NOTHING, TRUSTS, inert
from leverframe.why_lines import why_lines
from machines.money_line import money_line

NOT_SAID = (
    "Why is not told here: the action runs on an older version, which does not say, or what it says cannot be read. "
    "Its details in the Temporal UI may tell it."
)


def told(status: Status, plan: Plan, zone: tzinfo | None = None) -> list[RenderableType]:
    """The plan, and where it stands with people; ``plan`` is the status's, found to be genuine."""
    notice = [Text(f"Note: {inert(status.notice)}\n", "yellow")] if status.notice else []
    does = [Text(f"{place}. {inert(one)}", "bold") for place, one in enumerate(status.sentences, 1)]
    return [*notice, *does, *_money(status.action, plan), plan_table(plan), *standing(status, zone)]


def reasoned(why: Why | None) -> RenderableType:
    """Why the plan was made, as whoever answers for the workflow says; ``None`` where they do not."""
    if why is None:
        return Text(NOT_SAID, "yellow")
    table = Table("what", Column("said", overflow="fold"), title="Why", title_justify="left")
    for line in why_lines(why, brief=True):
        pieces = ((piece.text or NOTHING, "bold" if piece.strong else "") for piece in line.pieces)
        table.add_row(line.label, Text.assemble(*pieces))
    return table


def standing(status: Status, zone: tzinfo | None = None) -> list[Text]:
    """Who has approved, what is missing, who decides and until when."""
    people, given = status.quorum or 1, status.approvals
    needed = "One person must approve" if people == 1 else f"{people} different people must approve"
    so_far = ", ".join(map(_person, given)) or "nobody yet"
    missing = f" {people - len(given)} more needed." if 0 < len(given) < people else ""
    until = parsed(status.deadline or "")
    typed = [Text("Whoever approves also types how much money it is about.", "bold")] if status.amount_needed else []
    anybody = [Text(line, "yellow")] if (line := any_name_counts()) else []
    return [
        Text(f"{needed}; so far: {so_far}.{missing}"),
        *([Text(line, "bold")] if (line := claimed(status.claim)) else []),
        *typed,
        Text.assemble(
            "Role ", (inert(words(status.role or "")), "bold"), " decides, until ", (moment(until, zone), "bold"),
            "; then nothing is done.",
        ),
        *anybody,
    ]  # fmt: skip


def claimed(claim: Claim | None) -> str:
    """Who is on it, in words; empty where nobody is."""
    if claim is None:
        return ""
    note = f": {inert(claim.note)}" if claim.note else "."
    if claim.person == claim.by:
        return f"{inert(claim.person)} is on it{note}"
    to = f" to {inert(claim.person)}" if claim.person else ""
    return f"Handed over by {inert(claim.by)}{to}{note}"


def name_of(action: str) -> str:
    """An action's name as people read it."""
    return inert(words(action)).capitalize()


def _money(action: str, plan: Plan) -> list[Text]:
    line = money_line(action, plan)
    if line is None:
        return []
    if not line.amount:
        return [Text(f"{line.label}\n", "bold")]
    return [Text.assemble(f"{line.label}: ", (line.amount, "bold"), f" {line.currency}\n")]


def _person(approver: Approver) -> str:
    return f"{inert(approver.identity)} ({TRUSTS[approver.trust]})"
