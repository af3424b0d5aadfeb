from typing import Annotated, Literal, get_args

from pydantic import Field, SecretStr, ValidationInfo, field_validator

from leverframe.contracts.notification import PEOPLES, NotificationType, not_usual
from leverframe.notification_signature import parse_secrets
from worker.settings.addresses import SafeAddress, safe
from worker.settings.base import Settings, readable

ONE = r"[^\s,<>@]+@[^\s,<>@]+"
ADDRESS, ADDRESSES = f"^{ONE}$", rf"^{ONE}(,\s*{ONE})*$"
SecretAddress = Annotated[SecretStr, readable(safe)]
SigningSecrets = Annotated[SecretStr, readable(parse_secrets)]


class EventSettings(Settings):
    """What the webhook is told of: an action asks for no other message."""

    needed_by = "the workflows role"

    notifications_events: str = ",".join(sorted(PEOPLES))
    """Types of messages, with commas between; or ``all``, or ``none``."""

    @field_validator("notifications_events")
    @classmethod
    def _known(cls, listed: str) -> str:
        known = get_args(NotificationType)
        if listed in ("all", "none"):
            return ",".join(known) if listed == "all" else ""
        kinds = [kind.strip() for kind in listed.split(",")]
        if unknown := [kind for kind in kinds if kind not in known]:
            raise ValueError(f"expected all, none, or some of {', '.join(known)}; got {', '.join(unknown)}")
        return ",".join(kinds)

    def answer(self, asked: str) -> bool:
        """What workflows ask before they do for the first time what earlier code did not do: yes, unless it
        is about a type of messages that is told as usual.
        """
        usual = {not_usual(kind) for kind in get_args(NotificationType) if self._told(kind) == (kind in PEOPLES)}
        return asked not in usual

    def _told(self, kind: NotificationType) -> bool:
        return kind in self.notifications_events.split(",")


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
    """A receiver of notifications."""

    needed_by = "the receiver of notifications"

    notifications_secret: SigningSecrets = Field(description="signing secret of the webhook, whsec_...")


class ChatSettings(ReceiverSettings):
    """A receiver that writes into a chat channel."""

    needed_by = "the receiver 'notifications chat'"

    chat_url: SecretAddress = Field(description="the channel's incoming webhook")
    """Secret: whoever knows it can write there."""
    chat_form: Literal["slack", "teams", "mattermost"] = Field(description="which chat it is")


class MailSettings(ReceiverSettings):
    """A receiver that sends e-mail."""

    needed_by = "the receiver 'notifications mail'"

    mail_host: str = Field(description="the mail server")
    mail_port: int = Field(default=587, ge=1, le=65535)
    mail_security: Literal["starttls", "tls", "none"] = "starttls"
    """``none`` only to a mail server on this machine."""
    mail_user: str = ""
    mail_password: SecretStr = SecretStr("")
    mail_from: str = Field(description="address that mails are from", pattern=ADDRESS)
    mail_to: str = Field(
        description="addresses that mails are to, with commas between",
        pattern=f"{ADDRESS[:-1]}(,\\s*{ADDRESS[1:-1]})*$",
    )

    @field_validator("mail_security")
    @classmethod
    def _kept_secret(cls, security: str, info: ValidationInfo) -> str:
        if security == "none" and info.data.get("mail_host") not in ("localhost", "127.0.0.1", "::1"):
            raise ValueError("without TLS expected a mail server on this machine (LEVERFRAME_MAIL_HOST=localhost)")
        return security
