"""Settings from the environment (``LEVERFRAME_*``) or from secret files, one class for each who needs them.

A role reads its own class and no other, so that a process can be given only the secrets of its roles. A
secret may be a file instead of a variable: its lower-case name, for example ``leverframe_scope_key``, in the
folder that ``LEVERFRAME_SECRETS_DIR`` names (``/run/secrets`` where that exists).
"""

import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, ClassVar, TypeVar

from pydantic import AfterValidator, Field, SecretStr, ValidationError, ValidationInfo, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from leverframe.asking import WITHIN
from leverframe.capability import Verifier
from leverframe.contracts.decision import Trust
from leverframe.key_service import KeyService
from leverframe.keys import PayloadKeys, PublicKeys, SigningKeys
from leverframe.subject_keys import SubjectKeys

PREFIX = "LEVERFRAME_"
SECRETS_DIR = "LEVERFRAME_SECRETS_DIR"

WITHOUT_CENTS = re.compile("bif|clp|djf|gnf|jpy|kmf|krw|mga|pyg|rwf|ugx|vnd|vuv|xaf|xof|xpf|bhd|jod|kwd|omr|tnd")
"""Currencies whose smallest unit at the payment provider is not a hundredth."""

PUBLIC_RING = "public key ring, as 'python -m worker keys' writes it"
PRIVATE_RING = "private key ring, as 'python -m worker keys' writes it"


class SettingsError(ValueError):
    """A setting is missing or cannot be understood; says which, who needs it and why."""


def readable(parse: Callable[[str], object]) -> AfterValidator:
    """Parse a key when it is loaded, so that a bad one is told at once and not when it is first used."""

    def check(ring: str | SecretStr) -> str | SecretStr:
        parse(ring.get_secret_value() if isinstance(ring, SecretStr) else ring)
        return ring

    return AfterValidator(check)


PublicRing = Annotated[str, readable(PublicKeys.parse)]
SigningRing = Annotated[SecretStr, readable(SigningKeys.parse)]
PayloadRing = Annotated[SecretStr, readable(PayloadKeys.parse)]


class Settings(BaseSettings):
    """Base of all settings."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, env_ignore_empty=True, extra="ignore", frozen=True)
    needed_by: ClassVar[str]
    """Who reads these settings, in words for an error message."""


class WorkerSettings(Settings):
    """What every process of Leverframe reads; nothing here is secret.

    The connection to Temporal is not here: it comes from Temporal's own standard environment
    (``TEMPORAL_ADDRESS``, ``TEMPORAL_NAMESPACE``, ``TEMPORAL_API_KEY``, ``TEMPORAL_CONFIG_FILE``, ...), and
    that to an OpenTelemetry collector from ``OTEL_EXPORTER_OTLP_ENDPOINT``.
    """

    needed_by = "every worker and command"

    task_queue_prefix: str = Field(default="leverframe", pattern=r"^[A-Za-z0-9_.-]{1,64}$")
    """Task queues are ``{prefix}-{role}``."""
    tenant: str = Field(default="default", pattern=r"^[A-Za-z0-9_.-]{1,64}$")
    """Whose capabilities count here: that of the business, where several share an issuer."""
    deployment_name: str = "leverframe"
    """Name of the Temporal worker deployment; used with ``build_id``."""
    build_id: str = ""
    """This code's version. When set, workers are versioned and running actions stay on the version that
    started them (PINNED)."""
    state_dir: Annotated[Path, AfterValidator(Path.absolute)] = Field(
        default=Path(".leverframe"), validate_default=True
    )
    """Where the embedded services keep their state; made absolute."""
    answer_within: float = Field(default=WITHIN, gt=0)
    """Seconds that a command gives an action to answer; what it sent may count all the same after that."""
    spans: bool = True
    """Whether spans are kept in files under ``{state_dir}/spans``."""

    @property
    def spans_dir(self) -> Path:
        return self.state_dir / "spans"


class KeyServiceAccess(Settings):
    """Where the people's keys are, one for each, whose end makes unreadable what was encrypted under it."""

    key_service_url: str | None = None
    """Address of ``python -m worker keyservice``; without one, there are no such keys."""
    key_service_token: SecretStr | None = Field(default=None, validate_default=True)
    """What the key service asks for."""

    @field_validator("key_service_token")
    @classmethod
    def _given(cls, token: SecretStr | None, info: ValidationInfo) -> SecretStr | None:
        if info.data.get("key_service_url") and not token:
            raise ValueError("the key service (LEVERFRAME_KEY_SERVICE_URL) asks for its token")
        return token

    @property
    def people(self) -> SubjectKeys | None:
        """The people's keys; a new one asks for each anew."""
        if not self.key_service_url or self.key_service_token is None:
            return None
        return SubjectKeys(KeyService(self.key_service_url, self.key_service_token.get_secret_value()))


