"""Payloads encrypted before they leave this process, so that Temporal's history holds no plaintext."""

import dataclasses
from collections.abc import Iterable, Sequence
from typing import Any, Self

from google.protobuf.message import DecodeError
from temporalio.api.common.v1 import Payload
from temporalio.contrib.pydantic import PydanticPayloadConverter, pydantic_data_converter
from temporalio.converter import (
    ActivitySerializationContext,
    DataConverter,
    DefaultFailureConverterWithEncodedAttributes,
    PayloadCodec,
    SerializationContext,
    WithSerializationContext,
    WorkflowSerializationContext,
)

from leverframe.compression import ENCODING as COMPRESSED
from leverframe.compression import CompressedPayloads, compressed, decompressed
from leverframe.encryption import seal, unseal
from leverframe.errors import KeyAwaited, KeyDestroyed, KeyUnknown, Undecryptable
from leverframe.keys import PayloadKeys
from leverframe.pseudonym import PSEUDONYM, subject_of
from leverframe.subject_keys import SubjectKeys

ENCODING = b"binary/encrypted"
KEY_ID = "encryption-key-id"
KIN = "encryption-key-kin"
"""Other keys of the writer's ring, each with a proof that it holds both: so a reader without the newest one knows that
it is to wait for its ring, and need not wait for what anybody could have sent."""
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
        self._keys_kin = {KIN: kin} if (kin := keys.kin) else {}

    def with_context(self, context: SerializationContext) -> Self:
        """The same codec for what belongs to one workflow."""
        workflow_id = None
        if isinstance(context, WorkflowSerializationContext | ActivitySerializationContext):
            workflow_id = context.workflow_id
        subject = subject_of(workflow_id or "")
        return self if subject == self._subject else type(self)(self._keys, self.people, subject)

    def is_strange(self, payload: Payload) -> bool:
        """Whether it is under the key of another person than the one whom what belongs here is about."""
        key_id = payload.metadata.get(KEY_ID, b"")
        return self._subject is not None and key_id.startswith(PERSON) and key_id != PERSON + self._subject.encode()

    async def encode(self, payloads: Iterable[Payload]) -> list[Payload]:
        """Each payload encrypted; raises KeyDestroyed for a person who was erased."""
        key_id, key = await self._to_write()
        kin = {} if key_id.startswith(PERSON) else self._keys_kin
        return [
            Payload(
                metadata={"encoding": ENCODING, KEY_ID: key_id, **kin},
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
        data = unseal(await self._to_read(key_id, payload.metadata.get(KIN, b"")), payload.data, key_id)
        try:
            return Payload.FromString(data)
        except DecodeError:
            raise Undecryptable("what was encrypted is no payload") from None

    async def _to_write(self) -> tuple[bytes, bytes]:
        if self.people is not None and self._subject is not None:
            return PERSON + self._subject.encode(), await self.people.to_write(self._subject)
        number = str(self._keys.newest).encode()
        return number, self._of_ring(number)

    async def _to_read(self, key_id: bytes, kin: bytes) -> bytes:
        pseudonym = key_id.removeprefix(PERSON).decode(errors="replace")
        if not key_id.startswith(PERSON) or not PSEUDONYM.fullmatch(pseudonym):
            return self._of_ring(key_id, kin)
        if self.people is None:
            raise KeyUnknown(
                "a payload is encrypted under a person's own key; give this process the key service that holds it "
                "(LEVERFRAME_KEY_SERVICE_URL)"
            )
        return await self.people.to_read(pseudonym)

    def _of_ring(self, number: bytes, kin: bytes = b"") -> bytes:
        readable = number.isdigit() and len(number) <= KEY_ID_LENGTH
        key = self._keys.get(int(number)) if readable else None
        if key is None:
            told = number[:KEY_ID_LENGTH].decode(errors="replace")
            kind = KeyAwaited if readable and self._keys.is_kin(number, kin) else KeyUnknown
            raise kind(
                f"no payload key {told!r} is known here; give this process the ring that still holds it "
                "(LEVERFRAME_PAYLOAD_KEYS)"
            )
        return key


class Unopened(PayloadCodec, WithSerializationContext):
    """For whoever runs workflows: what nobody can ever open is handed on sealed, and refused by whom it is for.

    Raised here, it would stop the action for good, whoever has sent it. What can be opened later is still waited for.
    """

    def __init__(self, codec: EncryptedPayloads | CompressedPayloads) -> None:
        self._codec = codec

    def with_context(self, context: SerializationContext) -> Self:
        """The same for what belongs to one workflow."""
        codec = self._codec
        return type(self)(codec.with_context(context)) if isinstance(codec, EncryptedPayloads) else self

    async def encode(self, payloads: Iterable[Payload]) -> list[Payload]:
        """As the other codec does."""
        return await self._codec.encode(payloads)

    async def decode(self, payloads: Iterable[Payload]) -> list[Payload]:
        """Each payload as it was, or as it is; raises KeyAwaited, KeyDestroyed or KeyServiceUnreachable."""
        return [await self._opened(payload) for payload in payloads]

    async def _opened(self, payload: Payload) -> Payload:
        if isinstance(self._codec, EncryptedPayloads) and self._codec.is_strange(payload):
            return payload
        try:
            (opened,) = await self._codec.decode([payload])
        except (KeyAwaited, KeyDestroyed):
            raise
        except Undecryptable:
            return payload
        return opened


def is_sealed(payload: Payload) -> bool:
    """Whether it was handed on as :class:`Unopened` does."""
    return payload.metadata.get("encoding") in (ENCODING, COMPRESSED)


UNREADABLE = object()
"""What a handler of a workflow is given for what cannot be read."""


class Unread(PydanticPayloadConverter):
    """For whoever runs workflows: what cannot be read is told apart by the handler that it is for.

    Raised instead, each such signal is dropped with a stack trace in the log, and thousands of them take longer than a
    workflow may think: the action would never go on.
    """

    def from_payloads(self, payloads: Sequence[Payload], type_hints: list[type] | None = None) -> list[Any]:
        """Each value; or, where one cannot be read and no certain type is asked for, as many :data:`UNREADABLE`."""
        try:
            return super().from_payloads(payloads, type_hints)
        except Exception:
            if any(hint not in (None, Any) for hint in type_hints or ()):
                raise
            return [UNREADABLE] * len(payloads)


def unopened(converter: DataConverter) -> DataConverter:
    """The same converter with :class:`Unopened` around its codec."""
    codec = converter.payload_codec
    if not isinstance(codec, EncryptedPayloads | CompressedPayloads):
        return converter
    return dataclasses.replace(converter, payload_codec=Unopened(codec))


def for_workflows(converter: DataConverter) -> DataConverter:
    """The same converter for whoever runs workflows: no input raises in it."""
    return dataclasses.replace(unopened(converter), payload_converter_class=Unread)


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
