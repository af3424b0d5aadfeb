"""AES-256-GCM over bytes: what is sealed shows nothing, and opens only unchanged, under its key and in its place."""

import os

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from leverframe.errors import Undecryptable

NONCE_LENGTH = 12
"""Bytes of AES-GCM's nonce (NIST SP 800-38D, section 8.2.2): random each time."""


def seal(key: bytes, plain: bytes, place: bytes) -> bytes:
    """The nonce and the ciphertext; ``place`` says where it belongs and is authenticated with it."""
    nonce = os.urandom(NONCE_LENGTH)
    return nonce + AESGCM(key).encrypt(nonce, plain, place)


def unseal(key: bytes, sealed: bytes, place: bytes, what: str = "a payload") -> bytes:
    """What was sealed; raises Undecryptable, naming ``what``, when it was changed or belongs elsewhere."""
    try:
        return AESGCM(key).decrypt(sealed[:NONCE_LENGTH], sealed[NONCE_LENGTH:], place)
    except (InvalidTag, ValueError):
        # ValueError: shorter than a nonce.
        raise Undecryptable(f"{what} was changed since it was encrypted, or its key is another one") from None
