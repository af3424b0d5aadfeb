import logging
import os

from temporalio.envconfig import ClientConfig

from leverframe.codec import EncryptedPayloads
from leverframe.keys import PayloadKeys
from worker.cli.terminal import console, run, stop_on_signals
from worker.codec.access_tokens import AccessTokens
from worker.codec.server import CodecServer, parse_origins, serving
from worker.embedded.process import ServiceError
from worker.roles.isolation import close_to_others
from worker.roles.own_secrets import forget_secrets, refuse_secrets_beyond, secrets_of
from worker.settings.base import load
from worker.settings.codec import CodecSettings
from worker.telemetry.logs import log_to_stderr

log = logging.getLogger(__name__)


def run_codec() -> None:
    """Run the codec server until Ctrl-C."""
    close_to_others()
    refuse_secrets_beyond(secrets_of((CodecSettings,)), "the codec server")
    settings = load(CodecSettings)
    forget_secrets()
    log_to_stderr()
    run(serve_codec(settings))


def codec_server(settings: CodecSettings) -> CodecServer:
    """The server that the settings describe; raises SettingsError."""
    tokens = None
    if settings.codec_jwks_url:
        tokens = AccessTokens(settings.codec_jwks_url, settings.codec_audience, settings.codec_role)
    keys = PayloadKeys.parse(settings.payload_keys.get_secret_value())
    namespace = ClientConfig.load_client_connect_config().get("namespace", "default")
    origins = parse_origins(settings.codec_origins)
    return CodecServer(EncryptedPayloads(keys, settings.people), origins, tokens, namespace)


async def serve_codec(settings: CodecSettings) -> None:
    """Serve until Ctrl-C; raises :class:`~worker.embedded.process.ServiceError` where it cannot listen."""
    stop = stop_on_signals()
    server = codec_server(settings)
    if server.tokens is None:
        log.info("No access tokens are asked for: whoever can reach port %d sees payloads.", settings.codec_port)
    try:
        async with serving(server.app(), settings.codec_host, settings.codec_port) as address:
            console.print(f"The codec server answers at {address}; Ctrl-C ends it.", highlight=False)
            await stop.wait()
    except OSError as error:
        why = os.strerror(error.errno) if error.errno else str(error)
        raise ServiceError(
            f"The codec server cannot listen on {settings.codec_host}:{settings.codec_port}: {why}. "
            "Choose another LEVERFRAME_CODEC_HOST or LEVERFRAME_CODEC_PORT."
        ) from None
