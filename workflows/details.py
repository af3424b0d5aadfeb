"""What an operator reads in the Temporal UI: Markdown, as a pure function of the action's story.

Everything that the model, the user or the data wrote is shown as inert text: it must not be able to fake a heading, a
link or a code.
"""

import re
from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

from pydantic import JsonValue

from leverframe.contracts.decision import Trust
from leverframe.contracts.plan import Plan, RowChange
from leverframe.contracts.policy import Clause
from leverframe.contracts.proposal import Proposal
from leverframe.contracts.request import ActionRequest
from leverframe.contracts.verdict import Verdict
from leverframe.local_time import in_words
from machines.amounts import refunded
from machines.base import WITHDRAW, ActionMachine
from machines.states import End, LeverState, Wait
from workflows.confirmation import Confirmation

FEW_CHANGES = 8
"""More changes than this are also counted."""
PLAN_BYTES = 10_000
"""The most of a plan that is shown here: Temporal takes 20 kB of details."""

SAID = {"allow": "found nothing", "redact": "masked something", "block": "blocked it", "escalate": "asks a person"}
"""Verdicts in words."""

_UNSAFE = re.compile(r"[\x00-\x1f\x7f`|<>\[\]\\\u200b-\u200f\u2028-\u202e\u2066-\u2069]+")


@dataclass(frozen=True)
class Story:
    """The part of an action's state that is shown."""

    request: ActionRequest
    machine: type[ActionMachine]
    state: LeverState
    messages: tuple[str, ...]
    verdicts: tuple[Verdict, ...]
    proposal: Proposal | None
    cited: tuple[Clause, ...]
    """The clauses that the proposal rests on."""
    related: tuple[Clause, ...]
    """Others that are near to the user's words."""
    confirmation: Confirmation | None
    """The plan that people may decide on now."""
    parts: tuple[str, ...]
    """Ids of the actions that were started as parts of this one."""
    approved: Plan | None
    """The plan that was approved and is not carried out yet."""
    question: str | None
    deadline: datetime | None
    notice: str | None


def render(story: Story) -> str:
    """The details as Markdown; tables render in the UI, Mermaid does not."""
    parts = [f"## {_heading(story)}"]
    if story.notice:
        parts.append(f"> **Note:** {inert(story.notice)}")
    if story.confirmation:
        parts += [_plan(story.confirmation.plan), _how(story.confirmation)]
    elif story.approved:
        parts += [_plan(story.approved), "Approved, and not carried out yet."]
    if story.question and story.deadline:
        parts.append(f"The user was asked, and has until {in_words(story.deadline)}:\n\n> {inert(story.question)}")
    if story.parts:
        parts.append(
            "\n".join(["### Its parts, each confirmed on its own", *(f"- {inert(part)}" for part in story.parts)])
        )
    parts += [_why(story), _verdicts(story.verdicts), _table(story.machine, story.state.name)]
    return "\n\n".join(part for part in parts if part)


def inert(text: object) -> str:
    """A text as one line of a Markdown code span: no markup, no line breaks, no invisible characters."""
    shown = _UNSAFE.sub(" ", str(text)).strip()
    return f"`{shown}`" if shown else "–"


def _heading(story: Story) -> str:
    if story.confirmation:
        return f"Waiting for {story.confirmation.role} to approve or reject"
    if story.question:
        return "Waiting for the user's answer"
    if isinstance(story.state, Wait) and story.deadline:
        return f"Waiting until {in_words(story.deadline)}"
    if isinstance(story.state, End):
        return f"Ended: {story.state.kind.replace('_', ' ')}"
    return f"{story.state.name} …"


def _plan(plan: Plan) -> str:
    # One narrow table per row: the UI gives the details less than half of its width.
    changes = [(number, call, change) for number, call in enumerate(plan.calls, 1) for change in call.changes]
    parts = ["### What will happen", *_money(plan)]
    if len(changes) > FEW_CHANGES:
        parts.append(_counts([change for _, _, change in changes]))
    shown = 0
    for number, call, change in changes:
        part = f"**{number}. {call.planned.tool}** → {_row(change)}\n\n{_change(change)}"
        if (shown := shown + len(part.encode())) > PLAN_BYTES:
            parts.append(f"**This is not all of it.** Read the {len(changes)} changes with `python -m worker show`.")
            break
        parts.append(part)
    return "\n\n".join(parts)


def _money(plan: Plan) -> list[str]:
    """How much money goes back, before anything else."""
    try:
        back = refunded(plan)
    except ValueError:
        return ["**How much money goes back cannot be told.**"]
    return [f"Money that goes back: **{back}**"] if back else []


