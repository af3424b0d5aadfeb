"""Large payloads take less space in Temporal's history, and one that swells is not swallowed."""

import zlib

import pytest
from temporalio.api.common.v1 import Payload
from temporalio.converter import DataConverter

from leverframe.codec import data_converter
from leverframe.compression import ENCODING, LARGE, MOST, compressed, decompressed
from leverframe.errors import Undecryptable
from worker.testing.keys import PAYLOADS

ROWS = [{"order_id": f"#W{5_000_000 + number}", "city": "Bergen"} for number in range(20_000)]
CONVERTERS = {"encrypted": data_converter(PAYLOADS), "plain": data_converter(None)}
TEMPORAL_TAKES = 2 * 1024 * 1024


@pytest.mark.parametrize("converter", CONVERTERS.values(), ids=CONVERTERS)
async def test_what_is_large_takes_less_and_comes_back(converter: DataConverter) -> None:
    rows = ROWS * 4
    (payload,) = await converter.encode([rows])
    assert payload.ByteSize() < TEMPORAL_TAKES < len(str(rows))
    assert await converter.decode([payload]) == [rows]


async def test_what_is_small_is_written_as_before() -> None:
    (payload,) = await CONVERTERS["plain"].encode([ROWS[:100]])
    assert payload.metadata["encoding"] == b"json/plain"
    (whole,) = await CONVERTERS["encrypted"].encode(["x" * (LARGE - 100)])
    assert whole.ByteSize() > LARGE - 100


async def test_an_encrypted_one_shows_nothing_of_what_it_holds() -> None:
    (payload,) = await CONVERTERS["encrypted"].encode([ROWS])
    assert dict(payload.metadata)["encoding"] == b"binary/encrypted"
    assert ENCODING not in payload.SerializeToString()
    assert b"Bergen" not in payload.SerializeToString()


def bomb() -> bytes:
    return zlib.compress(b"\0" * (MOST + 1))


BAD = {
    "one that swells": (bomb, "it holds more than 64 MiB"),
    "one that was cut short": (lambda: compressed(Payload(data=bytes(LARGE))).data[:-5], "it was cut short"),
    "nothing": (lambda: b"", "it was cut short"),
    "no zlib": (lambda: b"Bergen", "it was changed since it was written"),
    "no payload": (lambda: zlib.compress(b"\xff\xff\xff"), "it was changed since it was written"),
}


@pytest.mark.parametrize("name", BAD)
def test_what_cannot_be_read_is_told(name: str) -> None:
    make, words = BAD[name]
    with pytest.raises(Undecryptable, match=words):
        decompressed(Payload(metadata={"encoding": ENCODING}, data=make()))
