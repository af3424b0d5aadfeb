"""With whose rights a system outside is asked, as the tool for it declares. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, TypeAlias

from pydantic import JsonValue

from leverframe.contracts import plan as contract
from tools.errors import NotTheirs


@dataclass(frozen=True)
class UserToken:
    """A token of the user who asks, for one system and no more than one scope (:mod:`tools.token_exchange`)."""

    audience: str
    """The system, as the company's authorization server knows it: an absolute URI (RFC 8707), or a name."""
    scope: tuple[str, ...]
    """What the tool needs there, and no more."""
    once: bool = False
    """Whether the system takes each token a single time: every request then goes with one of its own."""
    kind: ClassVar[contract.Credential] = "user"
    """As plans and the ledger name it."""

    def __post_init__(self) -> None:
        if (
            not self.audience
            or not self.scope
            or any(not one or not one.isprintable() or " " in one for one in self.scope)
        ):
            raise ValueError("a user's token needs an audience and one or more scopes, each a word")


@dataclass(frozen=True)
class ServiceAccount:
    """The system knows no users, and is asked with an account of its own, which sees everybody's.

    So the request states whose it is to be, the answer must say whose it was, and the plan tells people.
    """

    states: str
    """The field of the request in which code, never a model, states the user's id."""
    owner: str
    """Where the answer says whose it is: names with dots between, such as ``customer.id``."""

    kind: ClassVar[contract.Credential] = "service"
    """As plans and the ledger name it."""

    def __post_init__(self) -> None:
        if not self.states or not self.owner:
            raise ValueError("a service account states the user's id in a field, and finds the owner in the answer")

    def require_owner(self, subject: str, answer: JsonValue) -> None:
        """Raise :class:`~tools.errors.NotTheirs` unless the answer says that it is this user's."""
        found = answer
        for name in self.owner.split("."):
            found = found.get(name) if isinstance(found, Mapping) else None
        if not isinstance(found, str | int) or isinstance(found, bool) or str(found) != subject:
            raise NotTheirs(
                f"the answer does not say in {self.owner!r} that it is of the user who asks; it is not used"
            )


@dataclass(frozen=True)
class Auditing:
    """What is read with an account of an auditor's own, which no tool has: it sees everybody's, and changes nothing."""


Credential: TypeAlias = UserToken | ServiceAccount
"""What a tool declares."""
Right: TypeAlias = Credential | Auditing
