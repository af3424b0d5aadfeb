"""A payment provider that goes wrong, in whatever way: the action ends in a clear state, money moves at most once."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from temporalio.testing import WorkflowEnvironment

from audit.audit import audit_action
from leverframe import Refused
from leverframe.capability_uses import case_id
from leverframe.contracts.case import CaseAct
from tests.support.command import command
from tests.support.faulty_proxy import Fault
from tests.support.refunding import Refunding, refund, refunding_rig
from tests.support.rig import LAMP
from tests.support.stripe_double import KEY, StripeDouble
from worker.testing.keys import APPROVALS, ISSUER, PAYLOAD_RING, TENANT
from worker.testing.postgres import Database


@dataclass(frozen=True)
class Case:
    """A fault that strikes so often, and what must have come of it."""

    fault: Fault
    times: int = 1
    on_reads: bool = False
    state: str = "settling"
    moved: tuple[int, ...] = (1250,)
    asked: int = 1
    """How often the provider was asked for the refund."""

    def __str__(self) -> str:
        return f"{self.fault}{' x' + str(self.times) if self.times > 1 else ''}{' (reading)' if self.on_reads else ''}"


CASES = [
    Case("none"),
    Case("timeout before", asked=2),
    Case("timeout after"),
    Case("500 before", asked=2),
    Case("500 before", times=4, asked=5),
    Case("500 after"),
    Case("429", asked=2),
    Case("429", times=4, asked=5),
    Case("409", asked=2),
    Case("reset before", asked=2),
    Case("reset before", times=3, asked=4),
    Case("reset after"),
    Case("garbage"),
    Case("other json"),
    Case("half an answer"),
    Case("refused", state="handed_over", moved=()),
    Case("timeout before", on_reads=True),
    Case("500 before", times=3, on_reads=True),
    Case("429", times=2, on_reads=True),
    Case("garbage", on_reads=True),
    Case("half an answer", on_reads=True),
]


@pytest.mark.parametrize("case", CASES, ids=str)
async def test_whatever_goes_wrong(refunding: Refunding, case: Case) -> None:
    status = await refunding.wanted()
    assert status.plan is not None
    refunding.proxy.goes_wrong(case.fault, case.times, on_reads=case.on_reads)
    await refunding.rig.operator.approve(status.action_id, status.plan.code)
    await refunding.rig.until(status.action_id, lambda now: now.state == case.state)

    assert tuple(refunding.moved) == case.moved
    assert len(refunding.proxy.asked) == case.asked
    keys = {request.headers["idempotency-key"] for request in refunding.proxy.asked}
    assert keys == {status.plan.calls[0].changes[1].key["idempotency_key"]}
    assert await refunding.booked() == [("12.50", None) for _ in case.moved]
    effects = await refunding.rig.kinds(status.action_id, "effect")
    found = [refund["id"] for refund in refunding.stripe.refunds(refunding.payment)]
    assert [answer["refund"] for effect in effects for answer in effect["answers"]] == found


async def test_a_refusal_is_told_to_people_in_the_providers_words(refunding: Refunding) -> None:
    status = await refunding.wanted()
    assert status.plan is not None
    refunding.proxy.goes_wrong("refused")
    await refunding.rig.operator.approve(status.action_id, status.plan.code)
    outcome = await refunding.rig.result(status.action_id)
    assert (outcome.kind, outcome.state) == ("handed_over", "handed_over")
    problems = [problem["what"] for problem in await refunding.rig.kinds(status.action_id, "problem")]
    assert "Refund payment partly: The payment provider refuses: No more. (REFUND-PROVIDER)" in problems


async def test_what_nobody_can_tell_is_a_persons_and_is_told_as_that(refunding: Refunding) -> None:
    """The answer is lost, and then the provider is away for as long as it is asked."""
    status = await refunding.wanted()
    assert status.plan is not None
    refunding.proxy.goes_wrong("reset after")
    await refunding.rig.operator.approve(status.action_id, status.plan.code)
    await refunding.never_answered()
    outcome = await refunding.rig.result(status.action_id)
    assert (outcome.kind, outcome.state) == ("handed_over", "unsettled")
    audit = await audit_action(refunding.rig.auditor, status.action_id, refunding.rig.people)
    told = [str(entry.body["what"]) for entry in audit.entries if entry.kind == "problem"]
    assert any(NOT_KNOWN in what for what in told)
    assert not any("nothing was written" in what.lower() for what in told)
    assert [problem.what.startswith(NOT_KNOWN) for problem in audit.problems] == [True]
    assert "effect" not in [entry.kind for entry in audit.entries]
    assert (refunding.moved, await refunding.booked()) == ([1250], [])
    steps = [entry.body["event"] for entry in audit.entries if entry.kind == "transition"]
    assert steps[-1] == "unfinished", "nothing that undoes a failed refund has run"
    await reconciled(refunding)
    await found_by_a_person(refunding, status.action_id)


async def found_by_a_person(refunding: Refunding, action_id: str) -> None:
    """In the case, whose people look at the provider: their word settles it, and the audit names it no longer."""
    rig, cases = refunding.rig, refunding.rig.operator.cases
    case = await cases.look(case_id(action_id))
    (unknown,) = case.unknown
    assert unknown.what.startswith("Give 12.50 USD")
    assert unknown.happened is None
    found = CaseAct(call=unknown.call_key, happened=True, note="Refund re_1 stands there.")
    for wrong, told in (
        (found.model_copy(update={"note": " "}), "Say what you have seen"),
        (found.model_copy(update={"call": "refunding#9"}), "expected one of those of this case"),
        (CaseAct(note="Refund re_1 stands there."), '"happened": true'),
    ):
        with pytest.raises(Refused, match=told):
            await cases.handle(case.case_id, "found", wrong)
    assert (await cases.handle(case.case_id, "found", found)).message == "It is recorded as your word."
    case = await cases.look(case.case_id)
    assert [one.happened for one in case.unknown] == [True]
    assert case.story[-1].note == f"{unknown.what}: this has happened. Refund re_1 stands there."
    audit = await audit_action(rig.auditor, action_id, rig.people)
    assert audit.problems == ()
    (settled,) = await rig.kinds(action_id, "settlement")
    assert (settled["call_key"], settled["happened"], settled["run"]) == (unknown.call_key, True, case.run_id)
    assert settled["approver"]["trust"] == "claimed"


NOT_KNOWN = "It is not known whether what was asked of stripe.refunds has happened"


async def reconciled(refunding: Refunding) -> None:
    """The command finds out from the provider, with the auditor's login and the provider's key."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("LEVERFRAME_")} | {
        "LEVERFRAME_SECRETS_DIR": os.devnull,
        "LEVERFRAME_AUDITOR_DATABASE_URL": refunding.rig.database.auditor_url,
        "LEVERFRAME_STRIPE_API_KEY": KEY,
        "LEVERFRAME_STRIPE_URL": refunding.proxy.url,
        **refunding.rig.key_service,
        "COLUMNS": "300",
    }
    refunding.proxy.goes_wrong("none")
    code, output = await command("reconcile", environment=environment)
    (refund,) = refunding.stripe.refunds(refunding.payment)
    assert code == 1, output
    assert f"stripe.refunds says that it has: refund {refund['id']}, status succeeded" in output
    assert "1 requests of the last 30 days looked at: 1 differ or are not known." in output


