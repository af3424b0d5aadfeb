import asyncio
import os
from contextlib import suppress

from leverframe.keys import PayloadKeys
from tools.scope import create_engine
from worker.cli.terminal import console, run, stop_on_signals
from worker.codec.server import serving
from worker.connection import connect
from worker.embedded.process import ServiceError
from worker.keys.service import KeyServer
from worker.keys.shredder import Shredder
from worker.keys.store import KeyStore
from worker.roles.isolation import close_to_others
from worker.roles.own_secrets import forget_secrets, refuse_secrets_beyond, secrets_of
from worker.settings.base import load
from worker.settings.keyservice import KeyServiceSettings
from worker.settings.shared import WorkerSettings
from worker.telemetry.logs import log_to_stderr


def run_key_service() -> None:
    """Run the key service until Ctrl-C."""
    close_to_others()
    refuse_secrets_beyond(secrets_of((KeyServiceSettings,)), "the key service")
    settings = load(KeyServiceSettings)
    forget_secrets()
    log_to_stderr()
    run(serve_keys(settings))


async def serve_keys(settings: KeyServiceSettings) -> None:
    """Serve until Ctrl-C; raises :class:`~worker.embedded.process.ServiceError` where it cannot listen."""
    stop = stop_on_signals()
    engine = create_engine(settings.keys_database_url.get_secret_value())
    store = KeyStore(engine, PayloadKeys.parse(settings.payload_keys.get_secret_value()))
    server = KeyServer(store, settings.key_service_token.get_secret_value())
    prefix = load(WorkerSettings).task_queue_prefix
    shredding = asyncio.create_task(Shredder(store, connect, prefix).run(settings.key_service_shreds_every))
    # It ends by itself only with a defect, which is told below.
    shredding.add_done_callback(lambda _: stop.set())
    try:
        async with serving(server.app(), settings.key_service_host, settings.key_service_port) as address:
            console.print(f"The key service answers at {address}; Ctrl-C ends it.", highlight=False)
            await stop.wait()
    except OSError as error:
        why = os.strerror(error.errno) if error.errno else str(error)
        raise ServiceError(
            f"The key service cannot listen on {settings.key_service_host}:{settings.key_service_port}: {why}. "
            "Choose another LEVERFRAME_KEY_SERVICE_HOST or LEVERFRAME_KEY_SERVICE_PORT."
        ) from None
    finally:
        shredding.cancel()
        with suppress(asyncio.CancelledError):
            await shredding
        await engine.dispose()
