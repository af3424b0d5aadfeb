"""The HTTP API: whatever a bearer sends, one user's own actions are all that it reads and touches."""

import os
from datetime import UTC, datetime, timedelta

import pytest

from leverframe.capability import Use, bind, narrow
from tests.support.api import bearer, caller
from tests.support.command import command
from tests.support.keys import capability
from tests.support.rig import BO, MIA, Rig
from worker.testing.keys import ISSUER, ISSUER_RING, PAYLOAD_RING


async def test_a_bearer_reads_and_touches_its_own_users_actions_alone(rig: Rig) -> None:
    bos = await rig.start("cancel my order", subject=BO)
    nobodys = bos[:-12] + "0" * 12
    async with caller(rig) as http:
        for method, path, body in (
            ("GET", "", None),
            ("POST", "/reply", {"text": "yes"}),
            ("POST", "/withdrawal", None),
        ):
            told = {}
            for one in (bos, nobodys):
                answer = await http.request(method, f"/actions/{one}{path}", json=body)
                told[one] = (answer.status_code, answer.text.replace(one, "ID"))
            assert told[bos][0] == 404
            assert told[bos] == told[nobodys], "nobody learns whether another user's action is there"
        both = await http.post(
            "/actions", json={"action": "order_cancellation", "request_id": "1", "text": "x", "subject": BO}
        )
        assert both.status_code == 422
    assert (await rig.result(bos)).kind != "withdrawn"


async def test_a_capability_on_its_way_through_an_action_is_no_bearer(rig: Rig) -> None:
    mine, another = await rig.start(), await rig.start(request_id="another")
    key, tomorrow = str(ISSUER.public[11]), datetime.now(UTC) + timedelta(days=1)
    bound = bind(capability(MIA), ISSUER.public, another)
    of_a_tool = narrow(capability(MIA), key, Use("read", mine, ("orders.get",)), tomorrow)
    async with caller(rig) as http:
        for token in (bound, of_a_tool):
            answer = await http.get(f"/actions/{mine}", headers={"Authorization": f"Bearer {token}"})
            assert answer.status_code == 403, answer.text
            assert token not in answer.text
        # Of its own action it is one, for the little that a bearer may do.
        own = await http.get(f"/actions/{another}", headers={"Authorization": f"Bearer {bound}"})
        assert own.status_code == 200


async def test_it_tells_no_user_how_and_by_whom_it_is_decided(rig: Rig) -> None:
    status = await rig.waiting()
    assert status.plan is not None
    async with caller(rig) as http:
        told = (await http.get(f"/actions/{status.action_id}")).json()
    assert told.keys() == {
        "action_id", "action", "state", "awaiting", "question", "deadline", "parts", "sentence", "outcome",
    }  # fmt: skip


@pytest.mark.parametrize("name", ["LEVERFRAME_ISSUER_KEYS", "LEVERFRAME_APPROVALS_KEYS"])
async def test_it_does_not_start_with_a_key_that_mints_or_approves(name: str) -> None:
    own = {
        "LEVERFRAME_PSEUDONYM_KEY": "a test's key, 16 bytes or more",
        "LEVERFRAME_ISSUER_PUBLIC_KEYS": str(ISSUER.public),
        "LEVERFRAME_PAYLOAD_KEYS": PAYLOAD_RING,
        "LEVERFRAME_API_PORT": "1",
    }
    code, output = await command("api", environment=os.environ | own | {name: ISSUER_RING})
    assert (code, f"the API must not hold: {name}" in output) == (2, True), output


async def test_one_bearer_takes_nobody_elses_place(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("api.bounds.MOST_OF_ONE", 0)
    async with caller(rig) as http:
        answer = await http.get(f"/actions/{await rig.start()}")
        assert (answer.status_code, answer.json()["status"]) == (429, 429)
        assert "at most 0 requests at a time" in answer.json()["detail"]
        assert (await http.get("/health", headers={"Authorization": ""})).status_code == 200
        monkeypatch.setattr("api.bounds.MOST_OF_ONE", 1)
        assert (await http.get("/health", headers=bearer(BO))).status_code == 200
