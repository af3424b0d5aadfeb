"""A service in another language: starts, waits, answers and withdraws over HTTP, and is refused in words."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx2
import pytest

from leverframe.capability import Use, narrow
from leverframe.keys import SigningKeys
from tests.support.api import CANCEL, bearer, caller
from tests.support.keys import capability
from tests.support.rig import BO, MIA, Rig, cancel
from worker.testing.keys import ISSUER, private
from worker.testing.rig import propose
from worker.testing.waiting import until

WISH = {"action": CANCEL, "request_id": "web-1", "text": "cancel my order, I no longer need it"}
TEA = WISH | {"action": "make_tea"}


async def test_a_story_from_the_wish_to_the_outcome(rig: Rig) -> None:
    rig.script[:] = [propose("ask", missing="which_order"), cancel()]
    async with caller(rig) as http:
        answer = await http.post("/actions", json=WISH)
        assert (answer.status_code, (await http.post("/actions", json=WISH)).json()) == (201, answer.json())
        one = f"/actions/{answer.json()['action_id']}"
        asked = (await http.get(one, params={"until": "asked"})).json()
        assert (asked["awaiting"], asked["outcome"]) == ("user", None)
        assert asked["question"]
        deadline = datetime.fromisoformat(asked["deadline"])
        assert f"Please answer by {deadline:%Y-%m-%d %H:%M} UTC." in asked["question"]
        told = (await http.get(one, params={"language": "de"})).json()["sentence"]
        assert told == f"Wir warten auf Ihre Antwort, bis {deadline:%Y-%m-%d %H:%M} UTC."
        replied = await http.post(f"{one}/reply", json={"text": "the lamp"})
        assert (replied.status_code, replied.json()["accepted"]) == (200, True)

        waiting = asyncio.create_task(http.get(one, params={"until": "ended"}))
        status = await rig.until(answer.json()["action_id"], lambda status: status.awaiting == "operator")
        assert status.plan is not None
        assert status.plan.code not in (await http.get(one)).text, "how to approve is the operators' matter"
        await rig.operator.approve(status.action_id, status.plan.code)
        ended = (await waiting).json()
        assert (ended["awaiting"], ended["outcome"]["kind"]) == ("nobody", "done")
        assert ended["sentence"] == ended["outcome"]["reply"] == await rig.service.sentence(status.action_id)
        late = await http.post(f"{one}/reply", json={"text": "and the chair"})
        assert (late.status_code, late.json()["type"]) == (409, "urn:problem-type:leverframe:refused")
        for _ in range(2):
            liked = await http.post(f"{one}/feedback", json={"thumb": "up", "text": "quick"})
            assert (liked.status_code, liked.content) == (204, b"")
    said = await until(lambda: rig.operator.feedback_on(status.action_id), lambda found: found is not None)
    assert (said.thumb, said.text) == ("up", "quick")


async def test_withdrawing_and_what_was_not_reached_in_time(rig: Rig) -> None:
    async with caller(rig) as http:
        status = await rig.waiting()
        one = f"/actions/{status.action_id}"
        late = await http.get(one, params={"until": "ended", "within": 1})
        assert (late.status_code, late.json()["outcome"]) == (200, None)
        written = {"request_id": "web-9", "text": "I would still like the lamp"}
        for path, body in (("follow-up", written), ("feedback", {"thumb": "up"})):
            early = await http.post(f"{one}/{path}", json=body)
            assert (early.status_code, "has not ended" in early.json()["detail"]) == (409, True)
        assert (await http.post(f"{one}/withdrawal")).json()["accepted"] is True
        ended = await http.get(one, params={"until": "ended"})
        assert ended.json()["outcome"]["kind"] == "withdrawn"
        for _ in range(2):
            read = await http.post(f"{one}/follow-up", json=written)
            assert (read.status_code, read.json()) == (201, {"case_id": f"{status.action_id}/case"})


async def test_every_refusal_is_a_problem_document_that_says_what_was_expected(rig: Rig) -> None:
    status = await rig.waiting()
    one, others = f"/actions/{status.action_id}", await rig.start(subject=BO)
    stranger = bearer(issuer=SigningKeys.parse(private(99)))
    tomorrow = datetime.now(UTC) + timedelta(days=1)
    used = narrow(capability(MIA), str(ISSUER.public[11]), Use("read", status.action_id), tomorrow)
    refusals: list[tuple[str, str, dict[str, Any], int, str]] = [
        ("GET", one, {"headers": {"Authorization": ""}}, 401, "Authorization: Bearer CAPABILITY"),
        ("GET", one, {"headers": {"Authorization": "Basic bWlhOg=="}}, 401, "Authorization: Bearer CAPABILITY"),
        ("GET", one, {"headers": {"Authorization": "Bearer x"}}, 401, "not signed by a known issuer"),
        ("GET", one, {"headers": stranger}, 401, "not signed by a known issuer"),
        ("GET", one, {"headers": bearer(days=-1)}, 401, "expired"),
        ("GET", one, {"headers": bearer(action="order_return")}, 403, "for the action 'order_return'"),
        ("GET", one, {"headers": bearer(action_id=others)}, 403, "another action"),
        ("GET", one, {"headers": {"Authorization": f"Bearer {used}"}}, 403, "does not allow"),
        ("GET", f"/actions/{others}", {}, 404, "of this capability's user"),
        ("POST", f"/actions/{others}/reply", {"json": {"text": "x"}}, 404, "of this capability's user"),
        ("POST", f"/actions/{others}/withdrawal", {}, 404, "of this capability's user"),
        (
            "POST",
            f"/actions/{others}/follow-up",
            {"json": {"request_id": "1", "text": "x"}},
            404,
            "of this capability's user",
        ),
        ("GET", f"{one[:-1]}{'0' if one[-1] != '0' else '1'}", {}, 404, "there is no action"),
        ("GET", "/actions/nothing", {}, 422, "path.action_id"),
        ("GET", "/nowhere", {}, 404, "/openapi.json lists the paths"),
        ("DELETE", one, {}, 405, "Expected another method: "),
        ("GET", one, {"params": {"until": "never"}}, 422, "'waiting', 'asked' or 'ended'"),
        ("GET", one, {"params": {"until": "ended", "within": 31}}, 422, "less than or equal to 30"),
        ("POST", f"{one}/reply", {"json": {"text": "x"}}, 409, "No question is open, so there is nothing to answer."),
        ("POST", f"/actions/{others}/feedback", {"json": {"thumb": "up"}}, 404, "of this capability's user"),
        ("POST", f"{one}/feedback", {"json": {"thumb": "sideways"}}, 422, "Input should be 'up' or 'down'"),
        ("POST", f"{one}/feedback", {"json": {"thumb": "up", "text": "x" * 1001}}, 422, "at most 1000 characters"),
        ("POST", f"{one}/reply", {"json": {"text": "x" * 4001}}, 422, "at most 4000 characters"),
        ("POST", f"{one}/reply", {"content": b"text"}, 422, "Content-Type: application/json"),
        ("POST", f"{one}/reply", {"content": b"\xff", "headers": {"Content-Type": "application/json"}}, 422, "UTF-8"),
        ("POST", f"{one}/reply", {"content": b"x" * 70_000}, 413, "at most 65536 bytes"),
        ("POST", "/actions", {"json": WISH | {"request_id": ""}}, 422, "body.request_id"),
        ("POST", "/actions", {"json": WISH | {"subject": BO}}, 422, "body.subject"),
        ("POST", "/actions", {"json": WISH | {"action": "order_return"}}, 403, "for the action 'order_cancellation'"),
        ("POST", "/actions", {"json": TEA, "headers": bearer(action="make_tea")}, 422, "known actions"),
    ]  # fmt: skip
    async with caller(rig) as http:
        for method, path, request, code, words in refusals:
            refused(await http.request(method, path, **request), code, words)
        wish = WISH | {"request_id": "web-2"}
        assert (await http.post("/actions", json=wish)).status_code == 201
        refused(await http.post("/actions", json=wish | {"text": "another wish"}), 409, "use a new id")
    assert (await rig.service.status(status.action_id)).awaiting == "operator"


def refused(answer: httpx2.Response, code: int, words: str) -> None:
    asked = f"{answer.request.method} {answer.request.url}"
    assert (answer.status_code, answer.headers["content-type"]) == (code, "application/problem+json"), asked
    told = answer.json()
    assert (told["status"], told["type"].partition("leverframe:")[1]) == (code, "leverframe:")
    assert words in told["detail"], asked
    assert answer.headers["cache-control"] == "no-store"
    if code == 401:
        assert answer.headers["www-authenticate"].startswith("Bearer")


@pytest.mark.parametrize("within", [None, 5.0])
async def test_the_sdk_waits_without_asking_again(rig: Rig, within: float | None) -> None:
    action_id = await rig.start()
    status = await rig.service.wait(action_id, within=within)
    assert status.awaiting == "operator"
    assert await rig.service.outcome(action_id) is None
    ending = asyncio.create_task(rig.service.wait(action_id, "ended"))
    await rig.withdraw(action_id)
    assert (await ending).awaiting == "nobody"
    outcome = await rig.service.outcome(action_id)
    assert outcome is not None
    assert outcome.kind == "withdrawn"
