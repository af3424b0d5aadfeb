"""Settings from the environment (``LEVERFRAME_*``) or from secret files."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, ClassVar, TypeVar

from pydantic import AfterValidator, SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from leverframe.keys import PayloadKeys, PublicKeys, SigningKeys

if TYPE_CHECKING:
    # The other roles hold nothing of the tools.
    from tools.systems import Systems

PREFIX = "LEVERFRAME_"
SECRETS_DIR = "LEVERFRAME_SECRETS_DIR"
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


AnySettings = TypeVar("AnySettings", bound="Settings | Systems")


def load(kind: type[AnySettings], folder: Path | None = None) -> AnySettings:
    """Read settings of this kind, their secrets from a folder: without it, from that of the process.

    Raises :class:`SettingsError` in words for whoever runs the process.
    """
    try:
        return kind(_secrets_dir=folder or secrets_dir())
    except ValidationError as error:
        problems = [_problem(kind, kind.needed_by, item["loc"], item["type"], item["msg"]) for item in error.errors()]
        # Without the cause: pydantic's own text quotes the value, which may be a secret.
        raise SettingsError("\n".join(problems)) from None


def secrets_dir() -> Path | None:
    """The folder in which secrets may lie as files, if there is one."""
    folder = Path(os.environ.get(SECRETS_DIR) or "/run/secrets")
    return folder if folder.is_dir() else None


def handed() -> set[str]:
    """The names of all that this process was given: in its environment, and in its secrets folder."""
    folder = secrets_dir()
    files = [file.name for file in folder.iterdir()] if folder else []
    return {*(name for name, value in os.environ.items() if value), *files}


def variable_of(kind: type[BaseSettings], field: str) -> str:
    """The variable from which a field of these settings is read."""
    return f"{kind.model_config['env_prefix']}{field}".upper()


def _problem(kind: type[BaseSettings], needed_by: str, location: tuple[int | str, ...], code: str, message: str) -> str:
    name = str(location[0]) if location else ""
    variable = variable_of(kind, name)
    if code != "missing":
        message = message.removeprefix("Value error, ")
        return f"{variable} cannot be used: {message[0].lower()}{message[1:]}."
    meaning = kind.model_fields[name].description or "no default"
    return (
        f"{variable} is missing: {needed_by} needs it ({meaning}). "
        f"Set it in the environment, or put it into a file {variable.lower()} and name the folder "
        f"in {SECRETS_DIR}."
    )
