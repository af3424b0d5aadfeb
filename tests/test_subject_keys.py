"""Payloads under a key for each person: whose key it is, how long one is kept, and what is left when it is gone."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import pytest
from temporalio.api.common.v1 import Payload
from temporalio.api.failure.v1 import Failure
from temporalio.converter import (
    ActivitySerializationContext,
    DataConverter,
    NexusSerializationContext,
    SerializationContext,
    WorkflowSerializationContext,
)
from temporalio.exceptions import ApplicationError

from leverframe.codec import data_converter
from leverframe.errors import KeyDestroyed, KeyUnknown, Undecryptable
from leverframe.pseudonym import Pseudonyms, subject_of
from leverframe.subject_keys import KEPT, MOST_ASKED, KeyState, SubjectKey, SubjectKeys
from worker.testing.keys import PAYLOADS

SECRET = "Mia Okafor, 12 Elm Street"
MIA, BO = "aa" * 8, "bb" * 8
MIAS, BOS = f"order_cancellation-{MIA}-0123456789ab", f"order_return-{BO}-0123456789ab"


@dataclass
class Drawer:
    """People's keys in memory, and how often somebody asked for one."""

    keys: dict[str, SubjectKey] = field(default_factory=dict)
    asked: int = 0
    asked_at_once: list[int] = field(default_factory=list)
    """How many were asked for together, each time."""

    async def find(self, pseudonym: str) -> SubjectKey:
        self.asked += 1
        return self.keys.get(pseudonym, SubjectKey("none"))

    async def find_many(self, pseudonyms: Sequence[str]) -> Mapping[str, SubjectKey]:
        self.asked_at_once.append(len(pseudonyms))
        return {name: self.keys.get(name, SubjectKey("none")) for name in pseudonyms}

    async def ensure(self, pseudonym: str) -> SubjectKey:
        self.keys.setdefault(pseudonym, SubjectKey("active", os.urandom(32)))
        return await self.find(pseudonym)

    def becomes(self, pseudonym: str, state: KeyState) -> None:
        self.keys[pseudonym] = SubjectKey(state, self.keys[pseudonym].key if state == "doomed" else None)


@pytest.fixture
def drawer() -> Drawer:
    return Drawer()


@pytest.fixture
def converter(drawer: Drawer) -> DataConverter:
    # Nothing is kept, so that each test sees what becomes of a key at once.
    return data_converter(PAYLOADS, SubjectKeys(drawer, kept=0))


def of(workflow_id: str) -> SerializationContext:
    return WorkflowSerializationContext("default", workflow_id)


async def one(converter: DataConverter, workflow_id: str, value: object = SECRET) -> Payload:
    (payload,) = await converter.with_context(of(workflow_id)).encode([value])
    return payload


async def test_what_belongs_to_an_action_is_under_its_persons_key(converter: DataConverter, drawer: Drawer) -> None:
    payload = await one(converter, MIAS)
    assert dict(payload.metadata) == {
        "encoding": b"binary/encrypted", "encryption-key-id": f"person:{MIA}".encode(),
    }  # fmt: skip
    assert SECRET.encode() not in payload.SerializeToString()
    # Its metadata say enough: whoever reads a history without knowing whose it is reads it too.
    assert await converter.decode([payload]) == [SECRET]
    assert await converter.with_context(of(BOS)).decode([payload]) == [SECRET]
    assert drawer.keys.keys() == {MIA}


