"""The parts of a Leverframe under test: workers of its roles, a key service, clients with keys of their own."""

from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

from pydantic import SecretStr
from temporalio.client import Client

from leverframe.codec import EncryptedPayloads, data_converter
from leverframe.contracts.names import ROLES, Role
from leverframe.key_service import KeyService
from leverframe.keys import PayloadKeys
from leverframe.subject_keys import SubjectKeys
from tools.scope import create_engine
from worker.codec.server import serving as serving_http
from worker.embedded.postgres import EmbeddedPostgres
from worker.keys.service import KeyServer
from worker.keys.store import KeyStore
from worker.roles.workers import RoleSettings, role_workers
from worker.settings.approvals import ApprovalsSettings
from worker.settings.tools import ToolsSettings
from worker.testing.hooks import Hooks
from worker.testing.keys import APPROVALS, APPROVALS_RING, ISSUER, PAYLOADS
from worker.testing.postgres import Database

KEY_SERVICE_TOKEN = "what the tests' key service asks for"  # noqa: S105 - of a service that ends with its test


@asynccontextmanager
async def key_service(database: Database) -> AsyncIterator[tuple[KeyStore, KeyService]]:
    """A key service on a database, and what asks it."""
    engine = create_engine(database.keys_url)
    store = KeyStore(engine, PAYLOADS)
    try:
        async with serving_http(KeyServer(store, KEY_SERVICE_TOKEN).app(), "127.0.0.1", 0) as address:
            yield store, KeyService(address, KEY_SERVICE_TOKEN)
    finally:
        await engine.dispose()


def variables(service: KeyService) -> dict[str, str]:
    """As a process is told of the key service."""
    return {"LEVERFRAME_KEY_SERVICE_URL": service.url, "LEVERFRAME_KEY_SERVICE_TOKEN": KEY_SERVICE_TOKEN}


def reader(client: Client, people: SubjectKeys | None, payloads: PayloadKeys = PAYLOADS) -> Client:
    """The same client with other keys."""
    converter = data_converter(payloads, people)
    return Client(client.service_client, namespace=client.namespace, data_converter=converter)


def people_of(client: Client) -> SubjectKeys | None:
    """The people's keys that a client encrypts with."""
    codec = client.data_converter.payload_codec
    return codec.people if isinstance(codec, EncryptedPayloads) else None


@asynccontextmanager
async def serving(
    client: Client,
    settings: RoleSettings,
    roles: Sequence[Role] = ROLES,
    payloads: PayloadKeys = PAYLOADS,
    hooks: Hooks | None = None,
) -> AsyncIterator[None]:
    """The roles' workers, running."""
    own = Client(
        client.service_client,
        namespace=client.namespace,
        data_converter=data_converter(payloads, settings.people),
        interceptors=[hooks or Hooks()],
    )
    async with AsyncExitStack() as stack:
        for worker in await stack.enter_async_context(role_workers(own, roles, settings)):
            await stack.enter_async_context(worker)
        yield


def approvals_settings(database: Database | EmbeddedPostgres, **changes: Any) -> ApprovalsSettings:
    """Of the approvals role, with the tests' keys."""
    defaults: dict[str, Any] = {
        "approver_trust": "claimed",
        "approvals_keys": SecretStr(APPROVALS_RING),
        "approvals_database_url": SecretStr(database.approvals_url),
        "issuer_public_keys": str(ISSUER.public),
    }
    return ApprovalsSettings(**defaults | changes)


def tools_settings(database: Database | EmbeddedPostgres, **changes: Any) -> ToolsSettings:
    """Of the tools role, with the tests' keys."""
    defaults: dict[str, Any] = {
        "database_url": SecretStr(database.tools_url),
        "scope_key": SecretStr(database.scope_key),
        "issuer_public_keys": str(ISSUER.public),
        "approvals_public_keys": str(APPROVALS.public),
    }
    return ToolsSettings(**defaults | changes)


async def as_person(client: Client, identity: str, payloads: PayloadKeys = PAYLOADS) -> Client:
    """The same server, under another claimed identity such as ``olga@support``."""
    return await Client.connect(
        client.service_client.config.target_host,
        namespace=client.namespace,
        identity=identity,
        data_converter=data_converter(payloads, people_of(client)),
    )
