"""Payloads encrypted before they leave this process, so that Temporal's history holds no plaintext."""

import dataclasses
from collections.abc import Iterable
from typing import Self

from temporalio.api.common.v1 import Payload
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.converter import (
    ActivitySerializationContext,
    DataConverter,
    DefaultFailureConverterWithEncodedAttributes,
    PayloadCodec,
    SerializationContext,
    WithSerializationContext,
    WorkflowSerializationContext,
)

from leverframe.compression import CompressedPayloads, compressed, decompressed
from leverframe.errors import KeyUnknown
from leverframe.keys import PayloadKeys
from leverframe.pseudonym import PSEUDONYM, subject_of
from leverframe.sealing import seal, unseal
from leverframe.subject_keys import SubjectKeys

ENCODING = b"binary/encrypted"
KEY_ID = "encryption-key-id"
KEY_ID_LENGTH = 20
"""Digits of a key's number that are looked at."""
PERSON = b"person:"
"""Before the pseudonym of the person whose key it is."""


class EncryptedPayloads(PayloadCodec, WithSerializationContext):
    """AES-256-GCM over each whole payload, if large compressed; its key's name is in the metadata, authenticated too.

    What belongs to an action is encrypted under the key of the person whom the action is about, if there is a key
    service; everything else, and all without one, under the newest key of the ring. What is not encrypted (an
    operator's JSON from a UI without codec server) is read as it is: authority comes from capabilities and
    signatures, never from a payload's form.
    """

    def __init__(self, keys: PayloadKeys, people: SubjectKeys | None = None, subject: str | None = None) -> None:
        """``subject`` is the pseudonym of the person whom what is encrypted next is about."""
        self.people = people
        self._keys = keys
        self._subject = subject

    def with_context(self, context: SerializationContext) -> Self:
        """The same codec for what belongs to one workflow."""
        workflow_id = None
        if isinstance(context, WorkflowSerializationContext | ActivitySerializationContext):
            workflow_id = context.workflow_id
        subject = subject_of(workflow_id or "")
        return self if subject == self._subject else type(self)(self._keys, self.people, subject)

    async def encode(self, payloads: Iterable[Payload]) -> list[Payload]:
        """Each payload encrypted; raises KeyDestroyed for a person who was erased."""
        key_id, key = await self._to_write()
        return [
            Payload(
                metadata={"encoding": ENCODING, KEY_ID: key_id},
                data=seal(key, compressed(payload).SerializeToString(), key_id),
            )
            for payload in payloads
        ]

    async def decode(self, payloads: Iterable[Payload]) -> list[Payload]:
        """Each payload as it was; raises Undecryptable, as KeyDestroyed for a person who was erased."""
        return [decompressed(await self._decrypt(payload)) for payload in payloads]

    async def _decrypt(self, payload: Payload) -> Payload:
        if payload.metadata.get("encoding") != ENCODING:
            return payload
        key_id = payload.metadata.get(KEY_ID, b"")
        return Payload.FromString(unseal(await self._to_read(key_id), payload.data, key_id))

    async def _to_write(self) -> tuple[bytes, bytes]:
        if self.people is not None and self._subject is not None:
            return PERSON + self._subject.encode(), await self.people.to_write(self._subject)
        number = str(self._keys.newest).encode()
        return number, self._of_ring(number)

    async def _to_read(self, key_id: bytes) -> bytes:
        pseudonym = key_id.removeprefix(PERSON).decode(errors="replace")
        if not key_id.startswith(PERSON) or not PSEUDONYM.fullmatch(pseudonym):
            return self._of_ring(key_id)
        if self.people is None:
            raise KeyUnknown(
                "a payload is encrypted under a person's own key; give this process the key service that holds it "
                "(LEVERFRAME_KEY_SERVICE_URL)"
            )
        return await self.people.to_read(pseudonym)

    def _of_ring(self, number: bytes) -> bytes:
        readable = number.isdigit() and len(number) <= KEY_ID_LENGTH
        key = self._keys.get(int(number)) if readable else None
        if key is None:
            told = number[:KEY_ID_LENGTH].decode(errors="replace")
            raise KeyUnknown(
                f"no payload key {told!r} is known here; give this process the ring that still holds it "
                "(LEVERFRAME_PAYLOAD_KEYS)"
            )
        return key


def data_converter(keys: PayloadKeys | None, people: SubjectKeys | None = None) -> DataConverter:
    """Pydantic's JSON, compressed where large and encrypted where keys are given; failures' texts and stack traces too.

    ``people`` are the keys under which what is about one person is encrypted; without ``keys`` they are not used.
    """
    if keys is None:
        return dataclasses.replace(pydantic_data_converter, payload_codec=CompressedPayloads())
    return dataclasses.replace(
        pydantic_data_converter,
        payload_codec=EncryptedPayloads(keys, people),
        failure_converter_class=DefaultFailureConverterWithEncodedAttributes,
    )
