"""What an action decides rests on clauses of the policy: they are shown, recorded, and stay as they stood."""

from pathlib import Path

import pytest
from temporalio.testing import WorkflowEnvironment

from activities.policy import load_policy
from activities.policy.clauses import read_policy
from activities.prompts.prompt import load_prompt
from tests.support.rig import LAMP, SHIPPED, Rig, cancel, open_rig
from worker.testing.postgres import Database
from worker.testing.rig import propose
from worker.testing.scripted_model import Behaviour
from worker.testing.serving import serving
from workflows.markdown import GAP

CLAUSE = load_policy().clauses["CANCEL-PENDING"]
CITED = {"id": "CANCEL-PENDING", "version": CLAUSE.version, "text": CLAUSE.text}


async def details(rig: Rig, action_id: str) -> str:
    metadata = await rig.client.get_workflow_handle(action_id).query("__temporal_workflow_metadata")
    # Without the room between cells.
    return str(metadata.current_details).replace(GAP, "").replace("\u00a0", " ")


async def test_the_model_is_given_the_clauses_and_the_operator_sees_the_one_that_is_cited(rig: Rig) -> None:
    status = await rig.waiting()
    sent = rig.model.requests[0]["messages"][0]["content"]
    assert f"CANCEL-PENDING: {CLAUSE.text}" in sent
    assert "OWN-ORDERS: " in sent
    shown = await details(rig, status.action_id)
    assert f"| rests on | **CANCEL-PENDING**, version {CLAUSE.version}: `{CLAUSE.text}` |" in shown
    assert "| rests on | **OWN-ORDERS**" not in shown


async def test_the_ledger_keeps_the_clause_and_the_prompt_as_they_stood(rig: Rig) -> None:
    rig.script[:] = [propose("decline", clause="CANCEL-PENDING")]
    action_id = await rig.start(f"cancel {SHIPPED}, or take it back when it has arrived")
    outcome = await rig.result(action_id)
    assert CLAUSE.text in outcome.reply
    (proposal,) = await rig.kinds(action_id, "proposal")
    assert proposal["cited"] == [CITED]
    assert {"id": "RETURN-DELIVERED", "version": 1} in proposal["related"]
    prompt = load_prompt("order_cancellation")
    stated = (proposal["prompt"], proposal["prompt_version"], proposal["prompt_hash"])
    assert stated == (prompt.id, prompt.version, prompt.hash)


async def test_who_takes_over_sees_the_clauses_near_to_the_users_words(rig: Rig) -> None:
    rig.script[:] = [propose("hand_over", why="other_request")]
    action_id = await rig.start("my lamp arrived broken, I want to exchange it")
    assert (await rig.result(action_id)).kind == "handed_over"
    assert "| see also | **EXCHANGE-DELIVERED**, version " in await details(rig, action_id)


GROUNDLESS: dict[str, Behaviour] = {
    "no clause at all": propose("decline", clause=None),
    "an empty clause": propose("decline", clause=""),
    "an invented clause": propose("decline", clause="NO-REFUNDS-EVER"),
    "a clause that was only near": propose("decline", clause="RETURN-DELIVERED"),
    "a clause that does not hold here": propose("decline", clause="OWN-ORDERS"),
    "a clause's text": propose("decline", clause=CLAUSE.text),
    "several clauses": propose("decline", clause=["CANCEL-PENDING", "OWN-ORDERS"]),
    "a clause in other letters": propose("decline", clause="cancel-pending"),
    "a clause and a text of its own": propose("decline", clause="CANCEL-PENDING", reply="Never."),
}


@pytest.mark.parametrize("answer", GROUNDLESS.values(), ids=GROUNDLESS)
async def test_a_decline_without_a_valid_clause_goes_to_a_person(rig: Rig, answer: Behaviour) -> None:
    """The schema forbids it; a hostile model server keeps to no schema."""
    rig.script[:] = [answer]
    action_id = await rig.start(f"cancel {SHIPPED}, or return it")
    outcome = await rig.result(action_id)
    assert outcome.kind == "handed_over"
    assert "could not cancel" not in outcome.reply
    assert await rig.kinds(action_id, "proposal") == []
    problems = [problem["what"] for problem in await rig.kinds(action_id, "problem")]
    assert len(problems) == 2
    assert all("The model proposed what this action does not allow" in problem for problem in problems)


async def test_an_order_that_may_be_cancelled_is_not_declined(rig: Rig) -> None:
    rig.script[:] = [propose("decline", clause="CANCEL-PENDING")]
    assert (await rig.result(await rig.start(f"cancel {LAMP}"))).kind == "handed_over"


@pytest.mark.parametrize(
    ("text", "answer"),
    [(f"cancel {SHIPPED}", propose("decline", clause="CANCEL-PENDING")), (f"cancel {LAMP}", cancel())],
)
async def test_a_clause_that_the_policy_no_longer_has_cannot_be_cited(
    temporal: WorkflowEnvironment,
    database: Database,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    text: str,
    answer: Behaviour,
) -> None:
    write(tmp_path, "OWN-ORDERS", 1, "Requests about another user's orders are denied.")
    monkeypatch.setattr("activities.policy.load_policy", lambda: read_policy(tmp_path))
    async with open_rig(temporal, database) as rig:
        rig.script[:] = [answer]
        assert (await rig.result(await rig.start(text))).kind == "handed_over"
        schema = rig.model.requests[0]["response_format"]["json_schema"]["schema"]
        assert [offer["properties"]["event"]["const"] for offer in schema["properties"]["proposal"]["anyOf"]] == [
            "hand_over"
        ]


async def test_an_action_that_waits_keeps_the_clause_that_it_rests_on_when_the_policy_changes(
    temporal: WorkflowEnvironment, database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("activities.policy.load_policy", lambda: read_policy(tmp_path))
    async with open_rig(temporal, database, roles=()) as rig:
        write(tmp_path, "CANCEL-PENDING", 1, "As it stood.")
        async with serving(rig.client, rig.settings):
            old = await rig.waiting()
        write(tmp_path, "CANCEL-PENDING", 2, "As it stands now.")
        # New processes, which know the action from its history alone.
        async with serving(rig.client, rig.settings):
            assert "**CANCEL-PENDING**, version 1: `As it stood.`" in await details(rig, old.action_id)
            assert old.plan is not None
            await rig.operator.approve(old.action_id, old.plan.code)
            assert (await rig.result(old.action_id)).kind == "done"
            (proposal,) = await rig.kinds(old.action_id, "proposal")
            assert proposal["cited"] == [{"id": "CANCEL-PENDING", "version": 1, "text": "As it stood."}]
            rig.script[:] = [propose("decline", clause="CANCEL-PENDING")]
            new = await rig.result(await rig.start(f"cancel {SHIPPED}"))
            assert "As it stands now." in new.reply


def write(folder: Path, clause_id: str, version: int, text: str) -> None:
    (folder / "policy.md").write_text(f"## {clause_id}\nversion: {version}\n\n{text}\n", encoding="utf-8")
