"""Key rings: several keys under small numbers, the newest first, so that keys can be exchanged while actions wait."""

import hmac
from collections.abc import Iterable, Iterator, Mapping
from typing import Self

from biscuit_auth import KeyPair, PrivateKey, PublicKey

from leverframe.errors import InvalidKeys

FORM = (
    "expected 'number:key' pairs (a number of up to 9 digits) with commas between, the newest first, as "
    "'python -m worker keys' writes them"
)
MOST_KIN = 8
"""Proofs that are written and looked at."""
PAYLOAD_KEY_LENGTH = 32
"""Bytes of an AES-256 key."""


def parse_ring(text: str) -> dict[int, str]:
    """The keys of a ring by number, the newest first; raises InvalidKeys, which never quotes a key."""
    ring: dict[int, str] = {}
    for pair in filter(None, (part.strip() for part in text.replace("\n", ",").split(","))):
        number, colon, key = pair.partition(":")
        if not colon or not number.isascii() or not number.isdecimal() or len(number) > 9 or int(number) in ring:
            raise InvalidKeys(FORM)
        ring[int(number)] = key.strip()
    if not ring:
        raise InvalidKeys(f"no key was given; {FORM}")
    return ring


class PublicKeys(Mapping[int, PublicKey]):
    """Public keys (Ed25519) by number."""

    def __init__(self, keys: Mapping[int, PublicKey]) -> None:
        self._keys = dict(keys)

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read ``2:ed25519/…,1:ed25519/…``; raises InvalidKeys."""
        try:
            return cls({number: PublicKey(key) for number, key in parse_ring(text).items()})
        except ValueError:
            raise InvalidKeys(f"a public key could not be read; {FORM}") from None

    def __getitem__(self, number: int) -> PublicKey:
        return self._keys[number]

    def __iter__(self) -> Iterator[int]:
        return iter(self._keys)

    def __len__(self) -> int:
        return len(self._keys)

    def __str__(self) -> str:
        return ",".join(f"{number}:{key}" for number, key in self._keys.items())


class SigningKeys:
    """Private keys (Ed25519) by number, the newest first. Never shown: neither ``repr`` nor an error quotes them."""

    def __init__(self, keys: Iterable[tuple[int, PrivateKey]]) -> None:
        self._keys = tuple(keys)
        if not self._keys:
            raise InvalidKeys(f"no key was given; {FORM}")

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read ``2:ed25519-private/…,1:ed25519-private/…``; raises InvalidKeys."""
        try:
            return cls((number, PrivateKey(key)) for number, key in parse_ring(text).items())
        except ValueError:
            raise InvalidKeys(f"a private key could not be read; {FORM}") from None

    @property
    def newest(self) -> tuple[int, PrivateKey]:
        """The key that signs what is new."""
        return self._keys[0]

    @property
    def public(self) -> PublicKeys:
        """What others verify with."""
        return PublicKeys({number: KeyPair.from_private_key(key).public_key for number, key in self._keys})

    def __iter__(self) -> Iterator[tuple[int, PrivateKey]]:
        return iter(self._keys)

    def __repr__(self) -> str:
        return f"SigningKeys({', '.join(str(number) for number, _ in self._keys)})"


class PayloadKeys:
    """AES-256 keys by number: the newest encrypts, all decrypt. Never shown."""

    def __init__(self, keys: Mapping[int, bytes]) -> None:
        if not keys or any(len(key) != PAYLOAD_KEY_LENGTH for key in keys.values()):
            raise InvalidKeys(f"a payload key must be {PAYLOAD_KEY_LENGTH} bytes in hex; {FORM}")
        self._keys = dict(keys)

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read ``2:<64 hex characters>,1:…``; raises InvalidKeys."""
        try:
            return cls({number: bytes.fromhex(key) for number, key in parse_ring(text).items()})
        except ValueError:
            raise InvalidKeys(f"a payload key must be {PAYLOAD_KEY_LENGTH} bytes in hex; {FORM}") from None

    @property
    def newest(self) -> int:
        """Number of the key that encrypts what is new."""
        return next(iter(self._keys))

    @property
    def kin(self) -> bytes:
        """A proof for each other key that whoever holds it holds the newest one too."""
        newest, *others = self._keys
        return b",".join(b"%d:%s" % (other, _kinship(self._keys[other], b"%d" % newest)) for other in others[:MOST_KIN])

    def is_kin(self, number: bytes, kin: bytes) -> bool:
        """Whether one of the proofs shows that the holder of that key holds a key of this ring too."""
        told = (one.partition(b":")[::2] for one in kin.split(b",", MOST_KIN)[:MOST_KIN])
        known = ((self._keys.get(int(other)), proof) for other, proof in told if other.isdigit() and len(other) <= 9)
        return any(key is not None and hmac.compare_digest(_kinship(key, number), proof) for key, proof in known)

    def get(self, number: int) -> bytes | None:
        """The key of that number, if it is known."""
        return self._keys.get(number)

    def __repr__(self) -> str:
        return f"PayloadKeys({', '.join(map(str, self._keys))})"


def _kinship(key: bytes, number: bytes) -> bytes:
    return hmac.digest(key, b"leverframe payload key %b" % number, "sha256")[:16].hex().encode()
