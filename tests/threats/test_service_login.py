"""A service's login to Temporal is stolen, and the payload keys with it, but no issuer's key.

Its own reach: it can start, cancel and terminate workflows, read what passes through them (the capabilities of actions
too), put words into a user's mouth (``reply``), and answer for any role by polling its task queue: withhold, show
something false, claim an end that was none. With an action's stolen capability it can do in that action's name what
the workflow worker can (``test_workflow_worker``), until the capability expires or is revoked. No row of another user,
and nothing destructive without people who have approved exactly that.
"""

import re
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from temporalio.client import ActivityFailureError, WorkflowFailureError
from temporalio.common import RetryPolicy
from temporalio.testing import WorkflowEnvironment

from leverframe import Refused, Status, sign_decision
from leverframe.capability import Use, use_of
from leverframe.contracts.calling import CallRequest, PreviewRequest
from leverframe.contracts.decision import Decision
from leverframe.contracts.ledger import RecordRequest
from leverframe.contracts.names import task_queue
from leverframe.keys import SigningKeys
from tests.support.keys import capability
from tests.support.rig import BO, BOS, LAMP, Rig, open_rig
from tests.threats.support import LISTING, ROGUE, Denied, Hostile, both, entry, obeying
from worker.testing.keys import OLGA, TURN
from worker.testing.postgres import Database
from worker.testing.serving import approvals_settings, as_person
from worker.testing.waiting import until

ROGUES = SigningKeys([(11, ROGUE.private_key)])
ACTION = "order_cancellation"


@dataclass
class Login:
    """The stolen login, and an action of Mia's that waits for an operator."""

    rig: Rig
    victim: Status

    @property
    def new(self) -> str:
        """An action's id that is not taken."""
        return f"{ACTION}-{'0' * 16}-{self.rig.prefix[-8:]}0000"

    async def stolen(self, action_id: str | None = None) -> dict[str, Any]:
        """The request that an action was started with, capability and all, out of its history."""
        history = await self.rig.client.get_workflow_handle(action_id or self.victim.action_id).fetch_history()
        payloads = history.events[0].workflow_execution_started_event_attributes.input.payloads
        (request,) = await self.rig.client.data_converter.decode(payloads, [dict[str, Any]])
        return dict(request)

    async def start(self, **changed: Any) -> str:
        """Start an action past the SDK, and say how it ended or why it could not be."""
        request = {k: v for k, v in (await self.stolen() | changed).items() if v is not None}
        queue = task_queue("workflows", self.rig.prefix)
        handle = await self.rig.client.start_workflow(ACTION, request, id=self.new, task_queue=queue, priority=TURN)
        try:
            outcome = await handle.result()
        except WorkflowFailureError as error:
            return str(innermost(error))
        return f"{outcome['kind']}: {await problems(self.rig, self.new)} {outcome['reply']}"

    async def puppet(self, action_id: str | None = None) -> Hostile:
        """A workflow of its own, on a task queue of its own, with what was stolen."""
        request = await self.stolen()
        queue = f"{self.rig.prefix}-mine"
        handle: Any = await self.rig.client.start_workflow(ACTION, request, id=action_id or self.new, task_queue=queue)
        return Hostile(self.rig, handle, request["capability"], request["issuer_key"])

    async def olga(self) -> str:
        """She approves what she was shown of the waiting action; how it ends."""
        plan = (await self.rig.service.status(self.victim.action_id)).plan
        assert plan is not None
        decision = sign_decision(
            str(OLGA.newest[1]), action_id=self.victim.action_id, digest=plan.digest, choice="approve"
        )
        await self.rig.service.decide(self.victim.action_id, "approve", decision)
        return (await self.rig.result(self.victim.action_id)).kind


def innermost(error: BaseException) -> BaseException:
    return innermost(error.__cause__) if error.__cause__ else error


async def problems(rig: Rig, action_id: str) -> str:
    return " ".join(f"{body['what']} {body.get('cause', '')}" for body in await rig.kinds(action_id, "problem"))


@pytest.fixture
async def login(temporal: WorkflowEnvironment, database: Database, operators: Path) -> AsyncIterator[Login]:
    settings = approvals_settings(database, approver_trust="signed", operators_file=operators)
    async with (
        open_rig(temporal, database, approvals=settings) as rig,
        obeying(rig.client, f"{rig.prefix}-mine"),
    ):
        yield Login(rig, await rig.waiting())


Attempt = Callable[[Login], Awaitable[str]]


async def no_token(me: Login) -> str:
    return await me.start(capability=None)


async def no_token_at_all(me: Login) -> str:
    return await me.start(capability="none")


async def minted_itself(me: Login) -> str:
    token = capability(BO, action_id=me.new, issuer=ROGUES)
    return await me.start(capability=token, issuer_key=str(ROGUE.public_key))


async def expired(me: Login) -> str:
    return await me.start(capability=capability(BO, action_id=me.new, days=-1))


async def of_another_request(me: Login) -> str:
    return await me.start(request_id="another")


async def of_another_kind(me: Login) -> str:
    return await me.start(action="refund_everything")


async def in_its_own_name(me: Login) -> str:
    mine = await me.puppet()
    return (await mine.call(LISTING, operation="read")).message


async def in_the_victims_name(me: Login) -> str:
    mine, name = await me.puppet(), me.victim.action_id
    token = mine.narrowed(use_of("read", name, [LISTING], {}))
    return (await mine.call(LISTING, action_id=name, capability=token)).message


