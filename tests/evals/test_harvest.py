"""What operators decided becomes cases and training lines, in which nobody can be found again."""

import json
import os
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel, JsonValue

from activities.guards.anonymous import Anonymous
from audit.audit import audit_all
from evals.cases import Case, read_cases
from evals.decisions import DecidedOn, last_request, read_decisions
from evals.harvest import TrainingLine, candidates, training_lines
from evals.situation import situation
from leverframe.contracts.proposal import ProposeRequest
from machines.facts import listed
from machines.schema import answer_schema
from tests.support.command import command
from tests.support.keys import capability
from tests.support.rig import LAMP, MIA, Rig
from worker.codec.server import serving
from worker.keys.service import KeyServer
from worker.testing.keys import PAYLOAD_RING
from worker.testing.rig import propose
from worker.testing.serving import KEY_SERVICE_TOKEN, as_person
from worker.testing.waiting import until

TEXT = "Hello, my name is Priya Nair. Cancel #W7120045 (parcel 99887766), I no longer need it. Thanks, Priya Nair"
ORDER: dict[str, JsonValue] = {
    "order_id": "#W7120045",
    "status": "pending",
    "placed_on": "2026-05-11",
    "total": "1239.90",
    "items": [{"name": "Coffee Grinder", "quantity": 1, "price": "1239.90"}],
    "payment_method": "credit card ending 4412",
}
LINE_OF: dict[str, type[BaseModel]] = {"harvest": Case, "export-training": TrainingLine}
PERSONAL = ("Priya", "Nair", "7120045", "99887766", "4412", "2026-05-11", "priya@example.org", "order_cancellation-0")


def decided_on(choice: Any = "rejected", text: str = TEXT, order_id: str = "#W7120045") -> DecidedOn:
    orders: list[JsonValue] = [{**ORDER, "order_id": order_id}]
    now = situation("order_cancellation", text, {"orders": orders})
    request = ProposeRequest(
        action_id="order_cancellation-0123456789",
        prompt=now.state.prompt,
        messages=(text,),
        facts={"orders": orders},
        clauses=(),
        answer_schema=answer_schema(now.offered),
    )
    arguments: dict[str, JsonValue] = {
        "order_id": order_id, "reason": "no longer needed", "clause": "CANCEL-PENDING",
    }  # fmt: skip
    notes = (f"called Priya Nair at priya@example.org about {order_id}",)
    return DecidedOn(
        request.action_id, "order_cancellation", request, "cancel", arguments, "Priya Nair has one.", choice, notes
    )


def test_a_rejection_becomes_a_case_without_anything_personal(tmp_path: Path) -> None:
    (case,) = candidates([decided_on(), decided_on("approved")])
    written = case.model_dump_json()
    assert not any(value in written for value in PERSONAL)
    assert "my name is <NAME_1>. Cancel #W0000001 (parcel 00000002)" in case.text
    assert case.must_not == ("cancel",)
    assert case.note.startswith("rejected: cancel order_id #W0000001, reason no longer needed")
    (order,) = listed(case.facts, "orders")
    assert (case.action, order["order_id"]) == ("order_cancellation", "#W0000001")
    assert (order["placed_on"], order["total"]) == ("2000-01-31", "1239.90")
    path = tmp_path / "harvested.jsonl"
    path.write_text(written)
    assert read_cases(str(path)) == [case]
    assert "cancel" in situation(case.action, case.text, case.facts).offered


def test_an_approval_becomes_a_chat_without_anything_personal() -> None:
    (line,) = training_lines([decided_on("approved"), decided_on()])
    written = line.model_dump_json()
    assert not any(value in written for value in PERSONAL)
    assert "lfc-" not in written
    assert [line.messages[0].role, line.messages[-2].role, line.messages[-1].role] == ["system", "user", "assistant"]
    assert "#W0000001" in line.messages[-2].content
    # What can be one thing only is not for the model to write.
    assert json.loads(line.messages[-1].content)["proposal"] == {"event": "cancel"}


def test_what_a_user_thinks_of_it_makes_a_case_and_keeps_it_from_the_training() -> None:
    liked, disliked = (replace(decided_on("approved"), thumb=thumb) for thumb in ("up", "down"))
    assert [(case.events, case.must_not) for case in candidates([liked, disliked])] == [
        (("cancel",), ()),
        ((), ("cancel",)),
    ]
    assert len(training_lines([liked])) == 1
    assert training_lines([disliked]) == []


def test_what_differs_only_in_ids_stands_once() -> None:
    other = decided_on(text=TEXT.replace("7120045", "5550123"), order_id="#W5550123")
    assert len(candidates([decided_on(), other, decided_on()])) == 1
    approved = [replace(one, choice="approved") for one in (decided_on(), other)]
    assert len(training_lines(approved)) == 1
    assert len(candidates([decided_on(), decided_on(text=f"{TEXT} Really.")])) == 2


def test_the_same_value_becomes_the_same_one_and_days_keep_their_distance() -> None:
    record: JsonValue = {
        "a": [
            "W7120045 and #w7120045",
            "2026-05-11",
            "2026-05-01",
            "mia_berg_1001 paid 1234.50",
            "call +1 202-555-0143",
        ],
        "b": "from <EMAIL_1>; 我叫王小明，请取消; in 2500ml",
    }
    clean: Any = Anonymous(record).apply(record)
    assert clean["a"][0] == "W0000001 and #w0000001"
    assert (date.fromisoformat(clean["a"][1]) - date.fromisoformat(clean["a"][2])).days == 10
    assert clean["a"][3:] == ["user_0002 paid 1234.50", "call <PHONE_1>"]
    assert clean["b"] == "from <EMAIL_1>; 我叫<NAME_1>，请取消; in 2500ml"


