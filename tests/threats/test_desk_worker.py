"""The desk is taken over: what it can do with its login, its page, and what passkeys have signed at it."""

from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
from temporalio.testing import WorkflowEnvironment

from desk.web.directory import take_in
from leverframe import Refused, Status
from leverframe.contracts.case import CaseAct
from leverframe.contracts.decision import Decision, Handling, PasskeySignature
from leverframe.operating import Operating
from tests.support.authenticator import SITE, Authenticator
from tests.support.rig import CHAIR, LAMP, Rig, cancel, open_rig
from tests.workflows.test_cases import handed_over
from worker.testing.postgres import Database
from worker.testing.serving import approvals_settings

DIRECTORY = '[olga]\nroles = ["support"]\n[rita]\nroles = ["support", "support_lead"]\n'


@pytest.fixture
def olga() -> Authenticator:
    return Authenticator("b2xnYQ", SITE)


@pytest.fixture
async def rig(
    temporal: WorkflowEnvironment, database: Database, tmp_path: Path, olga: Authenticator
) -> AsyncIterator[Rig]:
    directory = tmp_path / "operators.toml"
    directory.write_text(DIRECTORY)
    take_in(directory, "olga", olga.passkey)
    approvals = approvals_settings(database, approver_trust="signed", operators_file=directory)
    async with open_rig(temporal, database, approvals=approvals) as opened:
        yield opened


def digest(status: Status) -> str:
    assert status.plan is not None
    return status.plan.digest


async def decide(desk: Operating, status: Status, signed: PasskeySignature | None, amount: str | None = None) -> object:
    return await desk.decide(status.action_id, "approve", Decision(code=digest(status), passkey=signed, amount=amount))


Signing = Callable[[Authenticator, Status, Status], PasskeySignature | None]
ATTEMPTS: dict[str, Signing] = {
    "nothing": lambda olga, plan, other: None,
    "what somebody signed in with": lambda olga, plan, other: olga.sign(b"the challenge of a sign-in"),
    "a rejection": lambda olga, plan, other: olga.decide(plan.action_id, digest(plan), "reject"),
    "a claim": lambda olga, plan, other: olga.decide(plan.action_id, digest(plan), "claim"),
    "the approval of another plan": lambda olga, plan, other: olga.decide(other.action_id, digest(other)),
    "the approval with an amount": lambda olga, plan, other: olga.decide(plan.action_id, digest(plan), amount="54.10"),
    "an approval on a page of its own": lambda olga, plan, other: olga.decide(
        plan.action_id, digest(plan), origin="https://evil.example", host="evil.example"
    ),
    "one by a device that did not ask who it was": lambda olga, plan, other: olga.decide(
        plan.action_id, digest(plan), flags=1
    ),
    "one by a passkey of its own under her id": lambda olga, plan, other: Authenticator(olga.id, SITE).decide(
        plan.action_id, digest(plan)
    ),
}
"""What it has in its hands, beside its login, and sends as her approval."""


async def test_it_has_nothing_done_that_nobody_signed(rig: Rig, olga: Authenticator) -> None:
    plan = await rig.waiting()
    rig.script[:] = [cancel(CHAIR)]
    other = await rig.waiting(f"cancel {CHAIR}, I no longer need it")
    before, desk = await rig.snapshot(), await rig.person("olga")
    for name, signing in ATTEMPTS.items():
        with pytest.raises(Refused) as refused:
            await decide(desk, plan, signing(olga, plan, other))
        told = "sign the decision with your own key" if name == "nothing" else "The passkey's signature does not hold"
        assert told in str(refused.value), name
    handing = Handling(code=digest(plan), act="hand_over", to="rita", passkey=ATTEMPTS["a claim"](olga, plan, other))
    with pytest.raises(Refused, match="The passkey's signature does not hold"):
        await desk.handle(plan.action_id, handing)
    assert await rig.snapshot() == before
    now = await rig.service.status(plan.action_id)
    assert (now.approvals, now.claim) == ((), None)
    # What she does sign counts once, and for that plan alone.
    signed = olga.decide(plan.action_id, digest(plan))
    await decide(desk, plan, signed)
    assert (await rig.result(plan.action_id)).kind == "done"
    with pytest.raises(Refused, match="The passkey's signature does not hold"):
        await decide(desk, other, signed, "140.00")
    assert [row["order_id"] for row in await rig.refunds()] == [LAMP]
    assert [one["accepted"] for one in await rig.kinds(plan.action_id, "decision")] == [False] * len(ATTEMPTS) + [True]


async def test_it_settles_no_case_that_nobody_signed(rig: Rig, olga: Authenticator) -> None:
    case, desk = await handed_over(rig), await rig.person("olga")
    for signed in (None, olga.sign(b"the challenge of a sign-in")):
        with pytest.raises(Refused, match=r"own key|does not hold"):
            await desk.cases.handle(case.case_id, "resolve", CaseAct(note="Nothing to do.", passkey=signed))
    assert (await rig.operator.cases.look(case.case_id)).resolved is None


async def test_its_reach_who_signs_in_at_it_signs_the_plan_that_it_names(rig: Rig, olga: Authenticator) -> None:
    """Whoever touches their device at a page that lies signs what that page puts before the device."""
    plan = await rig.waiting()
    assert plan.plan is not None
    await decide(await rig.person("olga"), plan, olga.decide(plan.action_id, digest(plan)))
    assert (await rig.result(plan.action_id)).kind == "done"
    # A plan that waited, once, by a person of the role: it is in the ledger under her name, with what she signed.
    (decision,) = await rig.kinds(plan.action_id, "decision")
    assert (decision["approver"]["person"], decision["passkey"]["id"]) == ("olga", olga.id)
