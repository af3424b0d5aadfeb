"""Notifications as e-mail, over SMTP."""

import asyncio
import smtplib
import ssl
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.utils import format_datetime
from typing import Literal

from leverframe import Notification
from worker.receivers.message_text import details, for_operators, title
from worker.receivers.receiving import NotTaken

Security = Literal["starttls", "tls", "none"]
TIMEOUT = 8.0
"""Seconds for each step: less than the sender of the notification waits."""


@dataclass(frozen=True)
class Mail:
    """A mail server, and whom its mails are from and to."""

    host: str
    port: int
    security: Security
    sender: str
    to: tuple[str, ...]
    user: str = ""
    """Who signs in there; nobody, if empty."""
    password: str = field(default="", repr=False)

    async def hand_on(self, message_id: str, told: Notification) -> None:
        """Send it; raises NotTaken."""
        if for_operators(told):
            await asyncio.to_thread(self._send, message(message_id, told, self.sender, self.to))

    def _send(self, mail: EmailMessage) -> None:
        trusted = ssl.create_default_context()
        try:
            if self.security == "tls":
                server: smtplib.SMTP = smtplib.SMTP_SSL(self.host, self.port, timeout=TIMEOUT, context=trusted)
            else:
                server = smtplib.SMTP(self.host, self.port, timeout=TIMEOUT)
            with server:
                if self.security == "starttls":
                    server.starttls(context=trusted)
                if self.user:
                    server.login(self.user, self.password)
                server.send_message(mail)
        except (OSError, smtplib.SMTPException) as error:
            # By its kind alone: the text may quote what was sent.
            raise NotTaken(f"the mail server did not take it ({type(error).__name__})") from None


def message(message_id: str, told: Notification, sender: str, to: tuple[str, ...]) -> EmailMessage:
    """The mail: the same for the same message, so that one that comes twice is known as one."""
    mail = EmailMessage()
    mail["Subject"] = title(told)
    mail["From"], mail["To"] = sender, ", ".join(to)
    mail["Date"] = format_datetime(told.timestamp)
    mail["Message-ID"] = f"<{message_id}@leverframe>"
    mail["Auto-Submitted"] = "auto-generated"
    mail.set_content("\n".join([*details(told), *([told.data.link] if told.data.link else [])]) + "\n")
    return mail
