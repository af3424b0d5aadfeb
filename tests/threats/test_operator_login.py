"""An operator's login is taken over. It holds what the operator has: an identity at the Temporal server, and, where
decisions are signed, the operator's own key.

Its own reach: the decisions of that one person, in that person's role, each counted once, on plans that wait. Where one
person is enough, that is such a plan; above the limit it is nothing. It may also answer a user's open question, as
any login to Temporal may, and so have another plan of that user's shown.
"""

import re
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from temporalio.testing import WorkflowEnvironment

from leverframe import Leverframe, Refused, Status, sign_decision
from leverframe.contracts.decision import Choice, Decision, Trust
from leverframe.keys import SigningKeys
from tests.support.rig import CHAIR, MIA, SOFA, Rig, cancel, open_rig
from tests.support.typed import typed
from tests.threats.support import ROGUE
from worker.testing.keys import OLGA, RITA
from worker.testing.postgres import Database
from worker.testing.rig import propose
from worker.testing.servers import skipping_server
from worker.testing.serving import approvals_settings, as_person
from worker.testing.waiting import until

ROGUES = SigningKeys([(31, ROGUE.private_key)])
TOO_MANY_TIMES = "decided on this plan already"
OWN_REQUEST = "cannot decide on it: another person must"
SIGNATURE = "signature does not hold"

Attempt = Callable[[Rig], Awaitable[Status]]
"""Makes an attempt that raises Refused, and returns the action that waits on."""


async def sends(rig: Rig, status: Status, name: str, code: str = "", choice: Choice = "approve") -> None:
    """Decide under a name that the server passes on."""
    assert status.plan is not None
    person = Leverframe(await as_person(rig.client, name))
    decision = Decision(code=code or status.plan.code, amount=typed(status.plan))
    await person.decide(status.action_id, choice, decision)


async def signs(rig: Rig, status: Status, keys: SigningKeys, name: str = "somebody", **changed: Any) -> Decision:
    """Decide with a signature, sent under any name; returns what was sent."""
    assert status.plan is not None
    said = {"action_id": status.action_id, "digest": status.plan.digest, "choice": "approve"} | changed
    said |= {"amount": typed(status.plan)}
    decision = sign_decision(str(keys.newest[1]), **said).model_copy(update={"code": status.plan.code})
    await Leverframe(await as_person(rig.client, name)).decide(status.action_id, "approve", decision)
    return decision


async def sofa(rig: Rig, **other: str) -> Status:
    """A plan that two people must approve."""
    rig.script[:] = [cancel(SOFA)]
    return await rig.waiting("cancel my sofa, I no longer need it", **other)


Step = Callable[[Rig, Status], Awaitable[object]]


def as_name(name: str, **started: str) -> tuple[dict[str, str], Step]:
    return started, lambda rig, status: sends(rig, status, name)


def with_signature(keys: SigningKeys, **changed: Any) -> tuple[dict[str, str], Step]:
    return {}, lambda rig, status: signs(rig, status, keys, **changed)


async def twice(rig: Rig, status: Status) -> None:
    await sends(rig, status, "olga@support")
    await sends(rig, status, "o.berg@support")


async def twice_alike(rig: Rig, status: Status) -> None:
    await sends(rig, status, "olga@support")
    await sends(rig, status, " OLGA@Support ")


async def named_and_signed(rig: Rig, status: Status) -> None:
    await sends(rig, status, "olga@support")
    await signs(rig, status, OLGA, "rita@support")


async def another_plan(rig: Rig, status: Status) -> None:
    rig.script.append(cancel(CHAIR))
    other = await rig.waiting(f"cancel {CHAIR}, I no longer need it")
    assert other.plan is not None
    await rig.withdraw(other.action_id)
    await sends(rig, status, "olga@support", other.plan.code)


async def rita_again(rig: Rig, status: Status) -> None:
    """What Rita has signed is sent once more."""
    decision = await signs(rig, status, RITA)
    await Leverframe(await as_person(rig.client, "olga@support")).decide(status.action_id, "approve", decision)


async def ritas_other_action(rig: Rig, status: Status) -> None:
    other = await sofa(rig)
    await rig.withdraw(other.action_id)
    await signs(rig, status, RITA, action_id=other.action_id)


