"""The receiver of the payment provider's messages."""

from pydantic import Field, SecretStr

from worker.settings.base import Settings


class WebhookSettings(Settings):
    """Hearing from the payment provider that something about a refund has changed."""

    needed_by = "the webhooks command"

    stripe_webhook_secret: SecretStr = Field(
        min_length=16, description="signing secret of the provider's webhook endpoint, whsec_..."
    )
    webhooks_host: str = "127.0.0.1"
    webhooks_port: int = Field(ge=1, le=65535, description="TCP port to listen on")
    webhooks_tolerance: int = Field(default=300, ge=10, le=3600)
    """Seconds that a signature is good for."""
