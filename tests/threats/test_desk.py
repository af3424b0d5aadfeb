"""The desk without a browser: whatever is sent to it, nobody sees or decides anything but who signs with a passkey."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx2
import pytest
from temporalio.testing import WorkflowEnvironment

from desk.inbox.desk import Desk
from desk.web.app import MAX_BODY, WebDesk
from desk.web.directory import revoke, take_in
from desk.web.invitations import Invitations
from desk.web.tries import OF_NAME
from leverframe import Status
from leverframe.errors import KeyServiceUnreachable
from leverframe.operators_file import OperatorsFile
from tests.support.authenticator import Authenticator
from tests.support.rig import Rig, cancel, open_rig
from tests.ui.browser_desk import DIRECTORY
from worker.testing.postgres import Database
from worker.testing.serving import approvals_settings

SITE = "https://desk.example.com"


class Visitor:
    """Somebody with a program of their own."""

    def __init__(self, web: WebDesk) -> None:
        transport = httpx2.ASGITransport(app=web.app())
        self.http = httpx2.AsyncClient(transport=transport, base_url=SITE, headers={"Origin": SITE})

    async def sign_in(self, device: Authenticator, **wrong: Any) -> httpx2.Response:
        asked = (await self.http.post("/sign-in/challenge")).json()["challenge"]
        signed = device.sign(asked.encode(), **wrong).model_dump()
        return await self.http.post("/sign-in", json={"challenge": asked, "signed": signed})

    async def decide(self, status: Status, device: Authenticator, **changed: Any) -> httpx2.Response:
        assert status.plan is not None
        digest = status.plan.digest
        signed = device.decide(status.action_id, digest).model_dump()
        body = {"choice": "approve", "digest": digest, "note": "", "amount": "", "signed": signed} | changed
        return await self.http.post(f"/actions/{status.action_id}/decision", json=body)


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    file = tmp_path / "operators.toml"
    file.write_text(DIRECTORY)
    return file


@pytest.fixture
def olga(directory: Path) -> Authenticator:
    device = Authenticator("b2xnYQ", SITE)
    take_in(directory, "olga", device.passkey)
    return device


@pytest.fixture
async def rig(temporal: WorkflowEnvironment, database: Database, directory: Path) -> AsyncIterator[Rig]:
    approvals = approvals_settings(database, approver_trust="signed", operators_file=directory)
    async with open_rig(temporal, database, approvals=approvals) as rig:
        rig.script[:] = [cancel()]
        yield rig


@pytest.fixture
def web(rig: Rig, directory: Path, tmp_path: Path) -> WebDesk:
    return WebDesk(
        desk=Desk(rig.client),
        operators=OperatorsFile(directory, "signed"),
        invitations=Invitations(tmp_path / "invitations"),
        site=SITE,
    )


@pytest.fixture
async def visitor(web: WebDesk) -> AsyncIterator[Visitor]:
    visitor = Visitor(web)
    async with visitor.http:
        yield visitor


async def test_without_a_passkey_nothing_is_shown_and_nothing_is_taken(
    rig: Rig, visitor: Visitor, olga: Authenticator
) -> None:
    status = await rig.waiting()
    assert (await visitor.http.get("/")).headers["location"] == "/sign-in?next=/"
    page = await visitor.http.get(f"/actions/{status.action_id}")
    assert (page.status_code, "54.10" in page.text) == (303, False)
    refused = await visitor.decide(status, olga)
    assert (refused.status_code, refused.json()["message"][:22]) == (401, "You are not signed in ")
    for wrong in (
        {"origin": "https://evil.example"},
        {"host": "evil.example"},
        {"flags": 1},
        {"kind": "webauthn.create"},
    ):
        assert (await visitor.sign_in(olga, **wrong)).status_code == 403
    assert (await visitor.sign_in(Authenticator("c3RyYW5nZXI", SITE))).status_code == 403
    assert (await rig.service.status(status.action_id)).plan is not None


async def test_signing_in_cannot_be_replayed(rig: Rig, visitor: Visitor, olga: Authenticator) -> None:
    asked = (await visitor.http.post("/sign-in/challenge")).json()["challenge"]
    body = {"challenge": asked, "signed": olga.sign(asked.encode()).model_dump()}
    assert (await visitor.http.post("/sign-in", json=body)).status_code == 200
    visitor.http.cookies.clear()
    assert (await visitor.http.post("/sign-in", json=body)).status_code == 403
    made_up = {"challenge": "never given", "signed": olga.sign(b"never given").model_dump()}
    assert (await visitor.http.post("/sign-in", json=made_up)).status_code == 403


async def test_a_decision_is_signed_by_whoever_is_signed_in(
    rig: Rig, visitor: Visitor, olga: Authenticator, directory: Path
) -> None:
    status = await rig.waiting()
    assert (await visitor.sign_in(olga)).status_code == 200
    rita = Authenticator("cml0YQ", SITE)
    take_in(directory, "rita", rita.passkey)
    assert (await visitor.decide(status, rita)).status_code == 403
    assert (await visitor.decide(status, olga, signed=None)).status_code == 403
    for changed in ({"choice": "reject"}, {"amount": "54.10"}, {"digest": "ab" * 32}):
        answer = await visitor.decide(status, olga, **changed)
        assert (answer.status_code, answer.json()["accepted"]) == (409, False), changed
    assert await rig.refunds() == []
    assert (await visitor.decide(status, olga)).json()["accepted"] is True
    assert (await rig.result(status.action_id)).kind == "done"
    assert len(await rig.refunds()) == 1


async def test_a_decision_that_cannot_be_handed_on_is_told_in_words(
    web: WebDesk, rig: Rig, olga: Authenticator, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def away(*_: object) -> None:
        raise KeyServiceUnreachable("the key service is away; try again")

    status = await rig.waiting()
    visitor = Visitor(web)
    async with visitor.http:
        await visitor.sign_in(olga)
        monkeypatch.setattr(web.desk, "send", away)
        answer = await visitor.decide(status, olga)
    assert (answer.status_code, answer.json()) == (
        503,
        {"accepted": False, "message": "the key service is away; try again"},
    )


async def test_another_sites_page_changes_nothing(rig: Rig, visitor: Visitor, olga: Authenticator) -> None:
    status = await rig.waiting()
    await visitor.sign_in(olga)
    for origin in ("https://evil.example", "null", SITE + ".evil.example", ""):
        visitor.http.headers["Origin"] = origin
        for path in (f"/actions/{status.action_id}/decision", "/sign-in", "/sign-out", "/enrol/x"):
            assert (await visitor.http.post(path, json={})).status_code == 403
    assert (await visitor.http.get("/")).status_code == 200


async def test_who_leaves_the_directory_is_signed_out_and_decides_nothing(
    rig: Rig, visitor: Visitor, olga: Authenticator, directory: Path
) -> None:
    status = await rig.waiting()
    await visitor.sign_in(olga)
    directory.write_text(DIRECTORY.replace("[olga]", "[olga-the-second]"))
    assert (await visitor.http.get("/")).status_code == 303
    assert (await visitor.decide(status, olga)).status_code == 401


async def test_a_lost_device_is_signed_out_and_one_person_signs_in_so_often(
    rig: Rig, visitor: Visitor, olga: Authenticator, directory: Path
) -> None:
    statuses = [(await visitor.sign_in(olga)).status_code for _ in range(OF_NAME + 1)]
    assert statuses == [200] * OF_NAME + [429]
    assert (await visitor.http.get("/")).status_code == 200
    assert revoke(directory, "olga", olga.id) == 1
    assert (await visitor.http.get("/")).status_code == 303


@pytest.mark.parametrize(
    "body", [b"", b"[]", b"{", b"\xff", b"[" * 5000, b'{"choice": "approve"}', b"x" * (MAX_BODY + 1)]
)
async def test_bad_bodies_are_refused_in_words(rig: Rig, visitor: Visitor, olga: Authenticator, body: bytes) -> None:
    await visitor.sign_in(olga)
    answer = await visitor.http.post("/actions/order_cancellation-x/decision", content=body)
    assert answer.status_code in (400, 403, 413)
    assert "Traceback" not in answer.text


async def test_every_answer_is_kept_to_this_site(rig: Rig, visitor: Visitor) -> None:
    for path in ("/sign-in", "/static/desk.js", "/nowhere", "/enrol/x", "/sign-in?next=https://evil.example"):
        answer = await visitor.http.get(path)
        policy = answer.headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "frame-ancestors 'none'" in policy
        assert answer.headers["cache-control"] == "no-store"
        assert "evil.example" not in answer.text


async def test_an_unknown_action_and_a_hostile_id_are_told(rig: Rig, visitor: Visitor, olga: Authenticator) -> None:
    await visitor.sign_in(olga)
    for name in ("order_cancellation-0-0", "%3Cscript%3Ealert(1)%3C%2Fscript%3E", "..%2F..%2Fetc%2Fpasswd"):
        answer = await visitor.http.get(f"/actions/{name}")
        assert answer.status_code in (404, 503), name
        assert "<script>alert" not in answer.text
