"""Settings from the environment (``LEVERFRAME_*``) or from secret files, one class for each who needs them.

A role reads its own class and no other, so that a process can be given only the secrets of its roles. A
secret may be a file instead of a variable: its lower-case name, for example ``leverframe_scope_key``, in the
folder that ``LEVERFRAME_SECRETS_DIR`` names (``/run/secrets`` where that exists).
"""

import os
from pathlib import Path
from typing import Annotated, ClassVar, TypeVar

from pydantic import AfterValidator, Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from leverframe.contracts.decision import Trust

PREFIX = "LEVERFRAME_"
SECRETS_DIR = "LEVERFRAME_SECRETS_DIR"


class SettingsError(ValueError):
    """A setting is missing or cannot be understood; says which, who needs it and why."""


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
    deployment_name: str = "leverframe"
    """Name of the Temporal worker deployment; used with ``build_id``."""
    build_id: str = ""
    """This code's version. When set, workers are versioned and running actions stay on the version that
    started them (PINNED)."""
    state_dir: Annotated[Path, AfterValidator(Path.absolute)] = Field(
        default=Path(".leverframe"), validate_default=True
    )
    """Where the embedded services keep their state; made absolute."""
    spans: bool = True
    """Whether spans are kept in files under ``{state_dir}/spans``."""

    @property
    def spans_dir(self) -> Path:
        return self.state_dir / "spans"


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
    model_max_tokens: int = Field(default=200, ge=16, le=4096)
    """Longest answer, in tokens."""
    model_seed: int = 7
    model_concurrency: int = Field(default=8, ge=1, le=1000)
    """How many proposals this process asks for at a time."""


class ToolsSettings(Settings):
    """The business database, as the login of the tools."""

    needed_by = "the tools role"

    database_url: SecretStr = Field(description="URL of the database with the tools' login")
    scope_key: SecretStr = Field(description="key that proves to the database whose rows a tool may touch")


class ApprovalsSettings(Settings):
    """How the approvals role establishes who decided."""

    needed_by = "the approvals role"

    approver_trust: Trust = "principal"
    """``principal``: the identity that the Temporal server computed from the caller's credentials.
    ``claimed``: also the one that the client claims, shown everywhere as unverified."""


class ServiceSettings(Settings):
    """What a business service holds, and a command that acts like one."""

    needed_by = "commands that start an action"

    pseudonym_key: SecretStr = Field(description="key of the pseudonyms under which users appear")


class AuditorSettings(Settings):
    """Reading the ledger."""

    needed_by = "the audit command"

    auditor_database_url: SecretStr = Field(description="URL of the database with the auditor's login")


class OwnerSettings(Settings):
    """The database's owner, and the secrets that a migration gives to the other logins."""

    needed_by = "the migrate command"

    owner_database_url: SecretStr = Field(description="URL of the database with its owner's login")
    tools_password: SecretStr = Field(min_length=16, description="password of the tools' login")
    auditor_password: SecretStr = Field(min_length=16, description="password of the auditor's login")
    scope_key: SecretStr = Field(description="key that proves to the database whose rows a tool may touch")


class EmbeddedSettings(Settings):
    """The embedded services' own choices."""

    needed_by = "the embedded services"

    model: str = "qwen2.5-coder-0.5b"
    """Which small model to serve."""
    model_path: Path | None = None
    """A GGUF file to use instead of fetching it; its SHA-256 must be the model's."""


AnySettings = TypeVar("AnySettings", bound=Settings)


def load(kind: type[AnySettings]) -> AnySettings:
    """Read settings of this kind; raises :class:`SettingsError` in words for whoever runs the process."""
    secrets = Path(os.environ.get(SECRETS_DIR, "/run/secrets"))
    try:
        return kind(_secrets_dir=secrets if secrets.is_dir() else None)
    except ValidationError as error:
        problems = [_problem(kind, item["loc"], item["type"], item["msg"]) for item in error.errors()]
        # Without the cause: pydantic's own text quotes the value, which may be a secret.
        raise SettingsError("\n".join(problems)) from None


def _problem(kind: type[Settings], location: tuple[int | str, ...], code: str, message: str) -> str:
    name = str(location[0]) if location else ""
    variable = PREFIX + name.upper()
    if code != "missing":
        return f"{variable} cannot be used: {message[0].lower()}{message[1:]}."
    meaning = kind.model_fields[name].description or "no default"
    return (
        f"{variable} is missing: {kind.needed_by} needs it ({meaning}). "
        f"Set it in the environment, or put it into a file {variable.lower()} and name the folder "
        f"in {SECRETS_DIR}."
    )