@pytest.mark.parametrize(
    ("context", "subject"),
    [
        (of(f"{MIAS}/3"), MIA),
        (of(f"{MIAS}/3/1"), MIA),
        (ActivitySerializationContext("default", "1", "call", "queue", MIAS, "order_cancellation", False), MIA),
        (ActivitySerializationContext("default", "1", "call", "queue", MIAS, "order_cancellation", True), MIA),
        (ActivitySerializationContext("default", "1", "call", "queue", None, None, False), None),
        (NexusSerializationContext("endpoint", "service", "operation"), None),
        (of("reporting-nightly"), None),
        (of(f"{MIAS}/"), None),
    ],
)
async def test_where_no_person_is_named_the_ring_encrypts(
    context: SerializationContext, subject: str | None, converter: DataConverter
) -> None:
    (payload,) = await converter.with_context(context).encode([SECRET])
    assert payload.metadata["encryption-key-id"] == (f"person:{subject}".encode() if subject else b"41")
    assert await converter.decode([payload]) == [SECRET]
    (without,) = await converter.encode([SECRET])
    assert without.metadata["encryption-key-id"] == b"41"


async def test_a_failure_is_under_the_persons_key_too(converter: DataConverter) -> None:
    failure = Failure()
    mias = converter.with_context(of(MIAS))
    await mias.encode_failure(ApplicationError(f"cannot reach {SECRET}", SECRET), failure)
    assert SECRET.encode() not in failure.SerializeToString()
    assert failure.encoded_attributes.metadata["encryption-key-id"] == f"person:{MIA}".encode()
    assert SECRET in str(await converter.decode_failure(failure))


async def test_without_a_key_service_everything_is_as_before() -> None:
    alone = data_converter(PAYLOADS)
    payload = await one(alone, MIAS)
    assert payload.metadata["encryption-key-id"] == b"41"
    assert await alone.decode([payload]) == [SECRET]


async def test_what_the_ring_encrypted_before_is_still_read(converter: DataConverter) -> None:
    assert await converter.decode([await one(data_converter(PAYLOADS), MIAS)]) == [SECRET]


async def test_without_the_key_service_a_persons_payload_says_what_is_missing(converter: DataConverter) -> None:
    with pytest.raises(KeyUnknown, match=r"under a person's own key.*LEVERFRAME_KEY_SERVICE_URL"):
        await data_converter(PAYLOADS).decode([await one(converter, MIAS)])


async def test_a_key_of_another_service_is_not_made_up(converter: DataConverter) -> None:
    other = Drawer()
    with pytest.raises(KeyUnknown, match="knows no key of this person"):
        await data_converter(PAYLOADS, SubjectKeys(other)).decode([await one(converter, MIAS)])
    assert other.keys == {}


async def test_a_destroyed_key_reads_and_writes_nothing_any_more(converter: DataConverter, drawer: Drawer) -> None:
    before, others = await one(converter, MIAS), await one(converter, BOS)
    drawer.becomes(MIA, "destroyed")
    with pytest.raises(KeyDestroyed, match="the key of this person was destroyed"):
        await converter.decode([before])
    with pytest.raises(KeyDestroyed):
        await one(converter, MIAS)
    assert await converter.decode([others]) == [SECRET]


async def test_a_doomed_key_still_works(converter: DataConverter, drawer: Drawer) -> None:
    before = await one(converter, MIAS)
    drawer.becomes(MIA, "doomed")
    assert await converter.decode([before, await one(converter, MIAS)]) == [SECRET, SECRET]


async def test_a_changed_payload_or_another_persons_key_opens_nothing(converter: DataConverter) -> None:
    payload = await one(converter, MIAS)
    await one(converter, BOS)
    changed = [
        Payload(metadata=payload.metadata, data=payload.data[:-1] + bytes([payload.data[-1] ^ 1])),
        Payload(metadata=payload.metadata, data=payload.data[:5]),
        Payload(metadata={**payload.metadata, "encryption-key-id": f"person:{BO}".encode()}, data=payload.data),
        Payload(metadata={**payload.metadata, "encryption-key-id": b"41"}, data=payload.data),
    ]
    for bad in changed:
        with pytest.raises(Undecryptable, match="was changed since it was encrypted, or its key is another one"):
            await converter.decode([bad])


