"""What an operator reads of a case in the Temporal UI: Markdown, as a pure function of the case."""

from datetime import datetime

from leverframe.contracts.case import WORDS
from leverframe.local_time import in_words
from leverframe.why_lines import Piece, why_lines
from workflows.case_state import Standing
from workflows.markdown import inert, row, span, table
from workflows.wording import clip
from workflows.wording import until as waiting

HOW = (
    "Click **More Actions → Send an Update** (where the server signs people in: **Send a Signal**): `claim` to take "
    'it, `resolve` with Data `{"note": "how it was settled"}` to end it; `note` and `release` as they are called.'
)


def until(case: Standing, moment: datetime) -> str:
    """The timer with which it waits."""
    return clip(waiting(case.role, moment, "tell people again"))


def render(case: Standing) -> str:
    """The details; tables render in the UI."""
    request = case.request
    parts = [f"## {_heading(case)}"]
    if case.notice:
        parts.append(f"> **Note:** {inert(case.notice)}")
    if not case.ended:
        parts.append(HOW)
    parts.append("\n".join([*(f"- {inert(one)}" for one in _facts(case))]))
    for title, said in (("Done", request.done), ("Not done", request.undone), ("Written since", case.messages)):
        if said:
            parts.append("\n".join([f"### {title}", "", *(f"- {inert(one)}" for one in said)]))
    lines = [
        row(line.label.replace(" ", "\u00a0"), "".join(map(_piece, line.pieces)))
        for line in why_lines(request.why, brief=False)
    ]
    parts.append("\n".join(["### Why", "", table(("", ""), lines)]))
    story = [
        row(inert(in_words(datetime.fromisoformat(one.at))), WORDS[one.what], inert(one.who), inert(one.note))
        for one in case.story
    ]
    parts.append("\n".join(["### What happened", "", table(("", "", "", ""), story)]))
    return "\n\n".join(parts)


def _heading(case: Standing) -> str:
    return inert(case.heading)


def _facts(case: Standing) -> list[str]:
    request = case.request
    told = [f"Action {request.action_id}", request.reason, f"The user was told: {request.reply}"]
    return [*told, f"Settled by {case.by}: {case.resolved}"] if case.resolved is not None else told


def _piece(piece: Piece) -> str:
    text = span(piece.text) if piece.theirs else piece.text
    return f"**{text}**" if piece.strong else text