async def test_what_went_back_elsewhere_is_not_sent_again(refunding: Refunding) -> None:
    refunding.rig.script[:] = [refund("54.10")]
    status = await refunding.wanted(f"Please refund all of {LAMP}: 54.10")
    assert status.plan is not None
    refunding.stripe.refund(refunding.payment, 5410)
    await refunding.rig.operator.approve(status.action_id, status.plan.code)
    assert (await refunding.rig.result(status.action_id)).kind == "handed_over"
    assert refunding.moved == [5410]
    assert refunding.proxy.asked == []
    assert await refunding.booked() == []


async def test_two_refunds_of_one_charge_at_once(refunding: Refunding) -> None:
    refunding.rig.script[:] = [refund("40.00")]
    both = [await refunding.wanted(f"Please refund 40.00 of {LAMP}") for _ in range(2)]
    await asyncio.gather(
        *(refunding.rig.operator.approve(one.action_id, one.plan.code) for one in both if one.plan is not None)
    )
    ended = [
        await refunding.rig.until(one.action_id, lambda now: now.state in ("settling", "handed_over")) for one in both
    ]
    assert sorted(one.state for one in ended) == ["handed_over", "settling"]
    assert refunding.moved == [4000]
    assert await refunding.booked() == [("40.00", None)]


