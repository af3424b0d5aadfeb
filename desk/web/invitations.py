"""Invitations to make a passkey: one file each, that whoever runs Leverframe writes and the desk reads.

The link holds a secret; the file's name and contents hold only its hash. What a browser has made is kept beside it
until somebody takes it into the operators' directory, which the desk cannot write to.
"""

import hashlib
import json
import secrets
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

from pydantic import BaseModel, ConfigDict, JsonValue, ValidationError

VALID = timedelta(days=2)
"""How long a link can be used."""
MADE = ".made.json"


class Invitation(BaseModel):
    """Somebody may make one passkey."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    person: str
    site: str
    """Origin of the desk."""
    until: datetime


class Invitations:
    """The folder of the invitations, which the desk shares with whoever makes them."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def invite(self, person: str, site: str, valid: timedelta = VALID) -> str:
        """Write an invitation; returns the link's secret, which stands nowhere else."""
        secret = secrets.token_urlsafe(24)
        one = Invitation(person=person, site=site, until=datetime.now(UTC) + valid)
        self._folder.mkdir(parents=True, exist_ok=True)
        self._file(name_of(secret)).write_text(one.model_dump_json(), encoding="utf-8")
        return secret

    def find(self, name: str) -> Invitation | None:
        """The invitation of that name (:func:`name_of`) that can still be used."""
        try:
            found = Invitation.model_validate_json(self._file(name).read_bytes())
        except (OSError, ValidationError):
            return None
        used = self._made(name).exists()
        return found if not used and datetime.now(UTC) <= found.until else None

    def keep(self, name: str, answer: Mapping[str, JsonValue]) -> None:
        """Keep what a browser has made; raises ``FileExistsError`` when the invitation was used already."""
        with self._made(name).open("x", encoding="utf-8") as file:
            json.dump(dict(answer), file)

    def made(self, person: str) -> Iterator[tuple[str, Invitation, Mapping[str, JsonValue]]]:
        """What was made with this person's invitations and waits to be taken in, by the invitations' names."""
        for file in sorted(self._folder.glob(f"*{MADE}")):
            name = file.name.removesuffix(MADE)
            try:
                one = Invitation.model_validate_json(self._file(name).read_bytes())
            except (OSError, ValidationError):
                continue
            if one.person == person:
                yield name, one, json.loads(file.read_bytes())

    def forget(self, name: str) -> None:
        """Remove an invitation and what was made with it."""
        for file in (self._file(name), self._made(name)):
            file.unlink(missing_ok=True)

    def _file(self, name: str) -> Path:
        return self._folder / f"{name}.json"

    def _made(self, name: str) -> Path:
        return self._folder / f"{name}{MADE}"


def name_of(secret: str) -> str:
    """The name of the invitation with this secret."""
    return hashlib.sha256(secret.encode()).hexdigest()
