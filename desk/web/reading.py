"""The list of what waits, one action with its plan, and deciding on it."""

import asyncio
from dataclasses import dataclass
from datetime import datetime
from typing import get_args

from pydantic import ValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from desk.inbox.desk import Desk, Sight
from desk.inbox.item import Item
from desk.web.bodies import json_of
from desk.web.pages import page, rendered
from desk.web.signing_in import SigningIn
from leverframe import Decision, LeverframeError, NoAnswer, Plan, Refused, UnknownAction
from leverframe.claiming import any_name_counts
from leverframe.contracts.decision import Choice
from leverframe.local_time import parsed
from leverframe.operators import Operator
from leverframe.plan_lines import plan_lines
from leverframe.telling import MONEY_UNKNOWN, TRUSTS
from leverframe.why_lines import why_lines
from machines.registry import money_of

PAGE = 25
"""Actions on a page of the list."""
LOOK = 3.0
"""Seconds for what a row of the list says beyond the list itself."""


@dataclass(frozen=True)
class Reading:
    """The pages for whoever is signed in."""

    desk: Desk
    signing: SigningIn
    ui: str

    def routes(self) -> list[Route]:
        """Their routes."""
        return [
            Route("/", self.list),
            Route("/actions/{action:str}", self.action),
            Route("/actions/{action:str}/decision", self.decide, methods=["POST"]),
        ]

    async def list(self, request: Request) -> Response:
        """What waits for a role of theirs, or for the one they ask for; the nearest deadline first."""
        me = self.signing.person(request)
        role = request.query_params.get("role", "")
        if role and role not in me.roles:
            return RedirectResponse("/", 303)
        start = _number(request.query_params.get("from"))
        try:
            items = await self.desk.waiting(role or None, users=False)
        except LeverframeError as error:
            return page("trouble.html", 503, message=str(error), person=me.person)
        mine = [item for item in items if item.role in me.roles]
        rows = mine[start : start + PAGE]
        money = await asyncio.gather(*map(self._money, rows))
        return page(
            "list.html", person=me.person, roles=sorted(me.roles), role=role, rows=[*zip(rows, money, strict=True)],
            start=start,
            count=len(mine), page=PAGE,
        )  # fmt: skip

    async def _money(self, item: Item) -> str:
        """The money that an item's plan is about, in words; a row does not wait long for it."""
        try:
            async with asyncio.timeout(LOOK):
                plan = await self.desk.plan(item.action_id)
        except (LeverframeError, TimeoutError):
            return "?"
        return _money(item.action, plan) if plan else ""

    async def action(self, request: Request) -> Response:
        """One action: what would happen, why, and the decision."""
        me = self.signing.person(request)
        try:
            sight = await self.desk.look(request.path_params["action"])
        except UnknownAction as error:
            return page("trouble.html", 404, message=str(error), person=me.person)
        except LeverframeError as error:
            return page("trouble.html", 503, message=str(error), person=me.person)
        details = self._details(sight.status.action_id)
        return HTMLResponse(rendered("action.html", shown(sight, me, self.signing.site, details)))

    def _details(self, action_id: str) -> str:
        return f"{self.ui}/namespaces/default/workflows?query=WorkflowId%3D%22{action_id}%22" if self.ui else ""

    async def decide(self, request: Request) -> Response:
        """Hand on what the person's passkey has signed: that it counts is for the approvals role to say."""
        me = self.signing.person(request)
        body = await json_of(request)
        choice: Choice | None = next((one for one in get_args(Choice) if one == body.get("choice")), None)
        if choice is None:
            raise HTTPException(400, "choice: expected 'approve' or 'reject'.")
        try:
            decision = Decision.model_validate(
                {"code": body.get("digest"), "note": body.get("note", ""), "amount": body.get("amount") or None,
                 "passkey": body.get("signed")}
            )  # fmt: skip
        except ValidationError as error:
            wrong = ", ".join(".".join(map(str, one["loc"])) for one in error.errors())
            raise HTTPException(400, f"Expected a decision that a passkey has signed; not usable: {wrong}.") from None
        if decision.passkey is None or not _owns(me, decision):
            raise HTTPException(403, f"Expected a decision that {me.person}'s own passkey has signed.")
        return JSONResponse(*await self._sent(request.path_params["action"], choice, decision))

    async def _sent(self, action_id: str, choice: Choice, decision: Decision) -> tuple[dict[str, object], int]:
        try:
            receipt = await self.desk.send(action_id, choice, decision)
        except Refused as refused:
            return {"accepted": False, "message": str(refused)}, 409
        except UnknownAction as error:
            return {"accepted": False, "message": str(error)}, 404
        except NoAnswer as error:
            return {"accepted": None, "message": str(error)}, 504
        except LeverframeError as error:
            return {"accepted": False, "message": str(error)}, 503
        return {"accepted": receipt.accepted, "message": receipt.message}, 200


def shown(sight: Sight, me: Operator, site: str, details: str) -> dict[str, object]:
    """What the page of an action says to this person. Pure."""
    action, plan = sight.status, sight.plan
    usable = [one.id for one in me.passkeys if not one.revoked and one.site == site]
    return {
        "person": me.person,
        "action": action,
        "plan": plan,
        "plan_json": plan.model_dump_json() if plan else "",
        "lines": [*plan_lines(plan)] if plan else [],
        "money": _money(action.action, plan) if plan else "",
        "why": _why(sight),
        "doing": sight.doing,
        "may": action.role in me.roles and me.person not in {one.person for one in action.approvals},
        "passkeys": " ".join(usable),
        "until": _moment(action.deadline),
        "trusts": TRUSTS,
        "claimed": any_name_counts(),
        "details": details,
    }


def _owns(me: Operator, decision: Decision) -> bool:
    return decision.passkey is not None and decision.passkey.id in {one.id for one in me.passkeys}


def _money(action: str, plan: Plan) -> str:
    try:
        about = money_of(action, plan)
    except (LookupError, ValueError):
        return MONEY_UNKNOWN
    return f"{about.amount} {about.currency}" if about and about.amount else ""


def _why(sight: Sight) -> list[tuple[str, str]]:
    return [
        (line.label, "".join(piece.text for piece in line.pieces))
        for line in (why_lines(sight.why, brief=sight.plan is not None) if sight.why else ())
    ]


def _moment(at: str | None) -> datetime | None:
    return parsed(at or "")


def _number(text: str | None) -> int:
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 6 else 0