def _counts(changes: list[RowChange]) -> str:
    """How many rows of each table are added, changed and removed."""
    found = Counter((change.table, _kind(change)) for change in changes)
    rows = [f"| {inert(table)} | {kind} | **{count}** |" for (table, kind), count in found.items()]
    return "\n".join(["| table | what | rows |", "|---|---|---|", *rows])


def _kind(change: RowChange) -> str:
    return "added" if change.before is None else "removed" if change.after is None else "changed"


def _row(change: RowChange) -> str:
    return f"{change.table} {inert(', '.join(str(value) for value in change.key.values()))}"


def _change(change: RowChange) -> str:
    columns = sorted({*(change.before or {}), *(change.after or {})})
    rows = (f"| {name} | {_cell(change.before, name)} | **{_cell(change.after, name)}** |" for name in columns)
    return "\n".join(["| | before | after |", "|---|---|---|", *rows])


def _cell(row: dict[str, JsonValue] | None, column: str) -> str:
    return "–" if row is None or row.get(column) is None else inert(row[column])


def _how(confirmation: Confirmation) -> str:
    plan, given = confirmation.plan, confirmation.approvals
    people = ", ".join(f"{inert(approver.identity)} ({_trust(approver.trust)})" for approver in given)
    so_far = f"{len(given)} of {confirmation.needed} approvals{': ' + people if people else ''}"
    if confirmation.needed > 1:
        so_far += ", by different people"
    lines = [
        f"### Confirmation code: `{plan.code}`",
        f"Until **{in_words(confirmation.deadline)}**, then nothing is done. {so_far}.",
        "",
        "To decide: **More Actions → Send an Update** (where the server signs people in: **Send a Signal**), "
        "Name `approve` or `reject`, Data:",
        "",
    ]
    if confirmation.amount is None:
        return "\n".join([*lines, f'`{{"code": "{plan.code}", "note": "why"}}`'])
    # The amount itself stands in the plan alone: whoever has typed it has looked there.
    lines += [
        f'`{{"code": "{plan.code}", "amount": "…", "note": "why"}}`',
        "",
        "**To approve, type the amount** in place of the dots: the money that goes back, which stands in bold under "
        "*What will happen*. To reject, leave `amount` out.",
    ]
    return "\n".join(lines)


def _why(story: Story) -> str:
    request, proposal = story.request, story.proposal
    rows = [
        "### Why",
        "| | |",
        "|---|---|",
        f"| asked by | {inert(request.requester)} for user {inert(request.pseudonym)} |",
        *(f"| the user wrote | {inert(message)} |" for message in story.messages),
    ]
    if proposal:
        rows.append(f"| the model proposes | {proposal.event} |")
        rows += [f"| {name} | {inert(value)} |" for name, value in proposal.arguments.items()]
        rows += [f"| which rests on | {_clause(clause)} |" for clause in story.cited]
        rows.append(f"| the model's words | {inert(proposal.rationale)} |")
    rows += [f"| may matter too | {_clause(clause)} |" for clause in story.related]
    return "\n".join(rows)


def _clause(clause: Clause) -> str:
    return f"**{clause.id}**, version {clause.version}: {inert(clause.text)}"


def _verdicts(verdicts: tuple[Verdict, ...]) -> str:
    if not verdicts:
        return ""
    found = [verdict for verdict in verdicts if verdict.judgement != "allow"]
    quiet = f"{len(verdicts) - len(found)} of {len(verdicts)} checks found nothing."
    if not found:
        return f"### Guards\n{quiet}"
    said = (f"- {inert(v.guard)} **{SAID[v.judgement]}**: {inert(v.reason)} (rule {inert(v.rule)})" for v in found)
    return "\n".join(["### Guards", *said, "", quiet])


def _table(machine: type[ActionMachine], current: str) -> str:
    lines = _transitions(machine)
    marked = (re.sub(rf"^\| {re.escape(current)} \|", f"| **▶ {current}** |", line) for line in lines)
    return "\n".join(["### What the machine allows", *marked])


@lru_cache
def _transitions(machine: type[ActionMachine]) -> tuple[str, ...]:
    lines = (re.sub(r" +", " ", line) for line in format(machine(), "md").splitlines())
    return tuple(line for line in lines if f"| {WITHDRAW.capitalize()} |" not in line)


def _trust(trust: Trust) -> str:
    words = {"principal": "established by the server", "signed": "signed with their own key"}
    return words.get(trust, "**unverified**")
