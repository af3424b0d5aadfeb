"""What an operator reads in the Temporal UI: Markdown, as a pure function of the action's page.

It is to fit one screen: few blocks, since each costs two lines of space, and tables instead.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from leverframe.claiming import any_name_counts
from leverframe.confirmation_code import too_long
from leverframe.contracts.decision import Approver
from leverframe.contracts.plan import Plan
from leverframe.contracts.status import Claim
from leverframe.contracts.why import Why
from leverframe.desk_link import desk_link, desk_site
from leverframe.local_time import in_words
from leverframe.modes import Mode
from leverframe.naming import ended, stands, words
from leverframe.telling import TRUSTS
from leverframe.why_lines import Piece, why_lines
from machines.base import ActionMachine
from machines.states import End, LeverState, Wait
from workflows.asking import Asking
from workflows.confirmation import Confirmation
from workflows.markdown import inert, row, span, table
from workflows.plan_details import changes, money

# Once, when the code is read: a running workflow reads no environment.
ANY_NAME_COUNTS = any_name_counts()
DESK = desk_site()
AROUND = "**Request Cancellation** changes nothing."
"""What the UI's button does, where it cannot be switched off: who asked withdraws."""


@dataclass(frozen=True)
class Page:
    """The part of an action's state that is shown."""

    action_id: str
    machine: type[ActionMachine]
    state: LeverState
    why: Why
    confirmation: Confirmation | None
    """The plan that people may decide on now."""
    parts: tuple[str, ...]
    """Ids of the actions that were started as parts of this one."""
    approved: Plan | None
    """The plan that was approved; it is being carried out, or has been."""
    question: str | None
    deadline: datetime | None
    notice: str | None
    claim: Claim | None = None
    asking: Asking | None = None
    """That the model is asked, where it is late."""
    mode: Mode = "live"
    over: bool = False
    """Whether it has ended."""
    decided: Confirmation | None = None
    """What people have decided on last, and who they were."""


def render(page: Page) -> str:
    """The details as Markdown; tables render in the UI, Mermaid does not."""
    parts = [f"## {_heading(page)}{_at_the_desk(page)}"]
    if page.notice:
        parts.append(f"> **Note:** {inert(page.notice)}")
    if page.confirmation:
        plan = page.confirmation.plan
        parts += [_until(page.confirmation, page), _elsewhere(page) if too_long(plan) else _how(page.confirmation)]
    elif page.approved:
        parts.append(_approved(page.approved, page))
    if page.question and page.deadline:
        parts.append(f"The user was asked, and has until {in_words(page.deadline)}:\n\n> {inert(page.question)}")
    if page.asking:
        parts.append(f"{page.asking.in_words} Then a person takes over.")
    if page.parts:
        parts.append(
            "\n".join(["### Its parts, each confirmed on its own", *(f"- {inert(part)}" for part in page.parts)])
        )
    parts.append("\n".join(["### Why", "", table(("", ""), _why(page))]))
    return "\n\n".join(part for part in parts if part)


def _at_the_desk(page: Page) -> str:
    link = desk_link(DESK, page.action_id)
    return f" · [at the desk]({link})" if link else ""


def _heading(page: Page) -> str:
    if page.mode == "shadow":
        return f"Ended: {ended('shadowed')}" if page.over else f"{stands(page.state.id).capitalize()} … (beside people)"
    if page.confirmation:
        return f"Waiting for {words(page.confirmation.role)}"
    if page.question:
        return "Waiting for the user's answer"
    if page.asking:
        return "Waiting for the model"
    if isinstance(page.state, Wait) and page.deadline:
        return f"Waiting until {in_words(page.deadline)}"
    if isinstance(page.state, End):
        return f"Ended: {ended(page.state.kind)}"
    return f"{stands(page.state.id).capitalize()} …"


def _until(confirmation: Confirmation, page: Page) -> str:
    plan, given = confirmation.plan, confirmation.approvals
    people = _people(given)
    needed = confirmation.needed
    must = "One person must approve" if needed == 1 else f"{needed} different people must approve"
    so_far = f"{must}; so far {people or 'nobody'}" if needed > 1 else must
    until = f"Approve or reject until **{in_words(confirmation.deadline)}**, then nothing is done."
    deadline = f"{until} {so_far}.{_claimed(page.claim)} {AROUND}"
    # In one line: the page is to fit one screen.
    about = " ".join(filter(None, (money(page.machine.action, plan), ANY_NAME_COUNTS)))
    opening = "\n".join(filter(None, (*_does(confirmation), deadline, about)))
    return f"{opening}\n\n{changes(plan, 'What will happen')}"


def _claimed(claim: Claim | None) -> str:
    """Who is on it, for the others to know."""
    if claim is None:
        return ""
    note = f" ({inert(claim.note)})" if claim.note else ""
    if claim.person == claim.by:
        return f" **{inert(claim.person)}** is on it{note}."
    return f" Handed over by {inert(claim.by)}{f' to **{inert(claim.person)}**' if claim.person else ''}{note}."


def _approved(plan: Plan, page: Page) -> str:
    """The plan of an action that goes on, or of one that was carried out."""
    over = isinstance(page.state, End)
    if isinstance(page.state, End) and page.state.kind != "done":
        return ""
    known = page.decided if page.decided and page.decided.plan == plan else None
    by = f" by {_people(known.approvals)}" if known and known.approvals else ""
    who = f"Approved{by}{'.' if over else ', and not carried out yet.'}" if by or not over else ""
    opening = (*(_does(known) if known else ()), who, money(page.machine.action, plan))
    told = changes(plan, "What happened" if over else "What will happen")
    return "\n\n".join(filter(None, ("\n".join(filter(None, opening)), told)))


def _people(approvers: Iterable[Approver]) -> str:
    return ", ".join(f"{inert(approver.identity)} ({TRUSTS[approver.trust]})" for approver in approvers)


def _does(confirmation: Confirmation) -> Iterator[str]:
    return (f"**{place}. {inert(one)}**" for place, one in enumerate(confirmation.sentences, 1))


def _elsewhere(page: Page) -> str:
    return (
        "### Too long for this page\n\n"
        "So this plan has no code, and only the whole digest counts. Read all of it, and decide, in the inbox or with "
        f"{inert(f'python -m worker show {page.action_id}')}."
    )


def _how(confirmation: Confirmation) -> str:
    code = confirmation.plan.code
    data = f'"code": "{code}", "note": "why"'
    # The amount itself stands in the plan alone: whoever has typed it has looked there.
    typed = ""
    if confirmation.amount is not None:
        data = f'"code": "{code}", "amount": "…", "note": "why"'
        typed = (
            "**To approve, type the amount** in place of the dots: the money that it is about, which stands in bold "
            "above *What will happen*. To reject, leave `amount` out."
        )
    clicks = (
        "Click **More Actions → Send an Update** (where the server signs people in: **Send a Signal**), "
        "Name `approve` or `reject`, Data as here, and **Submit** (again, if the dialog stays):"
    )
    # Within a paragraph the UI keeps line breaks.
    return f"### Confirmation code: `{code}`\n\n" + "\n".join(filter(None, (clicks, f"`{{{data}}}`", typed)))


def _why(page: Page) -> list[str]:
    lines = why_lines(page.why, brief=page.confirmation is not None)
    return [row(line.label.replace(" ", "\u00a0"), "".join(map(_piece, line.pieces))) for line in lines]


def _piece(piece: Piece) -> str:
    text = span(piece.text) if piece.theirs else piece.text
    return f"**{text}**" if piece.strong else text
