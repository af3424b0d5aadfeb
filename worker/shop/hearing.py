import os

from worker.cli.terminal import console, run, stop_on_signals
from worker.codec.server import serving
from worker.connection import connect
from worker.embedded.process import ServiceError
from worker.roles.isolation import close_to_others
from worker.roles.own_secrets import forget_secrets, refuse_secrets_beyond, secrets_of
from worker.settings.base import load
from worker.shop.webhook_settings import WebhookSettings
from worker.shop.webhooks import Webhooks
from worker.telemetry.logs import log_to_stderr


def run_webhooks() -> None:
    """Hear from the payment provider until Ctrl-C."""
    close_to_others()
    refuse_secrets_beyond(secrets_of((WebhookSettings,)), "the webhooks command")
    settings = load(WebhookSettings)
    forget_secrets()
    log_to_stderr()
    run(serve_webhooks(settings))


async def serve_webhooks(settings: WebhookSettings) -> None:
    """Serve until Ctrl-C; raises :class:`~worker.embedded.process.ServiceError` where it cannot listen."""
    stop = stop_on_signals()
    secret = settings.stripe_webhook_secret.get_secret_value()
    webhooks = Webhooks(await connect(), secret, settings.webhooks_tolerance)
    try:
        async with serving(webhooks.app(), settings.webhooks_host, settings.webhooks_port) as address:
            console.print(f"The payment provider is heard at {address}/stripe; Ctrl-C ends it.", highlight=False)
            await stop.wait()
    except OSError as error:
        why = os.strerror(error.errno) if error.errno else str(error)
        raise ServiceError(
            f"Webhooks cannot be heard on {settings.webhooks_host}:{settings.webhooks_port}: {why}. "
            "Choose another LEVERFRAME_WEBHOOKS_HOST or LEVERFRAME_WEBHOOKS_PORT."
        ) from None
