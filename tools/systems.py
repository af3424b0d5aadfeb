"""How the tools of a business reach systems outside: what it brings as ``leverframe.systems``."""

from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from typing import ClassVar

from pydantic_settings import BaseSettings, SettingsConfigDict

from leverframe.business import prefix
from tools.outside import System


class Systems(BaseSettings):
    """Settings of the systems that a business's tools reach, and how a worker connects with them.

    A business brings one subclass. The field ``token`` of a class ``Post`` is read from ``LEVERFRAME_POST_TOKEN``, or
    from the secret file ``leverframe_post_token``. Whatever begins with the class's name is for the tools role alone.
    """

    model_config = SettingsConfigDict(env_ignore_empty=True, extra="ignore", frozen=True)
    needed_by: ClassVar[str] = "the tools role"
    of_commands: ClassVar[tuple[str, ...]] = ()
    """Secrets that begin with the class's name, and are of commands, and of no role."""

    @classmethod
    def __pydantic_init_subclass__(cls, **kwargs: object) -> None:
        super().__pydantic_init_subclass__(**kwargs)
        cls.model_config["env_prefix"] = prefix(cls.__name__)
        if aliased := [name for name, field in cls.model_fields.items() if field.validation_alias]:
            begin = prefix(cls.__name__)
            raise TypeError(f"{cls.__name__}: expected no alias of {', '.join(aliased)}; all are read from {begin}...")

    def connected(self) -> AbstractAsyncContextManager[Sequence[System]]:
        """Connect for as long as a worker runs; yields the clients that the business's tools reach by their types.

        What is not set up is left out: a tool that asks for it is told what ``MISSING`` says.
        """
        raise NotImplementedError(f"{type(self).__name__} does not say how to connect")
