"""The list of what waits, and that of what has ended."""

import asyncio
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from desk.inbox.desk import Desk
from desk.inbox.item import Item, item_of
from desk.inbox.telling import claimed
from desk.web.pages import page
from desk.web.signing_in import SigningIn
from leverframe import LeverframeError
from leverframe.contracts.status import Status
from machines.money_line import money_line

PAGE = 25
"""Actions on a page of the list."""
LOOK = 3.0
"""Seconds for what a row of the list says beyond the list itself."""
WHOSE = {"": "everybody's", "mine": "mine", "free": "nobody's"}
"""Whom what waits is claimed by."""


@dataclass(frozen=True)
class Row:
    """One action of the list."""

    item: Item
    status: Status | None
    """``None`` where it does not say in time."""

    @property
    def does(self) -> str:
        """What its plan does, in words."""
        return "; ".join(self.status.sentences) if self.status else ""

    @property
    def money(self) -> str:
        """The money that its plan is about."""
        if self.status is None or self.status.plan is None:
            return "?" if self.status is None else ""
        line = money_line(self.status.action, self.status.plan)
        return f"{line.amount} {line.currency}" if line and line.amount else line.label if line else ""

    @property
    def on_it(self) -> str:
        """Who is on it."""
        return claimed(self.status.claim).rstrip(".") if self.status else self.item.claimed


@dataclass(frozen=True)
class Listing:
    """The lists, for whoever is signed in."""

    desk: Desk
    signing: SigningIn

    def routes(self) -> list[Route]:
        """Their routes."""
        return [Route("/", self.waiting), Route("/ended", self.ended)]

    async def waiting(self, request: Request) -> Response:
        """What waits for a role of theirs, or for the one they ask for; the nearest deadline first."""
        me = self.signing.person(request)
        role, whose = request.query_params.get("role", ""), request.query_params.get("whose", "")
        if (role and role not in me.roles) or whose not in WHOSE:
            return RedirectResponse("/", 303)
        start = number(request.query_params.get("from"))
        whom = {"": None, "mine": me.person, "free": ""}[whose]
        try:
            found, count = await self.desk.operating.waiting([role] if role else sorted(me.roles), whom, start, PAGE)
        except LeverframeError as error:
            return page("trouble.html", 503, message=str(error), person=me.person)
        rows = await asyncio.gather(*(self._row(item_of(one)) for one in found))
        return page(
            "list.html", person=me.person, roles=sorted(me.roles), role=role, whose=whose, choices=WHOSE, rows=rows,
            start=start, count=count, page=PAGE,
        )  # fmt: skip

    async def _row(self, item: Item) -> Row:
        """A row does not wait long for what its action says."""
        try:
            async with asyncio.timeout(LOOK):
                return Row(item, await self.desk.status(item.action_id))
        except (LeverframeError, TimeoutError):
            return Row(item, None)

    async def ended(self, request: Request) -> Response:
        """What has ended last, of every role."""
        me = self.signing.person(request)
        try:
            found = await self.desk.operating.ended(2 * PAGE)
        except LeverframeError as error:
            return page("trouble.html", 503, message=str(error), person=me.person)
        return page("ended.html", person=me.person, rows=found)


def number(text: str | None) -> int:
    """Where a page of a list begins; 0 for what is no number."""
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 6 else 0
