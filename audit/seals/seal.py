"""One seal: what it says, its signature, and its hash, which the next seal names. Pure."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from pydantic import AwareDatetime, Field, JsonValue, ValidationError

from audit.seals.merkle import root_of
from leverframe.contracts.base import Contract
from leverframe.digest import canonical, sha256
from leverframe.errors import LeverframeError
from leverframe.keys import PublicKeys, SigningKeys
from tools.chain import GENESIS, Head

DOMAIN = b"leverframe seal 1\n"
"""What is signed begins with it, so that no other signature of the same key is one of a seal."""

Hash = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


class SealRefused(LeverframeError):
    """A record is no seal, or seals do not follow each other; the message says which and why."""


class Seal(Contract):
    """Where all chains ended at a time, signed."""

    number: int = Field(ge=1)
    at: AwareDatetime
    """When the heads were read; whatever had been recorded by then is in it."""
    count: int = Field(ge=0)
    """How many actions it covers, with those of all seals before it."""
    root: Hash
    """Of the tree over the heads of all of them."""
    previous: Hash
    """Hash of the seal before it; zeros for the first."""
    heads: tuple[tuple[str, int, Hash], ...]
    """Action id, entries and last hash of each chain that is new or longer since the seal before."""
    key: int
    """Number of the key that has signed it."""
    signature: str = Field(pattern=r"^[0-9a-f]{128}$")
    """Ed25519, in hex, over :data:`DOMAIN` and the canonical JSON of all the rest."""

    def __str__(self) -> str:
        return f"seal {self.number} of {self.at:%Y-%m-%d %H:%M:%S %Z}"

    @property
    def record(self) -> dict[str, JsonValue]:
        """As it is stored and published."""
        written: dict[str, JsonValue] = self.model_dump(mode="json")
        return written

    @property
    def digest(self) -> str:
        """Its hash."""
        return sha256(self.record)


def read_seal(record: JsonValue) -> Seal:
    """The seal that a record holds; raises :class:`SealRefused`. It may still be anybody's: see :func:`is_signed`."""
    try:
        seal = Seal.model_validate(record)
    except ValidationError as error:
        raise SealRefused(f"it is no seal ({error.error_count()} of its fields cannot be read)") from None
    if seal.record != record:
        raise SealRefused("it is no seal (it is not written as seals are)")
    return seal


def make_seal(
    keys: SigningKeys, before: Seal | None, fresh: Mapping[str, Head], all_heads: Mapping[str, Head], at: datetime
) -> Seal:
    """Sign where all chains end; ``fresh`` are those that ``before`` and the seals before it do not have."""
    number, key = keys.newest
    unsigned = Seal(
        number=before.number + 1 if before else 1,
        at=at,
        count=len(all_heads),
        root=root_of(all_heads),
        previous=before.digest if before else GENESIS,
        heads=tuple((action_id, head.seq, head.hash) for action_id, head in sorted(fresh.items())),
        key=number,
        signature="0" * 128,
    )
    signature = Ed25519PrivateKey.from_private_bytes(bytes(key.to_bytes())).sign(_signed(unsigned))
    return unsigned.model_copy(update={"signature": signature.hex()})


def is_signed(seal: Seal, keys: PublicKeys) -> bool:
    """Whether the key that the seal names has signed exactly this."""
    key = keys.get(seal.key)
    if key is None:
        return False
    try:
        Ed25519PublicKey.from_public_bytes(bytes(key.to_bytes())).verify(bytes.fromhex(seal.signature), _signed(seal))
    except InvalidSignature:
        return False
    return True


def _signed(seal: Seal) -> bytes:
    return DOMAIN + canonical({name: value for name, value in seal.record.items() if name != "signature"})
