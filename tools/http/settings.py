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

    Its fields are then read from ``LEVERFRAME_CRM_URL``, ``LEVERFRAME_CRM_TOKEN``, ``LEVERFRAME_CRM_PRIVATE`` and, for
    ``reconcile`` alone, ``LEVERFRAME_CRM_AUDIT_TOKEN``.
    """

    of_commands: ClassVar[tuple[str, ...]] = ("audit_token",)

    system: ClassVar[type[HttpSystem]]

    url: str | None = None
    """Such as ``https://crm.example.com/api``; without it the system is not reached."""
    token: SecretStr | None = None
    """Of a service account, for tools that declare one."""
    audit_token: SecretStr | None = None
    """Of an account that may read everybody's, and change nothing: whoever compares afterwards looks with it."""
    private: str = ""
    """Networks with commas between, such as ``10.1.0.0/16``, in which it may stand though they are not public."""

    @asynccontextmanager
    async def connected(self) -> AsyncIterator[Sequence[System]]:
        if not self.url:
            yield []
            return
        system = self.system(self.url, token=self.token, audit_token=self.audit_token, private=self.private.split(","))
        try:
            yield [system]
        finally:
            await system.close()
