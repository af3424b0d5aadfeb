"""Notifications as e-mail: one for each message, to a real SMTP server, and again where it was not taken."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from email import message_from_string
from email.message import EmailMessage
from email.policy import default

import pytest
from pydantic import ValidationError
from temporalio.exceptions import ApplicationError

from leverframe.contracts.notification import NotifyRequest
from tests.activities.test_notifying import ACTION, ASKED, notify
from tests.support.receiver import SECRET, Receiver
from worker.codec.server import serving
from worker.receivers.mail import Mail
from worker.receivers.receiving import Receiving
from worker.settings.notifications import MailSettings


class MailServer:
    """Takes mails as RFC 5321 says, while it is not told to refuse."""

    def __init__(self) -> None:
        self.mails: list[EmailMessage] = []
        self.to: list[str] = []
        self.refuses = False

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 here\r\n")
        while line := (await reader.readline()).decode():
            command = line.strip().upper()
            if command == "DATA":
                writer.write(b"354 go on\r\n")
                lines = []
                while (line := (await reader.readline()).decode()) != ".\r\n":
                    lines.append(line.removeprefix("."))
                mail = message_from_string("".join(lines), policy=default)
                assert isinstance(mail, EmailMessage)
                self.mails.append(mail)
            elif command.startswith("RCPT"):
                self.to.append(line.partition("<")[2].partition(">")[0])
            refused = self.refuses and command.startswith("MAIL")
            writer.write(b"451 later\r\n" if refused else b"221 bye\r\n" if command == "QUIT" else b"250 ok\r\n")
            if command == "QUIT":
                break
        writer.close()


@asynccontextmanager
async def mailed(server: MailServer) -> AsyncIterator[Receiver]:
    listening = await asyncio.start_server(server.serve, "127.0.0.1", 0)
    async with listening:
        port = listening.sockets[0].getsockname()[1]
        mail = Mail("127.0.0.1", port, "none", "leverframe@shop.example", ("support@shop.example", "lead@shop.example"))
        async with serving(Receiving(SECRET, mail.hand_on).app(), "127.0.0.1", 0) as address:
            yield Receiver(url=address)


async def test_a_mail_tells_what_waits_for_whom_and_no_more() -> None:
    server = MailServer()
    async with mailed(server) as receiver:
        assert await notify(receiver.settings()) == "delivered"
        assert await notify(receiver.settings()) == "delivered"
        # What waits for the user is the asking service's matter.
        of_the_user = NotifyRequest(**ASKED.model_dump() | {"awaiting": "user", "role": None})
        assert await notify(receiver.settings(), of_the_user, workflow_id="another") == "delivered"
    (mail,) = server.mails
    assert server.to == ["support@shop.example", "lead@shop.example"]
    assert (mail["Subject"], mail["From"]) == ("A decision is needed: order cancellation", "leverframe@shop.example")
    assert mail["Message-ID"].startswith("<msg_")
    assert mail["Auto-Submitted"] == "auto-generated"
    lines = mail.get_content().splitlines()
    assert lines[:3] == ["For: support", "Until: 2026-05-04 12:00 UTC", f"Action: {ACTION}"]
    assert lines[3].startswith("http://127.0.0.1:8233/")


async def test_what_the_mail_server_does_not_take_comes_again() -> None:
    server = MailServer()
    server.refuses = True
    async with mailed(server) as receiver:
        with pytest.raises(ApplicationError, match="the receiver answered 503"):
            await notify(receiver.settings())
        server.refuses = False
        assert await notify(receiver.settings()) == "delivered"
    assert len(server.mails) == 1


def test_nothing_is_sent_in_the_clear_to_another_machine() -> None:
    own = {"notifications_secret": SECRET, "mail_from": "a@shop.example", "mail_to": "b@shop.example, c@shop.example"}
    assert MailSettings.model_validate(own | {"mail_host": "localhost", "mail_security": "none"})
    with pytest.raises(ValidationError, match="without TLS expected a mail server on this machine"):
        MailSettings.model_validate(own | {"mail_host": "mail.shop.example", "mail_security": "none"})
    with pytest.raises(ValidationError, match="mail_to"):
        MailSettings.model_validate(own | {"mail_host": "localhost", "mail_to": "b@shop.example\nBcc: x@y.example"})
