"""Payloads as Temporal's history gets to see them, and what comes back out of them."""

import pytest
from temporalio.api.common.v1 import Payload
from temporalio.api.failure.v1 import Failure
from temporalio.converter import DataConverter
from temporalio.exceptions import ApplicationError, FailureError

from leverframe.codec import EncryptedPayloads, data_converter
from leverframe.errors import Undecryptable
from leverframe.keys import PayloadKeys

SECRET = "Mia Okafor, 12 Elm Street"
OLD, NEW = f"1:{'0a' * 32}", f"2:{'0b' * 32}"


def converter(*ring: str) -> DataConverter:
    """What a process does that holds these keys, the newest first."""
    return data_converter(PayloadKeys.parse(",".join(ring)))


async def one(converter: DataConverter, value: object = SECRET) -> Payload:
    (payload,) = await converter.encode([value])
    return payload


async def test_a_value_comes_back_and_nothing_of_it_shows_meanwhile() -> None:
    payload = await one(converter(OLD), {"message": SECRET})
    assert await converter(OLD).decode([payload]) == [{"message": SECRET}]
    shown = payload.SerializeToString()
    for plain in (SECRET.encode(), b"Mia", b"Elm", b"message", b"json/plain"):
        assert plain not in shown
    assert dict(payload.metadata) == {"encoding": b"binary/encrypted", "encryption-key-id": b"1"}


async def test_the_same_value_never_looks_the_same() -> None:
    assert (await one(converter(OLD))).data != (await one(converter(OLD))).data


async def test_after_a_rotation_the_new_key_writes_and_the_old_one_still_reads() -> None:
    before = await one(converter(OLD))
    rotated = converter(NEW, OLD)
    assert await rotated.decode([before]) == [SECRET]
    after = await one(rotated)
    assert after.metadata["encryption-key-id"] == b"2"
    assert await converter(NEW).decode([after]) == [SECRET]


async def test_a_key_that_is_announced_reads_and_does_not_write_yet() -> None:
    announced = converter(OLD, NEW)
    assert await announced.decode([await one(converter(NEW))]) == [SECRET]
    assert (await one(announced)).metadata["encryption-key-id"] == b"1"


@pytest.mark.parametrize("number", [b"1", b"", b"x", b"\xff", b"-1", "²".encode(), b"9" * 5000])
async def test_an_unknown_key_is_named(number: bytes) -> None:
    payload = await one(converter(OLD))
    payload.metadata["encryption-key-id"] = number
    with pytest.raises(Undecryptable, match=r"no payload key .* is known here.*LEVERFRAME_PAYLOAD_KEYS") as refused:
        await converter(NEW).decode([payload])
    assert len(str(refused.value)) < 250


@pytest.mark.parametrize("position", [0, 11, 12, -1])
async def test_a_flipped_bit_is_noticed(position: int) -> None:
    payload = await one(converter(OLD))
    changed = bytearray(payload.data)
    changed[position] ^= 1
    payload.data = bytes(changed)
    with pytest.raises(Undecryptable, match="changed since it was encrypted"):
        await converter(OLD).decode([payload])


@pytest.mark.parametrize("length", [0, 5, 12, 20])
async def test_a_payload_cut_short_is_noticed(length: int) -> None:
    payload = await one(converter(OLD))
    payload.data = payload.data[:length]
    with pytest.raises(Undecryptable, match="changed since it was encrypted"):
        await converter(OLD).decode([payload])


async def test_a_payload_cannot_be_passed_off_as_one_of_another_key() -> None:
    """Even where both numbers stand for the same key: the number is authenticated with the content."""
    payload = await one(converter(OLD))
    payload.metadata["encryption-key-id"] = b"2"
    with pytest.raises(Undecryptable, match="changed since"):
        await converter(NEW, OLD).decode([payload])
    with pytest.raises(Undecryptable, match="changed since"):
        await converter(OLD.replace("1:", "2:")).decode([payload])


async def test_what_was_never_encrypted_is_read_as_it_is() -> None:
    plain = Payload(metadata={"encoding": b"json/plain"}, data=b'{"code": "0123456789abcdef"}')
    assert await converter(OLD).decode([plain]) == [{"code": "0123456789abcdef"}]
    assert await EncryptedPayloads(PayloadKeys.parse(OLD)).decode([plain]) == [plain]


async def test_a_failure_hides_its_message_and_its_stack_trace() -> None:
    failure = Failure()
    await converter(OLD).encode_failure(_failed(), failure)
    shown = failure.SerializeToString()
    for plain in (b"Mia", b"Elm", b"test_codec.py", b"_failed"):
        assert plain not in shown
    assert failure.message == "Encoded failure"
    assert failure.application_failure_info.type == "NoSuchOrder"

    read = await converter(NEW, OLD).decode_failure(failure)
    assert isinstance(read, FailureError)
    assert SECRET in str(read)
    assert isinstance(read, ApplicationError)
    assert read.details == (SECRET,)
    assert "_failed" in (read.failure.stack_trace if read.failure else "")


def _failed() -> ApplicationError:
    try:
        raise ApplicationError(f"no order of {SECRET}", SECRET, type="NoSuchOrder")
    except ApplicationError as error:
        return error


async def test_without_keys_payloads_are_plain() -> None:
    (payload,) = await data_converter(None).encode([SECRET])
    assert payload.data == f'"{SECRET}"'.encode()


def test_keys_are_never_shown() -> None:
    keys = PayloadKeys.parse(f"{NEW},{OLD}")
    assert repr(keys) == "PayloadKeys(2, 1)"
    assert "0a0a" not in repr(EncryptedPayloads(keys)) + repr(converter(OLD))