async def test_a_worker_killed_between_the_money_and_the_commit(
    temporal: WorkflowEnvironment, database: Database, stripe_server: StripeDouble, tmp_path: Path
) -> None:
    """The tools' worker has the money moved, and is killed before it hears of that; another one finds the refund."""
    async with (
        refunding_rig(temporal, database, stripe_server, tools_apart=True) as refunding,
        tools_worker(refunding, tmp_path) as first,
    ):
        status = await refunding.wanted()
        assert status.plan is not None
        refunding.proxy.goes_wrong("timeout after")
        await refunding.rig.operator.approve(status.action_id, status.plan.code)
        await asyncio.wait_for(refunding.proxy.struck.wait(), 30)
        first.kill()
        await first.wait()
        assert refunding.moved == [1250]
        assert await refunding.booked() == []
        async with tools_worker(refunding, tmp_path):
            await refunding.settling(status.action_id)
            assert refunding.moved == [1250]
            assert len(refunding.proxy.asked) == 1
            assert await refunding.booked() == [("12.50", None)]
            (effect,) = await refunding.rig.kinds(status.action_id, "effect")
            assert [answer["status"] for answer in effect["answers"]] == ["succeeded"]
            rows = await refunding.rig.sql("SELECT state, tries FROM leverframe.outbox")
            assert [(row["state"], row["tries"]) for row in rows] == [("answered", 2)]


@asynccontextmanager
async def tools_worker(refunding: Refunding, tmp_path: Path) -> AsyncIterator[asyncio.subprocess.Process]:
    """A worker of the tools role in a process of its own."""
    rig = refunding.rig
    environment = {name: value for name, value in os.environ.items() if not name.startswith("LEVERFRAME_")} | {
        "TEMPORAL_ADDRESS": rig.client.service_client.config.target_host,
        "LEVERFRAME_SECRETS_DIR": os.devnull,
        "LEVERFRAME_SPANS": "false",
        "LEVERFRAME_TASK_QUEUE_PREFIX": rig.prefix,
        "LEVERFRAME_TENANT": TENANT,
        "LEVERFRAME_PAYLOAD_KEYS": PAYLOAD_RING,
        "LEVERFRAME_DATABASE_URL": rig.database.tools_url,
        "LEVERFRAME_SCOPE_KEY": rig.database.scope_key,
        "LEVERFRAME_ISSUER_PUBLIC_KEYS": str(ISSUER.public),
        "LEVERFRAME_APPROVALS_PUBLIC_KEYS": str(APPROVALS.public),
        "LEVERFRAME_STRIPE_API_KEY": KEY,
        "LEVERFRAME_STRIPE_URL": refunding.proxy.url,
    }
    command = [sys.executable, "-m", "worker", "run", "--roles", "tools"]
    with (tmp_path / "tools.log").open("ab") as log:
        process = await asyncio.create_subprocess_exec(*command, env=environment, stdout=log, stderr=log)
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()
