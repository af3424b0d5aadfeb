"""What the server keeps of an action says nothing about the customer, and no key or token is written anywhere."""

import base64
import json
import logging
from typing import Any

import pytest
from temporalio.client import WorkflowHistory

from leverframe import Refused
from tests.support.keys import capability
from tests.support.rig import LAMP, MIA, Rig
from worker.testing.keys import APPROVALS_RING, ISSUER_RING, PAYLOAD_RING
from worker.testing.rig import propose

EMAIL, STREET = "mia.berg@example.com", "12 Harbour Road, Oslo"
MESSAGE = f"Please cancel my order {LAMP}, Mia Berg, {STREET}, {EMAIL}; I no longer need the lamp"
WORDS = ("Mia Berg", "Harbour Road", EMAIL, "no longer need the lamp", MIA)


async def exported(rig: Rig, action_id: str) -> str:
    history: WorkflowHistory = await rig.client.get_workflow_handle(action_id).fetch_history()
    return history.to_json()


def plain(text: str) -> str:
    """The JSON with every payload's base64 read, where it is text: what a reader of the export could see."""
    found = [text]

    def walk(value: Any) -> None:
        if isinstance(value, dict):
            for inner in value.values():
                walk(inner)
        elif isinstance(value, list):
            for inner in value:
                walk(inner)
        elif isinstance(value, str):
            try:
                found.append(base64.b64decode(value, validate=True).decode(errors="replace"))
            except ValueError:
                return

    walk(json.loads(text))
    return "\n".join(found)


async def test_an_exported_history_holds_no_plaintext_of_the_customer(rig: Rig) -> None:
    rig.script[:] = [propose("ask", missing="which_order"), rig.script[0]]
    action_id = await rig.start(f"cancel my order, says Mia Berg of {STREET}, {EMAIL}")
    await rig.until(action_id, lambda status: status.awaiting == "user")
    await rig.service.reply(action_id, MESSAGE)
    status = await rig.until(action_id, lambda status: status.awaiting == "operator")
    assert status.plan is not None
    with pytest.raises(Refused):
        await rig.operator.approve(action_id, "0" * 8, note=f"on the phone with Mia Berg, {STREET}")
    await rig.operator.approve(action_id, status.plan.code)
    await rig.result(action_id)
    text = plain(await exported(rig, action_id))
    assert [word for word in WORDS if word.lower() in text.lower()] == []
    # The search does find what is not encrypted, and what is, once it is read with the key.
    assert "order_cancellation" in text
    described = await rig.client.get_workflow_handle(action_id).describe()
    assert [word for word in WORDS if word.lower() in str(described.raw_description).lower()] == []
    assert (await rig.client.get_workflow_handle(action_id).result())["reply"]


async def test_a_failure_says_nothing_about_the_customer_either(rig: Rig) -> None:
    async def broken() -> None:
        raise RuntimeError(f"cannot reach {EMAIL} at {STREET}")

    rig.before["payments.refund"] = broken
    status = await rig.waiting(MESSAGE)
    assert status.plan is not None
    await rig.operator.approve(status.action_id, status.plan.code)
    assert (await rig.result(status.action_id)).kind == "done"
    text = plain(await exported(rig, status.action_id))
    assert [word for word in WORDS if word.lower() in text.lower()] == []


async def test_no_token_or_key_is_logged_recorded_or_shown(rig: Rig, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    status = await rig.waiting()
    assert status.plan is not None
    await rig.operator.approve(status.action_id, status.plan.code)
    await rig.result(status.action_id)
    handle = rig.client.get_workflow_handle(status.action_id)
    shown = await handle.query("__temporal_workflow_metadata")
    described = await handle.describe()
    told = [
        caplog.text,
        str(shown),
        str(described.raw_description),
        str(status),
        repr(await rig.ledger(status.action_id)),
    ]
    rows = await rig.sql("SELECT a::text FROM leverframe.approvals a")
    told += [str(row) for row in rows]
    # Every token of an issuer begins alike for one subject: its first block comes first.
    secrets = [capability(MIA)[:60], *(ring.partition(":")[2] for ring in (ISSUER_RING, APPROVALS_RING, PAYLOAD_RING))]
    assert [secret for secret in secrets for text in told if secret in text or secret.rpartition("/")[2] in text] == []
