"""Payloads encrypted before they leave this process, so that Temporal's history holds no plaintext."""

import dataclasses
import os
from collections.abc import Iterable

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from temporalio.api.common.v1 import Payload
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.converter import DataConverter, DefaultFailureConverterWithEncodedAttributes, PayloadCodec

from leverframe.errors import LeverframeError
from leverframe.keys import PayloadKeys

ENCODING = b"binary/encrypted"
KEY_ID = "encryption-key-id"
KEY_ID_LENGTH = 20
"""Digits of a key's number that are looked at."""
NONCE_LENGTH = 12
"""Bytes of AES-GCM's nonce (NIST SP 800-38D, section 8.2.2): random for each payload."""


class Undecryptable(LeverframeError):
    """A payload was encrypted under a key that is not known here, or was changed since."""


class EncryptedPayloads(PayloadCodec):
    """AES-256-GCM over each whole payload; the number of its key stands in the metadata and is authenticated too.

    What is not encrypted (an operator's JSON from a UI without codec server) is read as it is: authority comes from
    capabilities and signatures, never from a payload's form.
    """

    def __init__(self, keys: PayloadKeys) -> None:
        self._keys = keys

    async def encode(self, payloads: Iterable[Payload]) -> list[Payload]:
        """Each payload encrypted under the newest key."""
        return [self._encrypt(payload) for payload in payloads]

    async def decode(self, payloads: Iterable[Payload]) -> list[Payload]:
        """Each payload as it was; raises Undecryptable."""
        return [self._decrypt(payload) for payload in payloads]

    def _encrypt(self, payload: Payload) -> Payload:
        number = str(self._keys.newest).encode()
        nonce = os.urandom(NONCE_LENGTH)
        sealed = self._cipher(number).encrypt(nonce, payload.SerializeToString(), number)
        return Payload(metadata={"encoding": ENCODING, KEY_ID: number}, data=nonce + sealed)

    def _decrypt(self, payload: Payload) -> Payload:
        if payload.metadata.get("encoding") != ENCODING:
            return payload
        number = payload.metadata.get(KEY_ID, b"")
        nonce, sealed = payload.data[:NONCE_LENGTH], payload.data[NONCE_LENGTH:]
        try:
            return Payload.FromString(self._cipher(number).decrypt(nonce, sealed, number))
        except (InvalidTag, ValueError):
            # ValueError: shorter than a nonce.
            raise Undecryptable("a payload was changed since it was encrypted, or its key is another one") from None

    def _cipher(self, number: bytes) -> AESGCM:
        readable = number.isdigit() and len(number) <= KEY_ID_LENGTH
        key = self._keys.get(int(number)) if readable else None
        if key is None:
            told = number[:KEY_ID_LENGTH].decode(errors="replace")
            raise Undecryptable(
                f"no payload key {told!r} is known here; give this process the ring that still holds it "
                "(LEVERFRAME_PAYLOAD_KEYS)"
            )
        return AESGCM(key)


def data_converter(keys: PayloadKeys | None) -> DataConverter:
    """Pydantic's JSON, encrypted where keys are given; failures' messages and stack traces too."""
    if keys is None:
        return pydantic_data_converter
    return dataclasses.replace(
        pydantic_data_converter,
        payload_codec=EncryptedPayloads(keys),
        failure_converter_class=DefaultFailureConverterWithEncodedAttributes,
    )
