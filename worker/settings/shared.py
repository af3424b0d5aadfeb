"""What more than one process reads."""

from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, Field, SecretStr, ValidationInfo, field_validator

from leverframe import business
from leverframe.key_service import KeyService
from leverframe.keys import PayloadKeys
from leverframe.live_bar import Bars
from leverframe.modes import Mode, Modes
from leverframe.server_answers import WITHIN
from leverframe.subject_keys import SubjectKeys
from worker.settings.base import PRIVATE_RING, PayloadRing, Settings


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
    """Whose capabilities count here: that of the business, where several share an issuer. Where several share the
    deployment, whose this process is: a desk, an API or a command is one tenant's, and a worker all tenants'."""
    tenants_file: Path | None = None
    """Which tenants share this deployment (:mod:`worker.settings.tenants`); without it there is one."""
    mode: str = "live"
    """How far actions go here (:mod:`leverframe.modes`): ``live``, ``assist`` or ``shadow``; or by action, as in
    ``contract_end=shadow,contract_card=assist``, and by tenant and action, as in ``acme/contract_card=live``.
    One that has begun keeps its own."""
    live_bar: str = ""
    """How often an action's proposals must have agreed with people before it may be ``live``
    (:mod:`leverframe.live_bar`): ``0.9/100``, or by action, as in ``contract_end=0.9/100``. Without it there is no bar.
    """
    rollout_dir: Path | None = None
    """Where ``python -m worker rollout`` writes its figures, and the roles that begin and carry out actions read them;
    ``{state_dir}/rollout`` if left out."""
    deployment_name: str = "leverframe"
    """Name of the Temporal worker deployment; used with ``build_id``."""
    build_id: Annotated[str, AfterValidator(business.build)] = ""
    """This code's version; those of businesses that other packages bring are added. When set, the workers of workflows
    are versioned, and running actions stay on the version that started them (PINNED)."""
    state_dir: Annotated[Path, AfterValidator(Path.absolute)] = Field(
        default=Path(".leverframe"), validate_default=True
    )
    """Where the embedded services keep their state; made absolute."""
    answer_within: float = Field(default=WITHIN, gt=0)
    """Seconds that a command gives an action to answer; what it sent may count all the same after that."""
    spans: bool = True
    """Whether spans are kept in files under ``{state_dir}/spans``."""

    @field_validator("mode")
    @classmethod
    def _readable(cls, text: str) -> str:
        Modes.parse(text)
        return text

    @field_validator("live_bar")
    @classmethod
    def _a_bar(cls, text: str) -> str:
        Bars.parse(text)
        return text

    @property
    def bars(self) -> Bars:
        return Bars.parse(self.live_bar)

    def figures_of(self, action: str) -> Path:
        """The file with what was found of an action."""
        return (self.rollout_dir or self.state_dir / "rollout") / f"{action}.json"

    @property
    def modes(self) -> Modes:
        return Modes.parse(self.mode)

    def mode_of(self, action: str, tenant: str | None = None) -> Mode:
        """In which mode an action is begun here; ``tenant``: whose, where several share the deployment."""
        return self.modes.of(action, tenant or self.tenant)

    @property
    def only_tenant(self) -> str | None:
        """Whose actions a desk, an API or a command sees; ``None`` for all, where there is one tenant."""
        return self.tenant if self.tenants_file else None

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
