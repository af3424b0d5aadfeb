"""The cases: what people have to take over, one of them, and what is done with it."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import get_args

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from desk.web.bodies import json_of
from desk.web.deciding import told
from desk.web.listing import number
from desk.web.pages import page, rendered
from desk.web.signed import signed_by
from desk.web.signing_in import SigningIn
from leverframe import LeverframeError, Pending, UnknownAction
from leverframe.cases import Cases
from leverframe.contracts.case import WORDS, Case, CaseAct
from leverframe.contracts.decision import CaseStep
from leverframe.local_time import parsed
from leverframe.operators import Operator
from leverframe.telling import TRUSTS
from leverframe.why_lines import why_lines

PAGE = 25
"""Cases on a page of the list."""
MOST = 500
"""Cases that are listed, the nearest deadline first."""


@dataclass(frozen=True)
class CasePages:
    """The pages for whoever is signed in."""

    cases: Cases
    signing: SigningIn

    def routes(self) -> list[Route]:
        """Their routes; a case's id has a slash in it."""
        return [
            Route("/cases", self.list),
            Route("/cases/{case:path}", self.case),
            Route("/cases/{case:path}", self.handle, methods=["POST"]),
        ]

    async def list(self, request: Request) -> Response:
        """What waits for a role of theirs, or for the one they ask for, and what they have claimed."""
        me = self.signing.person(request)
        role = request.query_params.get("role", "")
        if role and role not in me.roles:
            return RedirectResponse("/cases", 303)
        try:
            mine = await _first(self.cases.open(role or None), me)
        except LeverframeError as error:
            return page("trouble.html", 503, message=str(error), person=me.person)
        start = number(request.query_params.get("from"))
        return page(
            "cases.html", person=me.person, roles=sorted(me.roles), role=role, rows=mine[start : start + PAGE],
            start=start, count=len(mine), page=PAGE,
        )  # fmt: skip

    async def case(self, request: Request) -> Response:
        """One case: why, what was said, and what to do about it."""
        me = self.signing.person(request)
        try:
            case = await self.cases.look(request.path_params["case"])
        except UnknownAction as error:
            return page("trouble.html", 404, message=str(error), person=me.person)
        except LeverframeError as error:
            return page("trouble.html", 503, message=str(error), person=me.person)
        return HTMLResponse(rendered("case.html", shown(case, me, self.signing.site)))

    async def handle(self, request: Request) -> Response:
        """Hand on what the person's passkey has signed: that it counts is for the approvals role to say."""
        me = self.signing.person(request)
        body = await json_of(request)
        step: CaseStep | None = next((one for one in get_args(CaseStep) if one == body.get("step")), None)
        if step is None:
            raise HTTPException(400, f"step: expected one of {', '.join(get_args(CaseStep))}.")
        act = signed_by(me, CaseAct, body, **{name: body[name] for name in ("call", "happened") if name in body})
        return JSONResponse(*await told(self.cases.handle(request.path_params["case"], step, act)))


def shown(case: Case, me: Operator, site: str) -> dict[str, object]:
    """What the page of a case says to this person. Pure."""
    others = case.owner is not None and case.owner.person != me.person
    return {
        "person": me.person,
        "case": case,
        "reply": [one for one in case.reply.split("\n") if one.strip()],
        "mine": case.owner is not None and not others,
        "others": others,
        "ended": case.resolved is not None or any(one.what == "withdrawn" for one in case.story),
        "until": parsed(case.deadline),
        "story": [
            # Why it could not go on stands above, in full.
            (parsed(one.at), WORDS[one.what], one.who, "" if one.note == case.reason else one.note)
            for one in case.story
        ],
        "why": [(one.label, "".join(piece.text for piece in one.pieces)) for one in why_lines(case.why, brief=False)],
        "passkeys": " ".join(one.id for one in me.passkeys if not one.revoked and one.site == site),
        "trusts": TRUSTS,
    }


async def _first(listed: AsyncIterator[Pending], me: Operator) -> list[Pending]:
    found: list[Pending] = []
    async for one in listed:
        if one.awaiting in me.roles or one.claimed == me.person:
            found.append(one)
        if len(found) == MOST:
            break
    return found