def test_ids_that_are_names_of_fields_are_replaced_as_everywhere() -> None:
    record: JsonValue = {"items": [{"item_id": "1008292230"}], "variants": {"1008292230": ["credit_card_4466831"]}}
    clean = Anonymous(record).apply(record)
    assert clean == {"items": [{"item_id": "0000000001"}], "variants": {"0000000001": ["credit_card_0000002"]}}


@pytest.fixture
async def decided(rig: Rig) -> Rig:
    """A rejected and an approved action on real parts, one that nobody decided on, and one that only its user liked."""
    said = "cancel my lamp, I no longer need it. Thanks, Mia Berg. mia@example.org"
    await rig.withdraw((await rig.waiting(said)).action_id)
    rejected = await rig.waiting(said)
    assert rejected.plan is not None
    await rig.operator.reject(rejected.action_id, rejected.plan.code, "Mia Berg keeps it, see mia@example.org")
    await rig.result(rejected.action_id)
    approved = await rig.waiting(said)
    assert approved.plan is not None
    await rig.operator.approve(approved.action_id, approved.plan.code)
    await rig.result(approved.action_id)
    liked = await rig.start("cancel #W1000004, it came too late")
    rig.script[:] = [propose("decline", clause="CANCEL-PENDING")]
    await rig.result(liked)
    token = capability(MIA, requester="storefront", action="order_cancellation")
    await rig.service.feedback(
        liked, "up", capability=token, text="That is fair, answer to mia@example.org. Thanks, Mia Berg"
    )
    await until(lambda: rig.operator.feedback_on(liked), lambda found: found is not None)
    return rig


async def test_a_real_ledger_is_harvested(decided: Rig) -> None:
    reader = await as_person(decided.client, "auditor")
    found, skipped = await read_decisions(await audit_all(decided.auditor, decided.people), reader)
    assert sorted(one.choice for one in found) == ["approved", "rejected", "undecided"]
    assert skipped == []
    case, fair = sorted(candidates(found), key=lambda case: case.events)
    assert (fair.events, fair.must_not) == (("decline",), ())
    assert fair.note.endswith("the user: thumbs up: That is fair, answer to <EMAIL_1>. Thanks, <NAME_1>")
    (line,) = training_lines(found)
    asked_and_answered = "".join(message.content for message in line.messages[-2:])
    for written in (case.model_dump_json(), asked_and_answered):
        assert "lamp" in written
        for personal in ("Mia", "Berg", "mia@", "storefront", LAMP[2:], *decided.started):
            assert personal not in written
    assert "keeps it, see <EMAIL_" in case.note


async def test_the_commands_write_what_can_be_read_again(decided: Rig, tmp_path: Path) -> None:
    async with serving(KeyServer(decided.keys, KEY_SERVICE_TOKEN).app(), "127.0.0.1", 0) as address:
        await written_and_read(decided, tmp_path, address)


async def written_and_read(decided: Rig, tmp_path: Path, key_service: str) -> None:
    environment = {
        "LEVERFRAME_KEY_SERVICE_URL": key_service,
        "LEVERFRAME_KEY_SERVICE_TOKEN": KEY_SERVICE_TOKEN,
        "TEMPORAL_ADDRESS": decided.client.service_client.config.target_host,
        "LEVERFRAME_AUDITOR_DATABASE_URL": decided.database.auditor_url,
        "LEVERFRAME_PAYLOAD_KEYS": PAYLOAD_RING,
        "LEVERFRAME_STATE_DIR": str(tmp_path),
    }
    for kind, what in (("harvest", "2 candidate cases"), ("export-training", "1 training lines")):
        out = tmp_path / f"{kind}.jsonl"
        own = os.environ | environment | {"COLUMNS": "200"}
        _, told = await command("eval", kind, "--out", out, environment=own)
        assert f"{what} in {out}" in told
        lines = out.read_text().splitlines()
        assert len(lines) == int(what[0])
        assert "Mia" not in out.read_text()
        assert all(LINE_OF[kind].model_validate_json(line) for line in lines)


async def test_a_ledger_that_was_changed_teaches_nothing(decided: Rig) -> None:
    await decided.sql(
        """UPDATE leverframe.ledger SET body = body || '{"event": "hand_over"}' WHERE kind = 'proposal'"""
    )
    reader = await as_person(decided.client, "auditor")
    found, skipped = await read_decisions(await audit_all(decided.auditor, decided.people), reader)
    assert found == []
    assert {one.why for one in skipped} == {"its ledger does not verify"}


async def test_what_is_about_an_erased_person_is_told_and_left_out(decided: Rig) -> None:
    audits = await audit_all(decided.auditor)
    found, skipped = await read_decisions(audits, decided.client)
    assert found == []
    assert {one.why for one in skipped} == {"its entries cannot be read: their key is not known here"}
    erased = [replace(audit, unreadable=dict.fromkeys(audit.unreadable, "destroyed")) for audit in audits]
    _, skipped = await read_decisions(erased, decided.client)
    assert {one.why for one in skipped} == {"its entries cannot be read: the person was erased"}


async def test_an_action_whose_history_is_gone_is_told(decided: Rig) -> None:
    audits = [
        replace(audit, action_id=f"{audit.action_id}x") for audit in await audit_all(decided.auditor, decided.people)
    ]
    assert await last_request(decided.client, "never-heard-of") is None
    found, skipped = await read_decisions(audits, decided.client)
    assert (found, {one.why for one in skipped}) == ([], {"Temporal no longer keeps its history"})
