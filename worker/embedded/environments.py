"""What the processes of the embedded stack are told, each its own secrets alone."""

import os
from collections.abc import Mapping
from pathlib import Path

from leverframe.claiming import APPROVER_TRUST
from leverframe.contracts.names import Role
from leverframe.desk_link import DESK_SITE
from worker.embedded.postgres import EmbeddedPostgres
from worker.embedded.served import Served
from worker.keys.rings import KeyRings
from worker.roles.own_secrets import variables_of_systems
from worker.settings.llm import ModelSettings

OPERATORS_FILE = "LEVERFRAME_OPERATORS_FILE"


def keys_for(payload_ring: str, key_service: Served, token: str) -> dict[str, str]:
    """For whoever reads payloads."""
    return {
        "LEVERFRAME_PAYLOAD_KEYS": payload_ring,
        "LEVERFRAME_KEY_SERVICE_URL": key_service.endpoint,
        "LEVERFRAME_KEY_SERVICE_TOKEN": token,
    }


def for_roles(
    postgres: EmbeddedPostgres, model: ModelSettings, keys: KeyRings, operators: Path, desk: str
) -> Mapping[Role, dict[str, str]]:
    """For each role's process, beside the payload keys. ``desk`` is where the desk is going to be, if that is known."""
    issuers = {"LEVERFRAME_ISSUER_PUBLIC_KEYS": keys.public("issuer").read_text()}
    return {
        # For what its details say alone.
        "workflows": {APPROVER_TRUST: approver_trust(), DESK_SITE: desk} | _events(),
        # A second opinion is the business's own server; without one there is no key to hand on.
        "guards": _from_outside("LEVERFRAME_GUARD_API_KEY"),
        "llm": {
            "LEVERFRAME_MODEL_URL": model.model_url,
            "LEVERFRAME_MODEL_NAME": model.model_name,
            "LEVERFRAME_MODEL_API_KEY": model.model_api_key.get_secret_value(),
            "LEVERFRAME_MODEL_PROVIDER": model.model_provider,
            "LEVERFRAME_MODEL_TIMEOUT": str(model.model_timeout),
            "LEVERFRAME_MODEL_CONCURRENCY": str(model.model_concurrency),
        },
        "approvals": issuers
        | {
            # The dev server authenticates nobody. Stricter where the environment says so and operators have keys.
            APPROVER_TRUST: approver_trust(),
            OPERATORS_FILE: os.environ.get(OPERATORS_FILE) or str(operators),
            "LEVERFRAME_APPROVALS_KEYS": keys.private("approvals").read_text(),
            "LEVERFRAME_APPROVALS_DATABASE_URL": postgres.approvals_url,
        },
        "tools": issuers
        | {
            "LEVERFRAME_APPROVALS_PUBLIC_KEYS": keys.public("approvals").read_text(),
            "LEVERFRAME_DATABASE_URL": postgres.tools_url,
            "LEVERFRAME_SCOPE_KEY": postgres.scope_key,
            "LEVERFRAME_TOOLS_KEYS": keys.private("tools").read_text(),
        }
        # The authorization server and the systems outside are the business's own.
        | _from_outside("LEVERFRAME_TOKEN_CLIENT_SECRET", *variables_of_systems()),
        # So is the receiver of notifications.
        "notifications": _from_outside("LEVERFRAME_NOTIFICATIONS_SECRET"),
    }


def _events() -> dict[str, str]:
    """Where no webhook listens, actions need not ask for messages to it."""
    return {} if os.environ.get("LEVERFRAME_NOTIFICATIONS_URL") else {"LEVERFRAME_NOTIFICATIONS_EVENTS": "none"}


def approver_trust() -> str:
    """The least that counts here for who decided."""
    return os.environ.get(APPROVER_TRUST) or "claimed"


def _from_outside(*names: str) -> dict[str, str]:
    """What this process was given to hand on, as far as it was."""
    return {name: value for name in names if (value := os.environ.get(name))}


def for_commands(postgres: EmbeddedPostgres, keys: KeyRings, pseudonym_key: str) -> dict[str, str]:
    """For commands and services that use the stack, beside the payload keys."""
    return {
        APPROVER_TRUST: approver_trust(),
        "LEVERFRAME_PSEUDONYM_KEY": pseudonym_key,
        "LEVERFRAME_ISSUER_KEYS": keys.private("issuer").read_text(),
        "LEVERFRAME_APPROVALS_PUBLIC_KEYS": keys.public("approvals").read_text(),
        "LEVERFRAME_AUDITOR_DATABASE_URL": postgres.auditor_url,
        "LEVERFRAME_OWNER_DATABASE_URL": postgres.owner_url,
        "LEVERFRAME_SEALER_DATABASE_URL": postgres.sealer_url,
        "LEVERFRAME_SEAL_KEYS": keys.private("seal").read_text(),
        "LEVERFRAME_SEAL_PUBLIC_KEYS": keys.public("seal").read_text(),
    }
