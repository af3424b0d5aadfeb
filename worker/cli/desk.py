"""The desk: pages on which operators read what waits, and decide on it with their passkeys."""

import logging
import os

from desk.inbox.desk import Desk
from desk.web.app import WebDesk
from desk.web.company import Company
from desk.web.invitations import Invitations
from desk.web.serving import serving
from leverframe.keys import PayloadKeys
from leverframe.operators import InvalidOperators
from leverframe.operators_file import OperatorsFile
from worker.cli.terminal import console, run, stop_on_signals
from worker.connection import connect
from worker.embedded.process import ServiceError
from worker.roles.isolation import close_to_others
from worker.roles.own_secrets import forget_secrets, refuse_secrets_beyond, secrets_of
from worker.settings.base import SettingsError, load
from worker.settings.desk import DeskSettings
from worker.settings.shared import WorkerSettings
from worker.telemetry.logs import log_to_stderr

IDENTITY = "desk"
"""What the desk claims to be: whose decision it hands on, their passkey says."""

log = logging.getLogger(__name__)


def run_desk() -> None:
    """Serve the desk until Ctrl-C."""
    close_to_others()
    refuse_secrets_beyond(secrets_of((DeskSettings,)), "the desk")
    settings, common = load(DeskSettings), load(WorkerSettings)
    forget_secrets()
    log_to_stderr()
    run(_serve(settings, common))


async def _serve(settings: DeskSettings, common: WorkerSettings) -> None:
    stop = stop_on_signals()
    keys = PayloadKeys.parse(settings.payload_keys.get_secret_value()) if settings.payload_keys else None
    client = await connect(identity=IDENTITY, payload_keys=keys, people=settings.people, tenant=common.only_tenant)
    try:
        operators = OperatorsFile(settings.operators_file, settings.approver_trust)
    except InvalidOperators as error:
        raise SettingsError(f"LEVERFRAME_OPERATORS_FILE: {error}") from None
    desk = WebDesk(
        desk=Desk(client, within=common.answer_within),
        operators=operators,
        invitations=Invitations(settings.desk_invitations),
        site=settings.desk_site,
        ui=settings.ui_url,
        company=_company(settings),
        directory=settings.operators_file if settings.desk_enrols else None,
    )
    try:
        async with serving(desk.app(), settings.desk_host, settings.desk_port, settings.desk_proxies):
            console.print(f"The desk is at {settings.desk_site}; Ctrl-C ends it.", highlight=False)
            await stop.wait()
    except OSError as error:
        why = os.strerror(error.errno) if error.errno else str(error)
        raise ServiceError(
            f"The desk cannot listen on {settings.desk_host}:{settings.desk_port}: {why}. "
            "Choose another LEVERFRAME_DESK_HOST or LEVERFRAME_DESK_PORT."
        ) from None


def _company(settings: DeskSettings) -> Company | None:
    if settings.desk_oidc_issuer is None or settings.desk_oidc_client_secret is None:
        return None
    return Company(
        settings.desk_oidc_issuer,
        settings.desk_oidc_client_id,
        settings.desk_oidc_client_secret.get_secret_value(),
        claim=settings.desk_oidc_claim,
        roles_claim=settings.desk_oidc_roles_claim,
        roles=settings.desk_oidc_roles,
        scope=settings.desk_oidc_scope,
    )
