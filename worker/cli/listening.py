"""Receivers of notifications."""

import os
from collections.abc import Awaitable, Callable

from leverframe import Notification
from worker.cli.terminal import console, run, stop_on_signals
from worker.codec.server import serving
from worker.embedded.process import ServiceError
from worker.receivers.chat import Chat
from worker.receivers.mail import Mail
from worker.receivers.receiving import Receiving
from worker.receivers.terminal import Terminal
from worker.roles.own_secrets import forget_secrets, refuse_secrets_beyond, secrets_of
from worker.settings.base import load
from worker.settings.notifications import ChatSettings, MailSettings, ReceiverSettings
from worker.telemetry.logs import log_to_stderr

HandOn = Callable[[str, Notification], Awaitable[None]]


def run_listener(host: str, port: int) -> None:
    """Show notifications until Ctrl-C."""
    secrets = load(ReceiverSettings).notifications_secret.get_secret_value()
    forget_secrets()
    run(_receive(Receiving(secrets, Terminal(_show).hand_on, _show), host, port))


def run_chat(host: str, port: int) -> None:
    """Write notifications into a chat channel until Ctrl-C."""
    settings = load(ChatSettings)
    _run(settings, Chat(settings.chat_url.get_secret_value(), settings.chat_form).hand_on, host, port)


def run_mail(host: str, port: int) -> None:
    """Send notifications by e-mail until Ctrl-C."""
    settings = load(MailSettings)
    mail = Mail(
        settings.mail_host,
        settings.mail_port,
        settings.mail_security,
        settings.mail_from,
        tuple(address.strip() for address in settings.mail_to.split(",")),
        settings.mail_user,
        settings.mail_password.get_secret_value(),
    )
    _run(settings, mail.hand_on, host, port)


def _run(settings: ReceiverSettings, hand_on: HandOn, host: str, port: int) -> None:
    refuse_secrets_beyond(secrets_of((type(settings),)), settings.needed_by)
    forget_secrets()
    log_to_stderr()
    run(_receive(Receiving(settings.notifications_secret.get_secret_value(), hand_on), host, port))


def _show(line: str) -> None:
    console.print(line, markup=False, highlight=False, soft_wrap=True)


async def _receive(receiving: Receiving, host: str, port: int) -> None:
    stop = stop_on_signals()
    try:
        async with serving(receiving.app(), host, port) as address:
            _show(f"Set LEVERFRAME_NOTIFICATIONS_URL={address} and this secret where actions run; Ctrl-C ends this.")
            await stop.wait()
    except OSError as error:
        why = os.strerror(error.errno) if error.errno else str(error)
        raise ServiceError(f"Nothing can be heard on port {port}: {why}. Choose another --port.") from None