async def as_the_user(rig: Rig, status: Status) -> None:
    await rig.operator.reply(status.action_id, "and the garden chair too")


ATTEMPTS: dict[str, tuple[tuple[dict[str, str], Step], str]] = {
    "self-approval: as the requester": (as_name("olga@support", requester="olga@support"), OWN_REQUEST),
    "self-approval: the requester under an alias": (as_name("o.berg@support", requester="olga@support"), OWN_REQUEST),
    "self-approval: the requester by another kind of name": (as_name("olga@support", requester="olga"), OWN_REQUEST),
    "self-approval: the requester, written otherwise": (as_name(" OLGA@SUPPORT", requester="Olga"), OWN_REQUEST),
    "self-approval: the requester's principal": (as_name("olga@support", requester="jwt:olga"), OWN_REQUEST),
    "self-approval: as the subject": (as_name(MIA), OWN_REQUEST),
    "self-approval: the subject under an alias": (as_name("mia@home"), OWN_REQUEST),
    "one person counted twice under two names": (({}, twice), TOO_MANY_TIMES),
    "one person counted twice under one name, written otherwise": (({}, twice_alike), TOO_MANY_TIMES),
    "one person counted twice, by name and by signature": (({}, named_and_signed), TOO_MANY_TIMES),
    "without the role": (as_name("max@billing"), "do not have the role 'support'"),
    "with a role that decides later": (as_name("lena@support"), "do not have the role 'support'"),
    "unknown": (as_name("eve@support"), "does not know you"),
    "without a name": (as_name(" "), "does not know you"),
    "replaying an approval for another plan": (({}, another_plan), "Wrong code"),
    "replaying another person's approval": (({}, rita_again), TOO_MANY_TIMES),
    "replaying another person's approval of another action": (({}, ritas_other_action), SIGNATURE),
    "another person's rejection as an approval": (with_signature(RITA, choice="reject"), SIGNATURE),
    "another person's approval of another plan": (with_signature(RITA, digest="0" * 64), SIGNATURE),
    "replaying an approval at another time": (with_signature(OLGA, valid=timedelta(seconds=-1)), SIGNATURE),
    "signing for another person with a key of its own": (with_signature(ROGUES, name="rita@support"), SIGNATURE),
    "answering as the user where nothing was asked": (({}, as_the_user), "No question is open"),
}  # fmt: skip


@pytest.mark.parametrize("name", ATTEMPTS)
async def test_it_loses_nothing_but_its_reach(
    temporal: WorkflowEnvironment, database: Database, operators: Path, name: str
) -> None:
    (started, step), words = ATTEMPTS[name]
    async with desk(temporal, database, operators) as rig:
        before = await rig.snapshot()
        status = await sofa(rig, **started)
        with pytest.raises(Refused) as refused:
            await step(rig, status)
        assert re.search(words, str(refused.value)), str(refused.value)
        assert await rig.snapshot() == before
        assert await rig.kinds(status.action_id, "effect") == []
        await refusal_is_recorded(rig, status)
        await others_go_on(rig, status)


@asynccontextmanager
async def desk(
    environment: WorkflowEnvironment, database: Database, operators: Path, trust: Trust = "claimed"
) -> AsyncIterator[Rig]:
    settings = approvals_settings(database, approver_trust=trust, operators_file=operators)
    async with open_rig(environment, database, approvals=settings) as rig:
        yield rig


async def refusal_is_recorded(rig: Rig, status: Status) -> None:
    async def refusals() -> list[dict[str, Any]]:
        told = [*await rig.kinds(status.action_id, "decision"), *await rig.kinds(status.action_id, "answer")]
        return [body for body in told if not body["accepted"]]

    # An answer is recorded with what comes next.
    if (await rig.service.status(status.action_id)).notice:
        assert await until(refusals, bool)


