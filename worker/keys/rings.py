"""Key rings as files in a folder, under the names by which settings read them; made, exchanged and dropped here."""

import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

from biscuit_auth import KeyPair

from leverframe.errors import LeverframeError
from leverframe.keys import PAYLOAD_KEY_LENGTH, SigningKeys, parse_ring
from worker.private_files import PRIVATE

Kind = Literal["issuer", "approvals", "payload", "seal", "tools"]
KINDS: tuple[Kind, ...] = get_args(Kind)
PUBLIC = 0o644


class KeyRefused(LeverframeError):
    """A key ring is not there, or what is asked of it would lose what still needs it."""


@dataclass(frozen=True)
class KeyRings:
    """The issuer's, the approvals role's, the payload, the sealer's and the tools role's keys of one installation."""

    folder: Path
    mode: int = PRIVATE
    """Of the files with private keys that are made; one that stands keeps its own."""
    public_mode: int = PUBLIC

    def make(self) -> None:
        """Make the rings that are not there yet, with one key each, and write the public halves anew."""
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        for kind in KINDS:
            if not self.private(kind).exists():
                self._write(kind, {1: _new_key(kind)})
            else:
                self._publish(kind)

    def private(self, kind: Kind) -> Path:
        """The file with the private ring (``payload``: the only one)."""
        return self.folder / f"leverframe_{kind}_keys"

    def public(self, kind: Kind) -> Path:
        """The file with the public halves, for those who verify; of the tools role's a JWK set."""
        return self.folder / f"leverframe_{kind}_public_keys"

    def numbers(self, kind: Kind) -> tuple[int, ...]:
        """The numbers of a ring's keys, the one in use first."""
        return tuple(self._read(kind))

    def rotate(self, kind: Kind, *, announce: bool = False) -> int:
        """Put a new key in front and keep the others; returns its number.

        ``announce`` puts it at the end, where it is read but not used yet; the next ``rotate`` brings it to the front.
        """
        ring = self._read(kind)
        announced = max(ring)
        if announced == next(iter(ring)):
            announced += 1
            ring[announced] = _new_key(kind)
        elif announce:
            raise KeyRefused(f"key {announced} of the {kind} ring is announced already; rotate without --announce next")
        self._write(kind, ring if announce else {announced: ring.pop(announced), **ring})
        return announced

    def drop(self, kind: Kind, number: int) -> None:
        """Forget a key; whatever only it can verify or decrypt is lost. Never the one in use."""
        ring = self._read(kind)
        if number not in ring:
            raise KeyRefused(f"the {kind} ring has no key {number}; it has {', '.join(map(str, ring))}")
        if number == next(iter(ring)):
            raise KeyRefused(f"key {number} of the {kind} ring is the one in use; rotate first")
        del ring[number]
        self._write(kind, ring)

    def _read(self, kind: Kind) -> dict[int, str]:
        try:
            return parse_ring(self.private(kind).read_text())
        except FileNotFoundError:
            raise KeyRefused(f"there is no {kind} ring in {self.folder}; 'keys new' makes it") from None

    def _write(self, kind: Kind, ring: Mapping[int, str]) -> None:
        text = ",".join(f"{number}:{key}" for number, key in ring.items())
        write_private(self.private(kind), text, self.mode)
        self._publish(kind)

    def _publish(self, kind: Kind) -> None:
        if kind != "payload":
            ring = self.private(kind).read_text()
            public = _jwks(ring) if kind == "tools" else str(SigningKeys.parse(ring).public)
            write_private(self.public(kind), public, self.public_mode)


def new_signing_key() -> tuple[str, str]:
    """A new Ed25519 key: the private and the public half, in text."""
    pair = KeyPair()
    return str(pair.private_key), str(pair.public_key)


def write_private(path: Path, text: str, mode: int = PRIVATE) -> None:
    """Write a file whole or not at all, never readable for more than ``mode`` says; one that stands keeps its mode."""
    mode = path.stat().st_mode & 0o777 if path.exists() else mode
    partial = path.with_name(f"{path.name}.partial")
    partial.unlink(missing_ok=True)
    with os.fdopen(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "w") as file:
        os.fchmod(file.fileno(), mode)
        file.write(text)
    partial.replace(path)


def _new_key(kind: Kind) -> str:
    match kind:
        case "payload":
            return secrets.token_hex(PAYLOAD_KEY_LENGTH)
        case "tools":
            # Only here and below: the tools' own code is the tools role's, and every process can make keys.
            from tools.assertion_keys import new_assertion_key

            return new_assertion_key()
    return new_signing_key()[0]


def _jwks(ring: str) -> str:
    from tools.assertion_keys import AssertionKeys

    return AssertionKeys.parse(ring).jwks