class PayloadSettings(KeyServiceAccess):
    """The keys under which whatever goes through Temporal is encrypted."""

    needed_by = "every worker and command"

    payload_keys: PayloadRing | None = Field(default=None, description=PRIVATE_RING)
    """Without them, payloads are readable for whoever can read Temporal's history."""

    @property
    def keys(self) -> PayloadKeys | None:
        return PayloadKeys.parse(self.payload_keys.get_secret_value()) if self.payload_keys else None


class ModelSettings(Settings):
    """The model's endpoint; any OpenAI-compatible server."""

    needed_by = "the llm role"

    model_url: str = Field(description="base URL of the model server, for example http://127.0.0.1:8000/v1")
    model_name: str = Field(description="the model's name as its server knows it")
    model_api_key: SecretStr = SecretStr("none")
    model_provider: str = "vllm"
    """``gen_ai.provider.name`` in spans."""
    model_timeout: float = Field(default=60, gt=0, le=600)
    """Seconds for one whole call."""
    model_max_tokens: int = Field(default=400, ge=16, le=4096)
    """Longest answer, in tokens."""
    model_seed: int = 7
    model_concurrency: int = Field(default=8, ge=1, le=1000)
    """How many proposals this process asks for at a time."""


class GuardSettings(Settings):
    """A guard model that is asked where the classifier alone is uneasy; any OpenAI-compatible server.

    Without it, a person is asked at once.
    """

    needed_by = "the guards role"

    guard_url: str | None = None
    """Base URL of the guard model's server."""
    guard_model: str | None = Field(default=None, validate_default=True)
    """The guard model's name as its server knows it."""
    guard_api_key: SecretStr = SecretStr("none")
    guard_timeout: float = Field(default=3, gt=0, le=8)
    """Seconds for one call; less than a screening may take."""

    @field_validator("guard_model")
    @classmethod
    def _named(cls, model: str | None, info: ValidationInfo) -> str | None:
        if bool(model) != bool(info.data.get("guard_url")):
            raise ValueError("the guard model needs both its URL (LEVERFRAME_GUARD_URL) and its name, or neither")
        return model


class ToolsSettings(Settings):
    """The business database, as the login of the tools, and the keys that their capabilities are verified with."""

    needed_by = "the tools role"

    database_url: SecretStr = Field(description="URL of the database with the tools' login")
    scope_key: SecretStr = Field(description="key that proves to the database whose rows a tool may touch")
    issuer_public_keys: PublicRing = Field(description=PUBLIC_RING)
    approvals_public_keys: PublicRing = Field(description=PUBLIC_RING)
    stripe_api_key: SecretStr | None = None
    """Reads payments and makes refunds at the payment provider; without it, what that holds cannot go back."""
    stripe_url: str = Field(default="https://api.stripe.com", pattern=r"^https?://[^\s/]+/?$")
    """Where the payment provider, or a double of it, answers; over plain HTTP the key can be read on the way."""
    stripe_currency: str = Field(default="usd", pattern=r"^[a-z]{3}$")
    """The currency of the shop's books."""

    @field_validator("stripe_currency")
    @classmethod
    def _has_cents(cls, currency: str) -> str:
        if WITHOUT_CENTS.fullmatch(currency):
            raise ValueError(f"the books count in hundredths, and {currency} does not")
        return currency

    def verifier(self, tenant: str) -> Verifier:
        """Verifies the capabilities of that tenant."""
        issuers, approvals = PublicKeys.parse(self.issuer_public_keys), PublicKeys.parse(self.approvals_public_keys)
        return Verifier(issuers, approvals, tenant)


