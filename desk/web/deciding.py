"""What a person's passkey has signed is handed on; that it counts is for the approvals role to say."""

from collections.abc import Awaitable
from dataclasses import dataclass
from typing import get_args

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from desk.inbox.desk import Desk
from desk.web.bodies import json_of
from desk.web.signed import signed_by
from desk.web.signing_in import SigningIn
from leverframe import Decision, LeverframeError, NoAnswer, Receipt, Refused, UnknownAction
from leverframe.contracts.decision import Choice, Handling


@dataclass(frozen=True)
class Deciding:
    """Where the page's script sends to."""

    desk: Desk
    signing: SigningIn

    def routes(self) -> list[Route]:
        """Its routes."""
        return [
            Route("/actions/{action:str}/decision", self.decide, methods=["POST"]),
            Route("/actions/{action:str}/handling", self.handle, methods=["POST"]),
        ]

    async def decide(self, request: Request) -> Response:
        """Hand on an approval or a rejection."""
        me = self.signing.person(request)
        body = await json_of(request)
        choice: Choice | None = next((one for one in get_args(Choice) if one == body.get("choice")), None)
        if choice is None:
            raise HTTPException(400, "choice: expected 'approve' or 'reject'.")
        decision = signed_by(me, Decision, body, code=body.get("digest"), amount=body.get("amount") or None)
        return JSONResponse(*await told(self.desk.send(request.path_params["action"], choice, decision)))

    async def handle(self, request: Request) -> Response:
        """Hand on what decides nothing: a claim, handing over, a correction."""
        me = self.signing.person(request)
        body = await json_of(request)
        rest = {name: body[name] for name in ("act", "to", "arguments") if name in body}
        handling = signed_by(me, Handling, body, code=body.get("digest"), **rest)
        return JSONResponse(*await told(self.desk.operating.handle(request.path_params["action"], handling)))


async def told(sending: Awaitable[Receipt]) -> tuple[dict[str, object], int]:
    """What the page's script is told of what was handed on, and the status of the answer."""
    try:
        receipt = await sending
    except Refused as refused:
        return {"accepted": False, "message": str(refused)}, 409
    except UnknownAction as error:
        return {"accepted": False, "message": str(error)}, 404
    except NoAnswer as error:
        return {"accepted": None, "message": str(error)}, 504
    except LeverframeError as error:
        return {"accepted": False, "message": str(error)}, 503
    return {"accepted": receipt.accepted, "message": receipt.message}, 200