@pytest.mark.parametrize("key_id", [b"person:", b"person:AA", b"person:../../health", b"person:\xff", b"person" * 999])
async def test_a_name_that_is_nobodys_is_refused_without_asking(
    key_id: bytes, converter: DataConverter, drawer: Drawer
) -> None:
    payload = await one(converter, MIAS)
    payload.metadata["encryption-key-id"] = key_id
    asked = drawer.asked
    with pytest.raises(KeyUnknown, match="no payload key") as refused:
        await converter.decode([payload])
    assert drawer.asked == asked
    assert len(str(refused.value)) < 250


async def test_a_key_is_kept_for_a_minute_and_no_longer(drawer: Drawer) -> None:
    now = 100.0
    converter = data_converter(PAYLOADS, SubjectKeys(drawer, clock=lambda: now))
    payload = await one(converter, MIAS)
    for _ in range(3):
        await one(converter, MIAS)
        await converter.decode([payload])
    assert drawer.asked == 1
    drawer.becomes(MIA, "destroyed")
    now += KEPT - 0.1
    assert await converter.decode([payload]) == [SECRET]
    now += 0.1
    with pytest.raises(KeyDestroyed):
        await converter.decode([payload])
    assert KEPT == 60


async def test_a_key_that_is_made_meanwhile_is_found(drawer: Drawer) -> None:
    keys = SubjectKeys(drawer)
    with pytest.raises(KeyUnknown):
        await keys.to_read(MIA)
    made = await SubjectKeys(drawer).to_write(MIA)
    assert await keys.to_read(MIA) == made


async def test_what_became_of_a_key_is_never_answered_from_memory(drawer: Drawer) -> None:
    keys = SubjectKeys(drawer)
    assert await keys.state(MIA) == "none"
    await keys.to_write(MIA)
    assert await keys.state(MIA) == "active"
    drawer.becomes(MIA, "doomed")
    assert await keys.state(MIA) == "doomed"


async def test_not_more_than_so_many_keys_are_kept(drawer: Drawer) -> None:
    keys = SubjectKeys(drawer)
    for number in range(1001):
        await keys.to_write(f"{number:016x}")
    drawer.asked = 0
    await keys.to_write(f"{1000:016x}")
    assert drawer.asked == 0
    await keys.to_write(f"{0:016x}")
    assert drawer.asked == 1


async def test_many_keys_are_asked_for_at_once(drawer: Drawer) -> None:
    names = [f"{number:016x}" for number in range(MOST_ASKED + 100)]
    for name in names[1:]:
        await drawer.ensure(name)
    drawer.asked = 0
    now = 100.0
    keys = SubjectKeys(drawer, clock=lambda: now)
    await keys.prepare([*names, *names])
    assert drawer.asked_at_once == [MOST_ASKED, 100]
    for name in names[1:]:
        assert await keys.to_read(name) == drawer.keys[name].key
    # That there is none is at hand as well; but whoever writes gets one.
    with pytest.raises(KeyUnknown):
        await keys.to_read(names[0])
    assert drawer.asked == 0
    await keys.prepare(names)
    assert len(drawer.asked_at_once) == 2
    assert await keys.to_write(names[0]) == await keys.to_read(names[0])
    drawer.becomes(names[1], "destroyed")
    now += KEPT
    await keys.prepare(names[:2])
    with pytest.raises(KeyDestroyed):
        await keys.to_read(names[1])


def test_a_key_is_not_shown() -> None:
    assert "11" not in repr(SubjectKey("active", b"\x11" * 32))


def test_an_actions_id_says_whom_it_is_about() -> None:
    pseudonyms = Pseudonyms(b"a test's key, 16 bytes or more")
    action_id = pseudonyms.action_id("order_cancellation", "mia_berg_1001", "1")
    assert subject_of(action_id) == pseudonyms.of("mia_berg_1001")
    assert subject_of(f"{action_id}/12/1") == pseudonyms.of("mia_berg_1001")
    for other in ("", "x", action_id.upper(), f"{action_id}x", f"x {action_id}", f"{action_id}/a", f"{action_id}\n"):
        assert subject_of(other) is None