class ApprovalsSettings(Settings):
    """How the approvals role establishes who decided, and what it signs approvals with."""

    needed_by = "the approvals role"

    approver_trust: Trust = "principal"
    """The least that is accepted. ``principal``: the identity that the Temporal server computed from the caller's
    credentials. ``signed``: also a decision signed with an operator's own key. ``claimed``: also the identity that
    the client claims, shown everywhere as unverified."""
    approvals_keys: SigningRing = Field(description=PRIVATE_RING)
    approvals_database_url: SecretStr = Field(description="URL of the database with the approvals role's login")
    issuer_public_keys: PublicRing = Field(description=PUBLIC_RING)
    operators_file: Path | None = None
    """The operators' directory (:mod:`activities.operators`); may be left out only where ``claimed`` is enough."""

    @property
    def keys(self) -> SigningKeys:
        return SigningKeys.parse(self.approvals_keys.get_secret_value())

    @property
    def issuers(self) -> PublicKeys:
        return PublicKeys.parse(self.issuer_public_keys)


class ServiceSettings(Settings):
    """What a business service holds, and a command that acts like one."""

    needed_by = "each command that starts an action"

    pseudonym_key: SecretStr = Field(description="key of the pseudonyms under which users appear")
    issuer_keys: SigningRing = Field(description=PRIVATE_RING)
    approvals_public_keys: PublicRing = Field(description=PUBLIC_RING)

    @property
    def issuer(self) -> SigningKeys:
        return SigningKeys.parse(self.issuer_keys.get_secret_value())

    @property
    def approvals(self) -> PublicKeys:
        return PublicKeys.parse(self.approvals_public_keys)


class CodecSettings(KeyServiceAccess):
    """The codec server, through which the Temporal UI shows decoded payloads."""

    needed_by = "the codec command"

    payload_keys: PayloadRing = Field(description=PRIVATE_RING)
    codec_host: str = "127.0.0.1"
    codec_port: int = Field(ge=1, le=65535, description="TCP port to listen on")
    codec_origins: str = Field(description="origins of the UI that may ask, with commas between")
    codec_jwks_url: str | None = None
    """Where the public keys of whoever signs the UI's access tokens are; without it no token is asked for."""
    codec_audience: str | None = None
    """The ``aud`` that a token must have."""
    codec_role: str = ""
    """The role that a token must name to see payloads; empty for none."""


class KeyServiceSettings(Settings):
    """The service that holds the people's keys, and destroys them."""

    needed_by = "the keyservice command"

    payload_keys: PayloadRing = Field(description=PRIVATE_RING)
    """The people's keys lie in the database sealed under its newest key."""
    keys_database_url: SecretStr = Field(description="URL of the database with the key service's login")
    key_service_token: SecretStr = Field(min_length=16, description="what everybody who needs keys must bring")
    key_service_host: str = "127.0.0.1"
    key_service_port: int = Field(ge=1, le=65535, description="TCP port to listen on")
    key_service_shreds_every: float = Field(default=10, gt=0, le=3600)
    """Seconds between two looks for keys that are to be destroyed."""


class WebhookSettings(Settings):
    """Hearing from the payment provider that something about a refund has changed."""

    needed_by = "the webhooks command"

    stripe_webhook_secret: SecretStr = Field(
        min_length=16, description="signing secret of the provider's webhook endpoint, whsec_..."
    )
    webhooks_host: str = "127.0.0.1"
    webhooks_port: int = Field(ge=1, le=65535, description="TCP port to listen on")
    webhooks_tolerance: int = Field(default=300, ge=10, le=3600)
    """Seconds that a signature is good for."""


