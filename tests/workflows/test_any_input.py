"""Whatever is sent to an action by whoever may send anything at all stops it never, and the honest decision counts."""

import asyncio
import json
import random
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path

import pytest
from pydantic import JsonValue
from temporalio.api.common.v1 import Payload
from temporalio.client import Client
from temporalio.common import RawValue
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.testing import WorkflowEnvironment

from leverframe import Status
from leverframe.codec import EncryptedPayloads
from leverframe.decision_signature import sign_decision
from leverframe.keys import PayloadKeys
from tests.support.rig import Rig, open_rig
from worker.testing.keys import PAYLOADS, payload, private
from worker.testing.postgres import Database
from worker.testing.serving import approvals_settings
from workflows.refusal_counts import RECORDED

OPERATORS = (
    '[olga]\nroles = ["support"]\nnames = ["olga@support"]\n[max]\nroles = ["billing"]\nnames = ["max@billing"]\n'
)
NAMES = ("mallory", "max@billing", "storefront", "mia_berg_1001", "", "\x1b[2J", "olga@support\u200b!")
SIGNALS = ("approve", "reject", "wake", "unheard_of", "reply", "withdraw", "__temporal_x")
UPDATES = ("approve", "reject", "reply", "withdraw", "unheard_of")
QUERIES = ("status", "why", "__stack_trace", "__temporal_workflow_metadata", "unheard_of")
TOGETHER = 40


@pytest.fixture
async def rig(temporal: WorkflowEnvironment, database: Database, tmp_path: Path) -> AsyncIterator[Rig]:
    file = tmp_path / "operators.toml"
    file.write_text(OPERATORS)
    async with open_rig(temporal, database, approvals=approvals_settings(database, operators_file=file)) as opened:
        yield opened


async def sealed(ring: PayloadKeys, data: Payload) -> Payload:
    (found,) = await EncryptedPayloads(ring).encode([data])
    return found


async def payloads(status: Status) -> list[Payload]:
    """One of every kind that a sender could think of."""
    assert status.plan is not None
    code, digest = status.plan.code, status.plan.digest
    key = private(99).partition(":")[2]
    bogus = sign_decision(key, action_id=status.action_id, digest=digest, choice="approve").signature
    values: tuple[JsonValue, ...] = (
        {"code": code}, {"code": digest, "note": "\x00\ud7ff\u202e" * 99}, {"code": code, "signature": bogus},
        {"code": code, "signature": "A" * 4096}, {"code": code, "amount": "1e999"}, {"code": code, "amount": "٣"},
        {"code": "0" * 12}, {"code": code.upper(), "more": 1}, {"code": ""}, {"code": 5}, {}, None, [], "x", 1e308,
        {"capability": "A" * 99},
        10**400, [[[[]]]], {"code": {"code": code}}, "x" * 5000, "\x00",
    )  # fmt: skip
    texts = [json.dumps(value).encode() for value in values]
    texts += [b"[" * 50_000, b'"\\ud800"', b"NaN", b"", b"\xff\xfe", b'{"code": "\\u0000"}', b"{" + b'"a":1,' * 99]
    texts += [b"[" * deep + b"]" * deep for deep in (150, 199, 450, 980, 5000)]
    texts += [b'{"code":' * deep + b"1" + b"}" * deep for deep in (150, 199, 450, 980, 5000)]
    plain = [Payload(metadata={"encoding": b"json/plain"}, data=text) for text in texts]
    garbage = Payload(metadata={"encoding": b"json/plain"}, data=b"\xff")
    other = Payload(metadata={"encoding": b"binary/encrypted", "encryption-key-id": b"x"}, data=b"x")
    person = b"person:" + status.action_id.split("-")[1].encode()
    return [
        *plain,
        await sealed(PAYLOADS, plain[0]),
        await sealed(PAYLOADS, garbage),
        await sealed(PAYLOADS, other),
        await sealed(PayloadKeys.parse(payload(97)), plain[0]),
        *(
            Payload(metadata={"encoding": b"binary/encrypted", "encryption-key-id": number}, data=b"x" * 40)
            for number in (b"", b"41", b"42", b"999999999", b"9" * 99, b"\xff", person, b"person:" + b"0" * 16)
        ),
        *(
            Payload(metadata={"encoding": encoding}, data=b"\x00\x01")
            for encoding in (
                b"binary/zlib",
                b"binary/null",
                b"binary/plain",
                b"json/protobuf",
                b"binary/protobuf",
                b"?",
            )
        ),
        Payload(),
    ]


async def fuzz(rig: Rig, status: Status, times: int, seed: int) -> None:
    """Send so many of them, to every handler, in an order of chance."""
    chance = random.Random(seed)
    kinds = await payloads(status)
    senders = [
        await Client.connect(
            rig.client.service_client.config.target_host,
            namespace=rig.client.namespace,
            identity=name or None,
            data_converter=pydantic_data_converter,
        )
        for name in NAMES
    ]
    gate = asyncio.Semaphore(TOGETHER)

    async def send(number: int) -> None:
        handle = chance.choice(senders).get_workflow_handle(status.action_id)
        args = [RawValue(one) for one in chance.choices(kinds, k=chance.choice((1, 1, 1, 1, 0, 2, 3)))]
        how = chance.random()
        async with gate:
            # Whatever the sender gets for an answer: what is looked at is the action.
            with suppress(Exception):
                if how < 0.8:
                    await handle.signal(chance.choice(SIGNALS), args=args)
                elif how < 0.95:
                    await asyncio.wait_for(handle.execute_update(chance.choice(UPDATES), args=args), 60)
                else:
                    await asyncio.wait_for(handle.query(chance.choice(QUERIES), args=args), 60)

    await asyncio.gather(*map(send, range(times)))


async def counts(rig: Rig, times: int, by_signal: bool, seed: int) -> None:
    status = await rig.waiting()
    assert status.plan is not None
    await fuzz(rig, status, times, seed)
    if by_signal:
        handle = rig.operator._client.get_workflow_handle(status.action_id)
        await handle.signal("approve", {"code": status.plan.code})
    else:
        assert (await rig.operator.approve(status.action_id, status.plan.code)).accepted
    outcome = await asyncio.wait_for(rig.client.get_workflow_handle(status.action_id).result(), 600)
    assert outcome["kind"] == "done"
    decisions = await rig.kinds(status.action_id, "decision")
    assert [one["approver"]["person"] for one in decisions if one["accepted"]] == ["olga"]
    assert len(decisions) <= 2 * RECORDED + 1
    assert len(await rig.refunds()) == 1


@pytest.mark.parametrize("by_signal", [False, True], ids=["update", "signal"])
async def test_after_anything_at_all_the_honest_approval_counts(rig: Rig, by_signal: bool) -> None:
    await counts(rig, 300, by_signal, seed=by_signal)


@pytest.mark.heavy
async def test_after_five_thousand_of_anything_the_honest_approval_counts(rig: Rig) -> None:
    await counts(rig, 5000, by_signal=True, seed=2)
