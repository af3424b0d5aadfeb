"""How the shop reaches its payment provider: Stripe, or whatever speaks its API."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import ClassVar

from pydantic import Field, SecretStr

from tools.outside import System
from tools.systems import Systems


class Stripe(Systems):
    of_commands: ClassVar[tuple[str, ...]] = ("webhook_secret",)

    api_key: SecretStr | None = None
    """Reads payments and makes refunds; without it, what the provider holds cannot go back."""
    url: str = Field(default="https://api.stripe.com", pattern=r"^https?://[^\s/]+/?$")
    """Where it answers, or a double of it; over plain HTTP the key can be read on the way."""

    @asynccontextmanager
    async def connected(self) -> AsyncIterator[Sequence[System]]:
        if not self.api_key or not self.api_key.get_secret_value():
            yield []
            return
        # Here, since its library takes long to load.
        from tools.shop.stripe_client import StripeRefunds

        refunds = StripeRefunds(self.api_key.get_secret_value(), self.url)
        try:
            yield [refunds]
        finally:
            await refunds.close()
