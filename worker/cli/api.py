"""The HTTP API: what the SDK does, for services in any language."""

import os

from api.app import ActionsApi
from api.bearer import Bearers
from desk.web.serving import serving
from leverframe import Leverframe
from leverframe.keys import PayloadKeys, PublicKeys
from leverframe.pseudonym import Pseudonyms
from worker.cli.terminal import console, run, stop_on_signals
from worker.connection import connect
from worker.embedded.process import ServiceError
from worker.roles.isolation import close_to_others
from worker.roles.own_secrets import forget_secrets, refuse_secrets_beyond, secrets_of
from worker.settings.api import ApiSettings
from worker.settings.base import load
from worker.settings.shared import WorkerSettings
from worker.telemetry.logs import log_to_stderr


def run_api() -> None:
    """Serve the API until Ctrl-C."""
    close_to_others()
    refuse_secrets_beyond(secrets_of((ApiSettings,)), "the API")
    settings, common = load(ApiSettings), load(WorkerSettings)
    forget_secrets()
    log_to_stderr()
    run(_serve(settings, common))


async def _serve(settings: ApiSettings, common: WorkerSettings) -> None:
    stop = stop_on_signals()
    keys = PayloadKeys.parse(settings.payload_keys.get_secret_value()) if settings.payload_keys else None
    people = settings.people
    client = await connect(identity="api", payload_keys=keys, people=people, tenant=common.only_tenant)
    pseudonyms = Pseudonyms(settings.pseudonym_key.get_secret_value())
    issuers = PublicKeys.parse(settings.issuer_public_keys)
    sdk = Leverframe(client, pseudonyms, common.task_queue_prefix, issuers, people, common.answer_within)
    api = ActionsApi(sdk, Bearers(pseudonyms, issuers, common.tenant))
    host, port = settings.api_host, settings.api_port
    try:
        async with serving(api.app(), host, port):
            console.print(f"The API answers at http://{host}:{port}/openapi.json; Ctrl-C ends it.", highlight=False)
            await stop.wait()
    except OSError as error:
        why = os.strerror(error.errno) if error.errno else str(error)
        raise ServiceError(
            f"The API cannot listen on {host}:{port}: {why}. Choose another LEVERFRAME_API_HOST or LEVERFRAME_API_PORT."
        ) from None