class SealVerification(Settings):
    """What the ledger's seals are verified with."""

    needed_by = "'audit --seals'"

    seal_public_keys: PublicRing | None = None
    """Public halves of the keys that sign seals; ``--seal-keys`` names a file with them instead."""


class AuditorSettings(KeyServiceAccess, SealVerification):
    """Reading the ledger."""

    needed_by = "each command that reads the ledger"

    auditor_database_url: SecretStr = Field(description="URL of the database with the auditor's login")


class SealSettings(Settings):
    """Sealing where the ledger's chains end."""

    needed_by = "the seal command"

    sealer_database_url: SecretStr = Field(description="URL of the database with the sealer's login")
    seal_keys: SigningRing = Field(description=PRIVATE_RING)

    @property
    def keys(self) -> SigningKeys:
        return SigningKeys.parse(self.seal_keys.get_secret_value())


class RevocationSettings(Settings):
    """The database's owner, who alone can revoke a capability."""

    needed_by = "the revoke command"

    owner_database_url: SecretStr = Field(description="URL of the database with its owner's login")


class ImportSettings(RevocationSettings):
    """The database's owner, into whose tables a data set goes."""

    needed_by = "the import command"


class OwnerSettings(RevocationSettings):
    """The database's owner, and the secrets that a migration gives to the other logins."""

    needed_by = "the migrate command"

    tools_password: SecretStr = Field(min_length=16, description="password of the tools' login")
    auditor_password: SecretStr = Field(min_length=16, description="password of the auditor's login")
    keys_password: SecretStr = Field(min_length=16, description="password of the key service's login")
    approvals_password: SecretStr = Field(min_length=16, description="password of the approvals role's login")
    sealer_password: SecretStr = Field(min_length=16, description="password of the sealer's login")
    scope_key: SecretStr = Field(description="key that proves to the database whose rows a tool may touch")


class EmbeddedSettings(Settings):
    """The embedded services' own choices."""

    needed_by = "the embedded services"

    model: str = "qwen2.5-coder-0.5b"
    """Which small model to serve."""
    model_path: Path | None = None
    """A GGUF file to use instead of fetching it; its SHA-256 must be the model's."""
    ui_port: int = Field(default=8080, ge=0, le=65534)
    """Where 'up' and 'demo' put Temporal's UI, with its codec server on the next port; where these are taken, and with
    0, free ones are used."""


AnySettings = TypeVar("AnySettings", bound=Settings)


def load(kind: type[AnySettings]) -> AnySettings:
    """Read settings of this kind; raises :class:`SettingsError` in words for whoever runs the process."""
    try:
        return kind(_secrets_dir=secrets_dir())
    except ValidationError as error:
        problems = [_problem(kind, item["loc"], item["type"], item["msg"]) for item in error.errors()]
        # Without the cause: pydantic's own text quotes the value, which may be a secret.
        raise SettingsError("\n".join(problems)) from None


def secrets_dir() -> Path | None:
    """The folder in which secrets may lie as files, if there is one."""
    folder = Path(os.environ.get(SECRETS_DIR) or "/run/secrets")
    return folder if folder.is_dir() else None


def _problem(kind: type[Settings], location: tuple[int | str, ...], code: str, message: str) -> str:
    name = str(location[0]) if location else ""
    variable = PREFIX + name.upper()
    if code != "missing":
        message = message.removeprefix("Value error, ")
        return f"{variable} cannot be used: {message[0].lower()}{message[1:]}."
    meaning = kind.model_fields[name].description or "no default"
    return (
        f"{variable} is missing: {kind.needed_by} needs it ({meaning}). "
        f"Set it in the environment, or put it into a file {variable.lower()} and name the folder "
        f"in {SECRETS_DIR}."
    )
