"""One action: its plan and what a decision needs beside it, and what has happened."""

import asyncio
from collections.abc import Awaitable
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import TypeVar

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from desk.inbox.desk import Desk, Sight
from desk.inbox.item import Item, item_of
from desk.inbox.telling import claimed
from desk.web.pages import page, rendered
from desk.web.signing_in import SigningIn
from leverframe import LeverframeError, UnknownAction
from leverframe.claiming import any_name_counts
from leverframe.contracts.correction import Correctables
from leverframe.contracts.feedback import Feedback
from leverframe.contracts.status import Status
from leverframe.contracts.story import Story
from leverframe.local_time import parsed
from leverframe.operators import Operator, Operators
from leverframe.plan_lines import plan_lines
from leverframe.pseudonym import subject_of
from leverframe.telling import THUMBS, TRUSTS
from leverframe.why_lines import why_lines
from machines.money_line import MoneyLine, money_line
from machines.registry import machines
from machines.states import Confirm

OTHERS = 10
"""Other open actions of the same customer that are told, those that end first."""
Answer = TypeVar("Answer")


@dataclass(frozen=True)
class Beside:
    """What stands beside an action's plan; each part is left out where it does not come in time."""

    story: Story
    correctables: Correctables
    feedback: Feedback | None
    others: list[Item]
    """One more than are told, where there are more."""


@dataclass(frozen=True)
class Reading:
    """The page of an action, for whoever is signed in."""

    desk: Desk
    signing: SigningIn
    ui: str

    def routes(self) -> list[Route]:
        """Its routes."""
        return [Route("/actions/{action:str}", self.action)]

    async def action(self, request: Request) -> Response:
        """What would happen, why, the decision, and what has happened so far."""
        me, action_id = self.signing.person(request), request.path_params["action"]
        try:
            sight, beside = await asyncio.gather(self.desk.look(action_id), self._beside(action_id))
        except UnknownAction as error:
            return page("trouble.html", 404, message=str(error), person=me.person)
        except LeverframeError as error:
            return page("trouble.html", 503, message=str(error), person=me.person)
        told = shown(sight, beside, me, self.signing.operators(), self.signing.site)
        return HTMLResponse(rendered("action.html", {**told, "details": self._details(sight.status.action_id)}))

    async def _beside(self, action_id: str) -> Beside:
        story, correctables, feedback, others = await asyncio.gather(
            _or(self.desk.operating.story(action_id), Story()),
            _or(self.desk.operating.correctable(action_id), Correctables()),
            _or(self.desk.operating.feedback_on(action_id), None),
            _or(self.desk.operating.of_subject(subject_of(action_id) or "", OTHERS + 2), []),
        )
        return Beside(story, correctables, feedback, [item_of(one) for one in others if one.action_id != action_id])

    def _details(self, action_id: str) -> str:
        return f"{self.ui}/namespaces/default/workflows?query=WorkflowId%3D%22{action_id}%22" if self.ui else ""


async def _or(asked: Awaitable[Answer], otherwise: Answer) -> Answer:
    try:
        return await asked
    except LeverframeError:
        return otherwise


def shown(sight: Sight, beside: Beside, me: Operator, operators: Operators, site: str) -> dict[str, object]:
    """What the page of an action says to this person. Pure."""
    action, plan = sight.status, sight.plan
    usable = [one.id for one in me.passkeys if not one.revoked and one.site == site]
    line = money_line(action.action, plan) if plan else None
    return {
        "person": me.person,
        "action": action,
        "plan": plan,
        "plan_json": plan.model_dump_json() if plan else "",
        "lines": [*plan_lines(plan)] if plan else [],
        "money": _money(line),
        "why": _why(sight),
        "doing": sight.doing,
        "may": action.role in me.roles and me.person not in {one.person for one in action.approvals},
        "passkeys": " ".join(usable),
        "until": _moment(action.deadline),
        "trusts": TRUSTS,
        "any_name": any_name_counts(),
        "on_it": claimed(action.claim),
        "mine": action.claim is not None and action.claim.person == me.person,
        "takers": _takers(action, me, operators),
        "correctables": beside.correctables.arguments if plan else (),
        "facts": [(about, [*facts]) for about, facts in groupby(beside.story.beside, lambda one: one.about)],
        "others": beside.others[:OTHERS],
        "more_others": len(beside.others) > OTHERS,
        "happened": [(_moment(one.at), one.what, one.note) for one in reversed(beside.story.happened)],
        "outcome": beside.story.outcome,
        "feedback": beside.feedback,
        "thumbs": THUMBS,
    }


def _takers(action: Status, me: Operator, operators: Operators) -> list[str]:
    """To whom it can be handed over: the other roles that decide on it, and people of its role."""
    machine = machines().get(action.action)
    state = machine.states_map.get(action.state) if machine else None
    roles = [role for role in state.roles if role != action.role] if isinstance(state, Confirm) else []
    people = [one.person for one in operators if action.role in one.roles and one.person != me.person]
    return [*roles, *sorted(people)]


def _money(line: MoneyLine | None) -> str:
    return "" if line is None else f"{line.amount} {line.currency}" if line.amount else line.label


def _why(sight: Sight) -> list[tuple[str, str]]:
    return [
        (line.label, "".join(piece.text for piece in line.pieces))
        for line in (why_lines(sight.why, brief=sight.plan is not None) if sight.why else ())
    ]


def _moment(at: str | None) -> datetime | None:
    return parsed(at or "")