async def a_preview(me: Login) -> str:
    mine, name = await me.puppet(), me.victim.action_id
    return (await mine.preview(action_id=name, capability=mine.narrowed(use_of("preview", name, both(), {})))).refusal


async def a_note(me: Login) -> str:
    mine, name = await me.puppet(), me.victim.action_id
    await mine.record(entry(), action_id=name, capability=mine.narrowed(Use("record", name)))
    return ""


async def a_judgement(me: Login) -> str:
    mine, plan = await me.puppet(), me.victim.plan
    assert plan is not None
    run = (await me.rig.client.get_workflow_handle(me.victim.action_id).describe()).run_id
    return (await mine.judge(plan, 0, action_id=me.victim.action_id, run_id=run)).reason


def without_a_workflow(name: str) -> Attempt:
    """The activity alone, which the server schedules without any workflow."""

    async def attempt(me: Login) -> str:
        victim, token = me.victim.action_id, (await me.stolen())["capability"]
        request: Any = {
            "call": CallRequest(action_id=victim, capability=token, planned=LISTING),
            "preview": PreviewRequest(action_id=victim, capability=token, calls=both()),
            "record": RecordRequest(action_id=victim, capability=token, entries=(entry(),)),
        }[name]
        try:
            done = await me.rig.client.execute_activity(
                name,
                request,
                id=f"{name}-{victim}",
                task_queue=task_queue("tools", me.rig.prefix),
                start_to_close_timeout=timedelta(seconds=10),
                retry_policy=RetryPolicy(maximum_attempts=1),
            )
        except ActivityFailureError as error:
            return str(error.cause)
        return f"nothing was refused: {done}"

    return attempt


async def as_olga(me: Login) -> str:
    assert me.victim.plan is not None
    person = await as_person(me.rig.client, "olga@support")
    handle = person.get_workflow_handle(me.victim.action_id)
    await handle.signal("approve", Decision(code=me.victim.plan.code))
    await me.rig.until(me.victim.action_id, lambda status: "vouches" in (status.notice or ""))
    (body,) = await until(lambda: me.rig.kinds(me.victim.action_id, "decision"), bool)
    assert (body["accepted"], body["approver"]["identity"]) == (False, "olga@support")
    return str(body["reason"])


async def with_olgas_old_signature(me: Login) -> str:
    """What Olga signed for another action of the same user."""
    other = await me.rig.waiting()
    assert other.plan is not None
    key = str(OLGA.newest[1])
    old = sign_decision(key, action_id=other.action_id, digest=other.plan.digest, choice="approve")
    code = me.victim.plan.code if me.victim.plan else ""
    with pytest.raises(Refused) as refused:
        await me.rig.service.decide(me.victim.action_id, "approve", old.model_copy(update={"code": code}))
    await me.rig.withdraw(other.action_id)
    return str(refused.value)


async def with_trust_of_its_own(me: Login) -> str:
    assert me.victim.plan is not None
    value = {"code": me.victim.plan.code, "approver_trust": "claimed", "trust": "principal"}
    await me.rig.client.get_workflow_handle(me.victim.action_id).signal("approve", value)
    status = await me.rig.until(me.victim.action_id, lambda status: status.notice is not None)
    return str(status.notice)


ATTEMPTS: dict[str, tuple[Attempt, str]] = {
    "starting an action without a token": (no_token, "expected one ActionRequest"),
    "starting an action with what is no token": (no_token_at_all, "expected one ActionRequest"),
    "acting for another user: a token that it minted": (
        minted_itself,
        "blocked: .*does not count here",
    ),
    "acting for another user: an expired token": (expired, "handed_over: .*expired"),
    "replaying a token for another request": (
        of_another_request,
        "blocked: .*does not count here",
    ),
    "a token for another action": (of_another_kind, "expected one ActionRequest|workflow type"),
    "calling a tool by hand on its task queue": (in_its_own_name, "another action"),
    "calling a tool by hand, in an action's name": (in_the_victims_name, "not the action it names"),
    "previewing by hand, in an action's name": (a_preview, "not the action it names"),
    "recording by hand, in an action's name": (a_note, "not the action it names"),
    "judging by hand, in an action's name": (a_judgement, "no other action's"),
    "calling a tool by hand without a workflow": (without_a_workflow("call"), "not the action it names"),
    "previewing by hand without a workflow": (without_a_workflow("preview"), "not the action it names"),
    "recording by hand without a workflow": (without_a_workflow("record"), "not the action it names"),
    "forging the signal's identity": (as_olga, "Nobody vouches for who you are"),
    "replaying an approval for another action": (with_olgas_old_signature, "signature does not hold"),
    "downgrading approver_trust": (with_trust_of_its_own, "could not be read"),
}


@pytest.mark.parametrize("name", ATTEMPTS)
async def test_it_loses_nothing_but_its_reach(login: Login, name: str) -> None:
    attempt, words = ATTEMPTS[name]
    before = await login.rig.snapshot()
    try:
        told = await attempt(login)
    except Denied as denied:
        told = str(denied)
    assert re.search(words, told), told
    assert await login.rig.snapshot() == before
    assert BOS not in str(login.rig.model.requests)
    assert await login.olga() == "done"
    assert [row["order_id"] for row in await login.rig.refunds()] == [LAMP]
