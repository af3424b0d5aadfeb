"""Several models: a TOML file (``LEVERFRAME_MODELS``) of endpoints and of routes, which say who is asked for what."""

import tomllib
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from leverframe.starting import expected
from worker.settings.base import Settings, SettingsError, load
from worker.settings.llm import ModelSettings

if TYPE_CHECKING:
    # Only the llm role's process holds its code.
    from activities.model_endpoint import ModelEndpoint, Route, Routes

TOGETHER = 170.0
"""Seconds that all endpoints of a route may take, one after the other: less than Temporal gives one attempt."""
DEFAULT = "default"
"""The route of whatever has none of its own."""
Price = Annotated[Decimal, Field(ge=0, le=1_000_000)]
Name = Annotated[str, Field(pattern=r"^[A-Za-z0-9_.-]{1,64}$")]
Decision = Annotated[str, Field(pattern=rf"^({DEFAULT}|[a-z][a-z0-9_]{{2,63}}(\.[A-Za-z0-9_]+)?)$")]
Url = Annotated[str, Field(pattern=r"^https?://[!-~]+$")]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False, hide_input_in_errors=True)


class Endpoint(_Strict):
    """A model server, or a gateway before several."""

    url: Url
    """With the path, such as ``http://vllm:8000/v1``."""
    model: str = Field(min_length=1, max_length=200)
    """The model's name as the server knows it."""
    revision: str = Field(min_length=1, max_length=200)
    """Of the weights, or of a provider's model the dated version."""
    evaluation: Path | None = None
    """What ``python -m worker eval run --json`` has written of this model; beside this file, unless absolute."""
    key_file: Path | None = None
    """Where the key stands; read again when it is refused."""
    provider: str = "vllm"
    input_price: Price = Decimal(0)
    """Of a million tokens that the model reads."""
    output_price: Price = Decimal(0)
    cache_salt: bool = False
    """Of vLLM: what it keeps of prompts is kept for each tenant alone."""
    priority: bool = False
    """Of vLLM with ``--scheduling-policy priority``: it serves by the actions' priorities."""
    concurrency: int = Field(default=8, ge=1, le=1000)
    """How many requests each process has open there at a time."""
    timeout: float = Field(default=60, gt=0, le=TOGETHER)
    """Seconds for one whole call."""
    max_tokens: int = Field(default=400, ge=16, le=4096)
    seed: int = 7


class Evaluation(BaseModel):
    """What is looked at of an evaluation: that there is one, of this very model, for this machine."""

    model: str
    revision: str = ""
    actions: dict[str, object]


def _some(route: tuple[str, ...]) -> tuple[str, ...]:
    if not route or len(set(route)) < len(route):
        raise ValueError("expected the names of endpoints, each once, in the order in which they are asked")
    return route


class Models(_Strict):
    """All that the file says."""

    currency: str = Field(default="USD", pattern=r"^[A-Z]{3}$")
    """Of all prices, by ISO 4217."""
    endpoints: dict[Name, Endpoint] = Field(min_length=1)
    routes: dict[Decision, Annotated[tuple[Name, ...], AfterValidator(_some)]]
    """By ``action.state``, by ``action``, or ``default``."""
    folder: Path = Field(default=Path(), exclude=True, init=False)

    @classmethod
    def read(cls, file: Path) -> "Models":
        """Raises SettingsError that says what was expected."""
        try:
            found = cls.model_validate(tomllib.loads(file.read_text(encoding="utf-8")))
            found._check()
        except ValidationError as error:
            raise SettingsError(f"LEVERFRAME_MODELS: {file}: {expected(error)}") from None
        except (OSError, UnicodeDecodeError, ValueError) as error:
            raise SettingsError(f"LEVERFRAME_MODELS: {file}: {error}") from None
        return found.model_copy(update={"folder": file.parent})

    def _check(self) -> None:
        if DEFAULT not in self.routes:
            raise ValueError(f"routes: {DEFAULT} is missing: the route of whatever has none of its own")
        for decision, route in self.routes.items():
            if unknown := [name for name in route if name not in self.endpoints]:
                known = ", ".join(self.endpoints)
                raise ValueError(f"routes.{decision}: there is no endpoint {unknown[0]!r}; expected some of {known}")
            if (seconds := sum(self.endpoints[name].timeout for name in route)) > TOGETHER:
                raise ValueError(
                    f"routes.{decision}: its endpoints may take {seconds:g} s, one after the other; expected timeouts "
                    f"of {TOGETHER:g} s together at most"
                )

    def evaluation(self, name: str) -> Evaluation | str:
        """What is known of an endpoint's model, or why nothing is, in words that go on after a colon."""
        endpoint = self.endpoints[name]
        if endpoint.evaluation is None:
            return "its 'evaluation' names no file"
        file = self.folder / endpoint.evaluation
        try:
            found = Evaluation.model_validate_json(file.read_bytes())
        except OSError as error:
            return f"{file} cannot be read ({error.strerror})"
        except ValidationError:
            return f"{file} is no report of 'python -m worker eval run'"
        if (found.model, found.revision) != (endpoint.model, endpoint.revision):
            return f"{file} is of {found.model!r} at revision {found.revision!r}"
        return found

    def routing(self) -> "Routes":
        """What the llm role asks; with each endpoint's key as it stands now."""
        from activities.model_endpoint import Routes

        made = {name: self._endpoint(name, endpoint) for name, endpoint in self.endpoints.items()}
        routes: Mapping[str, Route] = {
            decision: tuple(made[name] for name in route) for decision, route in self.routes.items()
        }
        return Routes(routes[DEFAULT], {decision: route for decision, route in routes.items() if decision != DEFAULT})

    def _endpoint(self, name: str, endpoint: Endpoint) -> "ModelEndpoint":
        from activities.model_endpoint import ModelEndpoint

        given = endpoint.model_dump(exclude={"url", "evaluation", "key_file"})
        file = self.folder / endpoint.key_file if endpoint.key_file else None
        made = ModelEndpoint(base_url=endpoint.url, name=name, key_file=file, currency=self.currency, **given)
        if file is not None and made.key() == made.api_key:
            raise SettingsError(f"LEVERFRAME_MODELS: endpoints.{name}.key_file: {file} holds no key")
        return made


class ModelsFile(Settings):
    """Where the file of several models is."""

    needed_by = "the llm role"

    models: Path | None = None
    """A TOML file (docs/deployment.md); without it there is one model, that of the variables ``LEVERFRAME_MODEL_*``."""


def load_models() -> ModelSettings | Models:
    """The models of this process: those of the file, or the one of the variables. Raises SettingsError."""
    file = load(ModelsFile).models
    return Models.read(file) if file else load(ModelSettings)
