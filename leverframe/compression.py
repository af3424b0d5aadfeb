"""Large payloads made smaller, so that a plan of many rows fits into what Temporal takes in one piece (2 MiB)."""

import zlib
from collections.abc import Iterable

from google.protobuf.message import DecodeError
from temporalio.api.common.v1 import Payload
from temporalio.converter import PayloadCodec

from leverframe.errors import Undecryptable

LARGE = 256 * 1024
"""From so many bytes on a payload is compressed. A smaller one is written as ever, and read by every version."""
MOST = 64 * 1024 * 1024
"""The most bytes that come out of one payload: more is nothing that this product has written."""
ENCODING = b"binary/zlib"


class CompressedPayloads(PayloadCodec):
    """Compresses what is large, and encrypts nothing: for those who use no payload keys."""

    async def encode(self, payloads: Iterable[Payload]) -> list[Payload]:
        """Each payload, compressed if it is large."""
        return [compressed(payload) for payload in payloads]

    async def decode(self, payloads: Iterable[Payload]) -> list[Payload]:
        """Each payload as it was; raises Undecryptable."""
        return [decompressed(payload) for payload in payloads]


def compressed(payload: Payload) -> Payload:
    """The payload, in less space if it is large."""
    if payload.ByteSize() < LARGE:
        return payload
    return Payload(metadata={"encoding": ENCODING}, data=zlib.compress(payload.SerializeToString()))


def decompressed(payload: Payload) -> Payload:
    """The payload as it was; raises Undecryptable for one that was cut short or swells beyond :data:`MOST`."""
    if payload.metadata.get("encoding") != ENCODING:
        return payload
    stream = zlib.decompressobj()
    try:
        data = stream.decompress(payload.data, MOST)
        if stream.eof:
            return Payload.FromString(data)
    except (zlib.error, DecodeError) as error:
        raise Undecryptable("a compressed payload cannot be read: it was changed since it was written") from error
    why = f"it holds more than {MOST // 2**20} MiB" if len(data) >= MOST else "it was cut short"
    raise Undecryptable(f"a compressed payload cannot be read: {why}")
