"""The directory of the people who may decide, and the roles and names that each of them has."""

import tomllib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from copy import copy
from pathlib import Path

from biscuit_auth import PublicKey
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from leverframe.contracts.decision import Trust
from leverframe.decision_signature import key_id
from leverframe.lookalikes import folded_name
from leverframe.passkeys import Passkey

FORM = (
    'expected a TOML table for each person, such as [olga] with roles = ["support"] and, as they apply, '
    'principals = ["jwt:olga"], names = ["olga@support"], keys = ["ed25519/…"], accounts = ["olga@example.com"] (of '
    "the company's sign-in) and passkeys, which 'python -m worker keys enrol' writes"
)


ANYBODY = "*"
"""The entry of whoever claims a name that is nobody's here."""


class InvalidOperators(ValueError):
    """The operators' directory cannot be used; the message says whose entry is wrong and what was expected."""


class _Entry(BaseModel):
    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    roles: tuple[str, ...] = Field(min_length=1)
    principals: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    keys: tuple[str, ...] = ()
    passkeys: tuple[Passkey, ...] = ()
    accounts: tuple[str, ...] = ()


class Operator:
    """One person: their roles, and everything that they are known by."""

    def __init__(
        self,
        person: str,
        roles: Iterable[str],
        principals: Iterable[str] = (),
        names: Iterable[str] = (),
        keys: Iterable[PublicKey] = (),
        passkeys: Iterable[Passkey] = (),
        accounts: Iterable[str] = (),
    ) -> None:
        self.person = person
        self.roles = frozenset(roles)
        self.principals = frozenset(principals)
        self.names = frozenset(map(folded_name, names))
        self.keys = tuple(keys)
        self.passkeys = tuple(passkeys)
        self.accounts = frozenset(accounts)
        """What the company's sign-in calls them: it lets them read at the desk, and decides nothing."""

    @property
    def marks(self) -> frozenset[str]:
        """What belongs to this person alone."""
        signs = (*map(str, self.keys), *(mark for one in self.passkeys for mark in (one.id, one.key)))
        return self.names | {folded_name(self.person), *map(folded_name, (*self.principals, *self.accounts)), *signs}

    @property
    def sign_in_marks(self) -> frozenset[str]:
        """With what they sign in to the desk: passkeys that were not lost, and the company's accounts."""
        return self.accounts | {one.id for one in self.passkeys if not one.revoked}

    def narrowed(self, roles: Iterable[str]) -> "Operator":
        """The same person, with no more than these of their roles."""
        found = copy(self)
        found.roles = self.roles & frozenset(roles)
        return found


class Operators:
    """All people who may decide; or, without a directory, everyone under the name that they claim."""

    def __init__(self, people: Iterable[Operator] | None, least: Trust) -> None:
        """``people`` is None for no directory; ``least`` is how a person must be established at the least.

        Raises InvalidOperators when two people share a name, a principal or a key, and when nobody could ever decide.
        """
        self.least: Trust = least
        self.everyone = people is None
        """Whether everybody has every role."""
        self._people = {person.person: person for person in people or ()}
        anybody = self._people.pop(ANYBODY, None)
        if anybody is not None and (least != "claimed" or len(anybody.marks) > 1):
            raise InvalidOperators(
                f"the operators' directory has an entry ['{ANYBODY}']: it is for roles alone, and only where names "
                "that are claimed count"
            )
        self.anybody = anybody.roles if anybody else frozenset[str]()
        """Roles of whoever claims a name that the directory does not know."""
        if people is None and least != "claimed":
            raise InvalidOperators(
                f"approver_trust is {least!r}, and there is no operators' directory to say who may decide; {FORM}"
            )
        if people is not None and not self._people:
            raise InvalidOperators(f"the operators' directory names nobody; {FORM}")
        _check_distinct(self._people.values())
        # Found at once, however many people there are: whoever sends what is nobody's must not keep the others waiting.
        self._by_principal = {principal: one for one in self for principal in one.principals}
        self._by_account = {account: one for one in self for account in one.accounts}
        self._by_name = {name: one for one in self for name in one.names}
        self._by_key: defaultdict[int, list[tuple[Operator, PublicKey]]] = defaultdict(list)
        for one in self:
            for key in one.keys:
                self._by_key[key_id(key)].append((one, key))
        self._by_passkey = {passkey.id: (one, passkey) for one in self for passkey in one.passkeys}

    @classmethod
    def load(cls, path: Path | None, least: Trust) -> "Operators":
        """Read the directory from a TOML file; raises InvalidOperators."""
        if path is None:
            return cls(None, least)
        try:
            tables = tomllib.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise InvalidOperators(f"the operators' directory {path} cannot be read: {error}") from None
        return cls([_operator(person, table) for person, table in tables.items()], least)

    def named(self, person: str) -> Operator | None:
        """The person with this entry."""
        return self._people.get(person)

    def by_principal(self, principal: str) -> Operator | None:
        """The person whom the server knows by this principal, as ``type:name``, letter by letter."""
        return self._by_principal.get(principal)

    def by_account(self, account: str) -> Operator | None:
        """The person whom the company's sign-in calls so, letter by letter."""
        return self._by_account.get(account)

    def by_name(self, name: str) -> Operator | None:
        """The person who claims this name, however it is written."""
        return self._by_name.get(folded_name(name))

    def by_key(self, number: int | None) -> Sequence[tuple[Operator, PublicKey]]:
        """The keys of that number (:func:`leverframe.decision_signature.key_id`), and whose: hardly ever several."""
        return self._by_key.get(number, ()) if number is not None else ()

    def by_passkey(self, credential: str) -> tuple[Operator, Passkey] | None:
        """The passkey with this id, and whose it is; also one that was revoked."""
        return self._by_passkey.get(credential)

    def __iter__(self) -> Iterator[Operator]:
        return iter(self._people.values())


def _operator(person: str, table: object) -> Operator:
    try:
        entry = _Entry.model_validate(table)
        keys = [PublicKey(key) for key in entry.keys]
    except ValidationError as error:
        problems = "; ".join(f"{'.'.join(map(str, one['loc'])) or person}: {one['msg']}" for one in error.errors())
        raise InvalidOperators(f"the operators' directory, [{person}]: {problems}; {FORM}") from None
    except ValueError:
        raise InvalidOperators(
            f"the operators' directory, [{person}]: a key cannot be read; expected public keys as 'ed25519/…'"
        ) from None
    if not all(folded_name(name) for name in (person, *entry.roles, *entry.principals, *entry.names, *entry.accounts)):
        raise InvalidOperators(f"the operators' directory, [{person}]: a name, principal or role is empty; {FORM}")
    return Operator(person, entry.roles, entry.principals, entry.names, keys, entry.passkeys, entry.accounts)


def _check_distinct(people: Iterable[Operator]) -> None:
    owners: dict[str, str] = {}
    for one in people:
        for mark in one.marks:
            owner = owners.setdefault(mark, one.person)
            if owner != one.person:
                raise InvalidOperators(
                    f"the operators' directory: [{owner}] and [{one.person}] share a name, a principal or a key; "
                    "each must belong to one person, or one could count as two"
                )
