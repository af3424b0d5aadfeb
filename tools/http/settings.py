"""Where a system is, and how a worker connects with it: what a business brings as ``leverframe.systems``."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import ClassVar

from pydantic import SecretStr

from tools.http.system import HttpSystem
from tools.outside import System
from tools.systems import Systems


class HttpSettings(Systems):
    """Settings of one system with an HTTP API; a business makes a class of its own of it::

        class Crm(HttpSettings):
            system = CrmSystem

    Its fields are then read from ``LEVERFRAME_CRM_URL``, ``LEVERFRAME_CRM_TOKEN`` and ``LEVERFRAME_CRM_PRIVATE``.
    """

    system: ClassVar[type[HttpSystem]]

    url: str | None = None
    """Such as ``https://crm.example.com/api``; without it the system is not reached."""
    token: SecretStr | None = None
    """Of a service account, for tools that declare one."""
    private: str = ""
    """Networks with commas between, such as ``10.1.0.0/16``, in which it may stand though they are not public."""

    @asynccontextmanager
    async def connected(self) -> AsyncIterator[Sequence[System]]:
        if not self.url:
            yield []
            return
        system = self.system(self.url, token=self.token, private=self.private.split(","))
        try:
            yield [system]
        finally:
            await system.close()
