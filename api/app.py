"""The API as a web application: start, read, answer, withdraw, follow up, give feedback."""

from contextlib import suppress
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import Depends, FastAPI, Path, Query, Request
from fastapi.exceptions import RequestValidationError
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from starlette.exceptions import HTTPException
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp

from api import problems
from api.bearer import Bearers
from api.bounds import Bounds
from api.models import LONGEST_WAIT, ActionId, Feedback, FollowedUp, FollowUp, Reply, Standing, Start, Started
from leverframe import Leverframe, NoAnswer, Receipt, Until
from leverframe.contracts.people import Did
from leverframe.errors import LeverframeError
from leverframe.status_sentences import Language, sentence

DESCRIPTION = """Leverframe for services in any language: start an action for a user, read where it stands, hand on the
user's answer, withdraw, say what the user thinks of it.

Every request carries a **capability** as its bearer: a token that your own service's issuer mints for one user and
one kind of action, and that the API cannot make. It reads and touches that user's actions of that kind alone. What
cannot be undone still waits for a person of the business, who decides elsewhere.

Every refusal is a problem document (RFC 9457) whose `detail` says what was expected."""
bearer = HTTPBearer(auto_error=False, description="A capability, as leverframe.capability.mint makes it.")
Token = Annotated[HTTPAuthorizationCredentials | None, Depends(bearer)]
Which = Annotated[ActionId, Path()]
ALWAYS = (401, 403, 408, 413, 422, 429, 503)
TOLD = {
    401: "There is no bearer, or it is none of a known issuer, or it has expired.",
    403: "The capability is not for this.",
    404: "The capability's user has no such action.",
    408: "The body did not come in time.",
    409: "Not now: the action does not wait for this, has ended, or the request id was used for something else.",
    410: "Nothing can be read of it any more.",
    413: "The body is too long.",
    422: "The request is not as described here.",
    429: "Too many requests at a time with this capability.",
    503: "Leverframe gives no answer now. What was sent may count: read where the action stands, then try again.",
}


def refusals(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """How an operation refuses, for the OpenAPI document."""
    content = {problems.MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}
    return {status: {"description": TOLD[status], "content": content} for status in sorted({*ALWAYS, *statuses})}


@dataclass(frozen=True)
class ActionsApi:
    """What the API needs; :meth:`app` is the application."""

    client: Leverframe
    bearers: Bearers

    def app(self) -> ASGIApp:
        """The application, behind what every request is kept to."""
        app = Documented(
            title="Leverframe",
            version="1",
            description=DESCRIPTION,
            docs_url=None,
            redoc_url=None,
            redirect_slashes=False,
            generate_unique_id_function=lambda route: route.name,
        )
        one = "/actions/{action_id:path}"
        app.post("/actions", status_code=201, responses=refusals(409, 410))(self.start)
        # The paths with a word at their end stand first: an id may hold slashes.
        app.post(f"{one}/reply", responses=refusals(404, 409))(self.reply)
        app.post(f"{one}/withdrawal", responses=refusals(404, 409))(self.withdraw)
        app.post(f"{one}/follow-up", status_code=201, responses=refusals(404, 409, 410))(self.follow_up)
        app.post(f"{one}/feedback", status_code=204, responses=refusals(404, 409, 410))(self.feedback)
        app.post(f"{one}/people", status_code=204, responses=refusals(404, 409, 410))(self.people_did)
        app.get(one, responses=refusals(404, 410))(self.read)
        app.get("/health", include_in_schema=False)(health)
        app.add_exception_handler(problems.Refusal, problems.refused)
        app.add_exception_handler(LeverframeError, problems.of_the_sdk)
        app.add_exception_handler(RequestValidationError, problems.invalid)
        app.add_exception_handler(HTTPException, problems.of_http)
        return Bounds(app)

    async def start(self, token: Token, sent: Start) -> Started:
        """Start an action for the capability's user. The same request sent twice is one action."""
        self.bearers.of(_text(token), sent.action)
        action_id = await self.client.start(
            sent.action,
            request_id=sent.request_id,
            capability=_text(token) or "",
            text=sent.text,
            shadow=sent.shadow,
        )
        return Started(action_id=action_id)

    async def read(
        self,
        token: Token,
        action_id: Which,
        until: Annotated[
            Until | None, Query(description="Answer once it is there, or has ended; at the latest after `within`.")
        ] = None,
        within: Annotated[int, Query(ge=1, le=LONGEST_WAIT, description="Seconds.")] = LONGEST_WAIT,
        language: Annotated[Language, Query(description="Of the sentence for the user.")] = "en",
    ) -> Standing:
        """Where an action stands; with `until`, not before it is there or so many seconds have passed."""
        self.bearers.allow(_text(token), action_id)
        if until is not None:
            # Where it is not there in time, or nobody can say: reading it tells.
            with suppress(NoAnswer):
                await self.client.wait(action_id, until, within)
        return await standing(self.client, action_id, language)

    async def reply(self, token: Token, action_id: Which, sent: Reply) -> Receipt:
        """Hand on the user's answer to the open question."""
        self.bearers.allow(_text(token), action_id)
        return await self.client.reply(action_id, sent.text)

    async def follow_up(self, token: Token, action_id: Which, sent: FollowUp) -> FollowedUp:
        """Have people read what the user writes after the end. The same message sent twice is read once."""
        self.bearers.allow(_text(token), action_id)
        case_id = await self.client.follow_up(
            action_id, request_id=sent.request_id, capability=_text(token) or "", text=sent.text
        )
        return FollowedUp(case_id=case_id)

    async def feedback(self, token: Token, action_id: Which, sent: Feedback) -> None:
        """Take what the user thinks of an action that has ended. Sent twice it counts once; the last of three holds."""
        self.bearers.allow(_text(token), action_id)
        await self.client.feedback(action_id, sent.thumb, capability=_text(token) or "", text=sent.text)

    async def people_did(self, token: Token, action_id: Which, sent: Did) -> None:
        """Take what people did about the request of an action that has ended, as in shadow. The last one counts."""
        self.bearers.allow(_text(token), action_id)
        await self.client.people_did(action_id, sent, capability=_text(token) or "")

    async def withdraw(self, token: Token, action_id: Which) -> Receipt:
        """End an action without doing anything more; a write under way is finished first."""
        self.bearers.allow(_text(token), action_id)
        return await self.client.withdraw(action_id, _text(token) or "")


async def standing(client: Leverframe, action_id: str, language: Language) -> Standing:
    """Where an action stands, with its outcome once it has ended; raises as ``Leverframe.status`` does."""
    status = await client.status(action_id)
    outcome = await client.outcome(action_id)
    told = status.model_dump(include=set(Standing.model_fields) - {"outcome", "sentence"})
    if outcome is not None:
        # It may have ended since it was asked.
        told |= {"state": outcome.state, "awaiting": "nobody", "question": None, "deadline": None}
    return Standing(**told, sentence=sentence(status, outcome, language), outcome=outcome)


def _text(token: HTTPAuthorizationCredentials | None) -> str | None:
    return token.credentials if token else None


async def health(request: Request) -> PlainTextResponse:
    """Whether it is there."""
    return PlainTextResponse("ok")


class Documented(FastAPI):
    """Puts the problem document's schema into the OpenAPI document, to which every operation refers."""

    def openapi(self) -> dict[str, Any]:
        """The document."""
        if self.openapi_schema is None:
            found = super().openapi()
            schema = problems.Problem.model_json_schema(ref_template="#/components/schemas/{model}")
            found["components"]["schemas"] |= {**schema.pop("$defs"), "Problem": schema}
        return self.openapi_schema or {}
