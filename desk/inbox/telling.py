"""What an operator reads of one action, in the inbox and in ``show``. Pure."""

import re
from datetime import tzinfo

from rich.console import RenderableType
from rich.markdown import Markdown
from rich.text import Text

from audit.report.text import parsed
from desk.inbox.plan_rows import plan_table
from desk.inbox.times import moment
from leverframe.contracts.decision import Approver
from leverframe.contracts.plan import Plan
from leverframe.contracts.status import Status
from leverframe.naming import words
from leverframe.telling import MONEY_BACK, MONEY_UNKNOWN, TRUSTS, inert, inert_lines, inert_value
from machines.registry import money_of

SECTION = re.compile(r"^(?=#{2,3} )", re.MULTILINE)
OWN = ("## ", "### Confirmation code")
"""Sections of the details that are told here from the plan itself."""


def told(status: Status, plan: Plan, zone: tzinfo | None = None) -> list[RenderableType]:
    """The plan, and where it stands with people; ``plan`` is the status's, found to be genuine."""
    notice = [Text(f"Note: {inert(status.notice)}\n", "yellow")] if status.notice else []
    return [*notice, *_money(status.action, plan), plan_table(plan), *standing(status, zone)]


def reasoned(why: str) -> Markdown:
    """What :func:`reasons` found, drawn."""
    return Markdown(why or "No reasons are told.", hyperlinks=False)


def standing(status: Status, zone: tzinfo | None = None) -> list[Text]:
    """Who has approved, what is missing, who decides and until when."""
    people, given = status.quorum or 1, status.approvals
    needed = "One person must approve" if people == 1 else f"{people} different people must approve"
    so_far = ", ".join(map(_person, given)) or "nobody yet"
    missing = f" {people - len(given)} more needed." if 0 < len(given) < people else ""
    until = parsed(status.deadline or "")
    typed = [Text("Whoever approves also types how much money goes back.", "bold")] if status.amount_needed else []
    return [
        Text(f"{needed}; so far: {so_far}.{missing}"),
        *typed,
        Text.assemble(
            "Role ", (inert_value(status.role), "bold"), " decides, until ", (moment(until, zone), "bold"),
            "; then nothing is done.",
        ),
    ]  # fmt: skip


def reasons(details: str) -> str:
    """Why a plan was made, out of an action's details (Markdown): the request, the proposal, the clauses, the guards.

    Comes from whoever answers for the workflow, as its details in the Temporal UI do; nothing is bound to it.
    """
    sections = SECTION.split(inert_lines(details))
    kept = "".join(section for section in sections if not section.startswith(OWN)).strip()
    # A terminal draws a table's first row even where it is empty, as the UI does not.
    return kept.replace("\n|  |  |\n", "\n| what | said |\n")


def name_of(action: str) -> str:
    """An action's name as people read it."""
    return inert(words(action)).capitalize()


def _money(action: str, plan: Plan) -> list[Text]:
    try:
        about = money_of(action, plan)
    except (LookupError, ValueError):
        return [Text(f"{MONEY_UNKNOWN}\n", "bold")]
    if about is None or not about.amount:
        return []
    return [Text.assemble(f"{MONEY_BACK}: ", (str(about.amount), "bold"), f" {inert_value(about.currency)}\n")]


def _person(approver: Approver) -> str:
    return f"{inert(approver.identity)} ({TRUSTS[approver.trust]})"
