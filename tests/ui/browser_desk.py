"""The desk in a browser, with a whole Leverframe behind it and a device with passkeys for each person."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from playwright.async_api import Browser, CDPSession, Locator, Page, ViewportSize
from starlette.types import Receive, Scope, Send

from desk.inbox.desk import Desk as Asking
from desk.web.app import WebDesk
from desk.web.invitations import Invitations
from desk.web.serving import serving
from leverframe.operators_file import OperatorsFile
from tests.support.rig import Rig

LAPTOP, PHONE = ViewportSize(width=1366, height=820), ViewportSize(width=360, height=740)
DIRECTORY = """# The support team.
[olga]
roles = ["support"]

[rita]
roles = ["support", "support_lead"]  # since May

[max]
roles = ["billing"]
"""
AUTHENTICATOR = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}


@dataclass
class Person:
    """Somebody at a browser of their own, whose device keeps their passkey."""

    name: str
    page: Page
    device: CDPSession
    authenticator: str
    asked: list[str] = field(default_factory=list)
    """Every address that their browser asked for."""

    async def said(self) -> str:
        """What the page says in answer to what they did."""
        said = self.page.locator("#said:not(:empty)")
        await said.wait_for()
        return await said.inner_text()

    async def listed(self, link: Locator) -> int:
        """How often a link stands on the list as it is now, on whichever page: others' actions may wait before it."""
        await self.page.reload()
        while not (found := await link.count()):
            later = self.page.get_by_role("link", name="later deadlines")
            if not await later.count():
                await self.page.goto(self.page.url.split("?")[0])
                return 0
            await later.click()
            await self.page.wait_for_load_state()
        return found

    async def set_verified(self, verified: bool) -> None:
        """Whether their device recognises them."""
        options = {"authenticatorId": self.authenticator, "isUserVerified": verified}
        await self.device.send("WebAuthn.setUserVerified", options)


@dataclass
class BrowserDesk:
    rig: Rig
    browser: Browser
    site: str
    web: WebDesk
    directory: Path

    async def person(self, name: str, screen: ViewportSize = LAPTOP, dark: bool = False) -> Person:
        context = await self.browser.new_context(viewport=screen, color_scheme="dark" if dark else "light")
        page = await context.new_page()
        device = await context.new_cdp_session(page)
        await device.send("WebAuthn.enable")
        added = await device.send("WebAuthn.addVirtualAuthenticator", {"options": AUTHENTICATOR})
        person = Person(name, page, device, added["authenticatorId"])
        page.on("request", lambda request: person.asked.append(request.url))
        return person

    async def enrolled(self, name: str, after: str = "/", screen: ViewportSize = LAPTOP) -> Person:
        """Follow the link, make a passkey, sign in with it."""
        person = await self.person(name, screen)
        secret = self.web.invitations.invite(name, self.site)
        await person.page.goto(f"{self.site}/enrol/{secret}?next={after}")
        await person.page.get_by_role("button", name="Make my passkey").click()
        await person.page.get_by_role("button", name="Sign in with your passkey").click()
        await person.page.wait_for_url(f"{self.site}{after}")
        return person


@asynccontextmanager
async def open_browser_desk(rig: Rig, browser: Browser, folder: Path, directory: Path) -> AsyncIterator[BrowserDesk]:
    """``directory`` is the one that the rig's approvals role reads."""
    desk = LateSite(rig, folder, directory)
    async with serving(desk, "127.0.0.1", 0) as port:
        site = f"http://localhost:{port}"
        web = desk.open(site)
        yield BrowserDesk(rig, browser, site, web, directory)


@dataclass
class LateSite:
    """An application that learns its own address once it is served."""

    rig: Rig
    folder: Path
    directory: Path

    def open(self, site: str) -> WebDesk:
        invitations = self.folder / "invitations"
        web = WebDesk(
            desk=Asking(self.rig.client),
            operators=OperatorsFile(self.directory, "signed"),
            invitations=Invitations(invitations),
            site=site,
            ui="http://localhost:8080",
            directory=self.directory,
        )
        self._app = web.app()
        return web

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._app(scope, receive, send)