async def others_go_on(rig: Rig, status: Status) -> None:
    """The attempt has cost nothing: those who may decide, and have not, still do."""
    approved = [one.person for one in (await rig.service.status(status.action_id)).approvals]
    others = [person for person in ("rita", "nora") if person not in approved]
    for person in others[: 2 - len(approved)]:
        await sends(rig, status, f"{person}@support")
    assert (await rig.result(status.action_id)).kind == "done"
    assert [row["order_id"] for row in await rig.refunds()] == [SOFA]


@pytest.mark.parametrize("trust", ["principal", "signed"])
async def test_forging_the_signals_identity_where_people_must_be_established(
    temporal: WorkflowEnvironment, database: Database, operators: Path, trust: Trust
) -> None:
    """A name is nothing there, whether it is sent in a signal or in an update, and nothing sent along changes that."""
    async with desk(temporal, database, operators, trust) as rig:
        before, status = await rig.snapshot(), await sofa(rig)
        assert status.plan is not None
        for name in ("rita@support", "jwt:rita"):
            with pytest.raises(Refused, match="Nobody vouches for who you are"):
                await sends(rig, status, name)
        handle = (await as_person(rig.client, "rita@support")).get_workflow_handle(status.action_id)
        await handle.signal("approve", Decision(code=status.plan.code, amount=typed(status.plan)))
        await handle.signal("approve", {"code": status.plan.code, "approver_trust": "claimed"})
        bodies = await until(lambda: rig.kinds(status.action_id, "decision"), lambda told: len(told) == 4)
        assert [body["accepted"] for body in bodies] == [False] * 4
        assert await rig.snapshot() == before


async def test_approving_before_it_is_shown(temporal: WorkflowEnvironment, database: Database, operators: Path) -> None:
    """Whoever can foresee a plan can compute its digest; a decision that is sent too early counts for nothing."""
    async with desk(temporal, database, operators) as rig:
        before, status = await rig.snapshot(), await sofa(rig)
        early: list[str] = []

        async def too_early() -> None:
            (action_id,) = set(rig.started) - {status.action_id}
            try:
                await sends(rig, status.model_copy(update={"action_id": action_id}), "olga@support")
            except Refused as refused:
                early.append(str(refused))

        await rig.withdraw(status.action_id)
        rig.before["preview"] = too_early
        again = await rig.waiting("cancel my sofa, I no longer need it")
        assert len(early) == 1
        assert "Too early: no plan waits for a decision" in early[0]
        assert await rig.snapshot() == before
        assert again.approvals == ()
        await others_go_on(rig, again)


async def test_approving_after_escalation_and_after_expiry(database: Database, operators: Path) -> None:
    async with skipping_server() as environment, desk(environment, database, operators) as rig:
        before, status = await rig.snapshot(), await sofa(rig)
        await environment.sleep(timedelta(days=2, hours=1))
        await rig.until(status.action_id, lambda status: status.role == "support_lead")
        with pytest.raises(Refused, match="do not have the role 'support lead'"):
            await sends(rig, status, "olga@support")
        await environment.sleep(timedelta(days=1))
        assert (await rig.result(status.action_id)).kind == "expired"
        for name in ("olga@support", "lena@support"):
            with pytest.raises(Refused, match="ended already"):
                await sends(rig, status, name)
        assert await rig.snapshot() == before


async def test_answering_the_user_and_then_approving_what_comes_of_it(
    temporal: WorkflowEnvironment, database: Database, operators: Path
) -> None:
    """Its reach: it decides for one person where one is enough. Who has spoken for the user is not that person."""
    async with desk(temporal, database, operators) as rig:
        before = await rig.snapshot()
        rig.script[:] = [propose("ask", missing="which_order"), cancel(CHAIR)]
        action_id = await rig.start("cancel my order")
        await rig.until(action_id, lambda status: status.awaiting == "user")
        await rig.operator.reply(action_id, f"{CHAIR}, I no longer need it")
        status = await rig.until(action_id, lambda status: status.awaiting == "operator")
        with pytest.raises(Refused, match="You have answered a question to the user"):
            await sends(rig, status, "olga@support")
        assert await rig.snapshot() == before
        await sends(rig, status, "rita@support")
        assert (await rig.result(action_id)).kind == "done"
        after = await rig.snapshot()
        assert [row["order_id"] for row in after["orders"] if row not in before["orders"]] == [CHAIR]
