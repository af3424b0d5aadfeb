import os

from worker.cli.terminal import console, run, stop_on_signals
from worker.codec.server import serving
from worker.embedded.process import ServiceError
from worker.listener import Listener
from worker.roles.own_secrets import forget_secrets
from worker.settings.base import load
from worker.settings.notifications import ReceiverSettings

HOST = "127.0.0.1"


def run_listener(port: int) -> None:
    """Receive notifications until Ctrl-C."""
    secrets = load(ReceiverSettings).notifications_secret.get_secret_value()
    forget_secrets()
    run(_listen(Listener(secrets, _show), port))


def _show(line: str) -> None:
    console.print(line, markup=False, highlight=False, soft_wrap=True)


async def _listen(listener: Listener, port: int) -> None:
    stop = stop_on_signals()
    try:
        async with serving(listener.app(), HOST, port) as address:
            _show(f"Set LEVERFRAME_NOTIFICATIONS_URL={address} and this secret where actions run; Ctrl-C ends this.")
            await stop.wait()
    except OSError as error:
        why = os.strerror(error.errno) if error.errno else str(error)
        raise ServiceError(f"Nothing can be heard on port {port}: {why}. Choose another --port.") from None
