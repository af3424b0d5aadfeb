"""The HTTP API before a whole Leverframe, as a service in another language meets it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx2

from api.app import ActionsApi
from api.bearer import Bearers
from desk.web.serving import serving
from tests.support.keys import capability
from tests.support.rig import MIA, Rig
from worker.testing.keys import ISSUER, TENANT
from worker.testing.rig import PSEUDONYMS

CANCEL = "order_cancellation"


def bearer(subject: str = MIA, **other: Any) -> dict[str, str]:
    """The header of whoever acts for this user."""
    return {"Authorization": f"Bearer {capability(subject, **other)}"}


@asynccontextmanager
async def served(rig: Rig) -> AsyncIterator[str]:
    """Its address."""
    api = ActionsApi(rig.service, Bearers(PSEUDONYMS, ISSUER.public, TENANT))
    async with serving(api.app(), "127.0.0.1", 0) as port:
        yield f"http://127.0.0.1:{port}"


@asynccontextmanager
async def caller(rig: Rig, subject: str = MIA) -> AsyncIterator[httpx2.AsyncClient]:
    """A service that acts for one user."""
    headers = bearer(subject)
    async with served(rig) as address, httpx2.AsyncClient(base_url=address, headers=headers, timeout=60) as http:
        yield http
