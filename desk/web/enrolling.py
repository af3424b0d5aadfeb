"""Making a passkey by a one-time link (``python -m worker keys invite``)."""

from dataclasses import dataclass
from pathlib import Path

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from desk.web.bodies import json_of
from desk.web.directory import take_in
from desk.web.invitations import Invitation, Invitations, name_of
from desk.web.pages import page
from desk.web.registering import NotRegistered, options, registered
from desk.web.signing_in import AFTER
from leverframe.operators import InvalidOperators

USED = "This link was used already, or its time is over. Ask whoever runs Leverframe for another one."


@dataclass(frozen=True)
class Enrolling:
    """The page that a link leads to."""

    invitations: Invitations
    site: str
    directory: Path | None
    """Where the passkey is taken in at once; without it, somebody else takes it in."""

    def routes(self) -> list[Route]:
        """Its routes."""
        return [
            Route("/enrol/{secret:str}", self.page),
            Route("/enrol/{secret:str}", self.take, methods=["POST"]),
        ]

    async def page(self, request: Request) -> Response:
        """Asks for a passkey to be made."""
        name, one = self._invited(request)
        after = request.query_params.get("next", "/")
        asked = options(one.person, self.site, name)
        return page(
            "enrol.html", invited=one.person, asked=asked, after=after if AFTER.fullmatch(after) else "/", person=None
        )

    async def take(self, request: Request) -> Response:
        """Keep the passkey that was made, or take it into the directory."""
        name, one = self._invited(request)
        answer = await json_of(request)
        try:
            passkey = registered(answer, one.person, self.site, name)
            self.invitations.keep(name, answer)
            if self.directory is not None:
                take_in(self.directory, one.person, passkey)
                self.invitations.forget(name)
        except (NotRegistered, InvalidOperators) as refused:
            raise HTTPException(400, str(refused)) from None
        except FileExistsError:
            raise HTTPException(404, USED) from None
        if self.directory is not None:
            return JSONResponse({"message": "Your passkey is ready.", "ready": True})
        told = (
            f"Your passkey is made. Tell whoever invited you its fingerprint, by telephone or face to face: "
            f"{passkey.fingerprint}. Once they have taken it in, you can sign in."
        )
        return JSONResponse({"message": told, "ready": False})

    def _invited(self, request: Request) -> tuple[str, Invitation]:
        name = name_of(request.path_params["secret"])
        found = self.invitations.find(name)
        if found is None or found.site != self.site:
            raise HTTPException(404, USED)
        return name, found
