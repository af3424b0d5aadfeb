from typing import Annotated

from pydantic import Field, SecretStr, ValidationInfo, field_validator

from leverframe.notification_signature import parse_secrets
from worker.settings.addresses import SafeAddress
from worker.settings.base import Settings, readable

SigningSecrets = Annotated[SecretStr, readable(parse_secrets)]


class NotificationSettings(Settings):
    """The webhook that is told when an action starts to wait, is reminded, escalated or expires."""

    needed_by = "the notifications role"

    notifications_url: SafeAddress | None = None
    """Where messages are posted; without it, nobody is notified."""
    notifications_secret: SigningSecrets | None = Field(default=None, validate_default=True)
    """What messages are signed with, ``whsec_…``; while it is exchanged, several with spaces between."""
    notifications_timeout: float = Field(default=10, gt=0, le=20)
    """Seconds for one attempt; the workflow gives an attempt no more than 30."""
    ui_url: str | None = Field(default=None, pattern=r"^https?://[^\s/]+(/\S*)?$")
    """The Temporal UI's address, for links in messages."""

    @field_validator("notifications_secret")
    @classmethod
    def _given(cls, secret: SecretStr | None, info: ValidationInfo) -> SecretStr | None:
        if info.data.get("notifications_url") and not secret:
            raise ValueError("the webhook (LEVERFRAME_NOTIFICATIONS_URL) needs a secret to sign with")
        return secret


class ReceiverSettings(Settings):
    """A receiver to try notifications out with."""

    needed_by = "'notifications listen'"

    notifications_secret: SigningSecrets = Field(description="signing secret of the webhook, whsec_...")
