"""Several tenants in one deployment: each works on its own rows with its own keys, and nobody else's."""

import asyncio

import pytest
from temporalio.client import WorkflowFailureError
from temporalio.common import Priority
from temporalio.testing import WorkflowEnvironment

from leverframe import InvalidRequest, UnknownAction
from leverframe.contracts.decision import Decision
from leverframe.contracts.names import search_attributes, task_queue
from leverframe.pseudonym import Pseudonyms
from leverframe.starting import Starter
from tests.support.rig import BO
from tests.support.two_tenants import Both, Tenant, two_tenants
from worker.embedded.postgres import EmbeddedPostgres
from worker.settings.tenants import Tenant as Said
from worker.testing.waiting import until

TOO_MANY_OPEN = (
    "Nothing was done: no more than 2 requests of one user are taken at a time. Ask again when one of them has ended."
)
TOO_MANY_TODAY = "Nothing was done: no more than 3 requests are taken of one user within 24 hours. Ask again tomorrow."


async def test_each_works_on_its_own_rows(both: Both) -> None:
    before = await both.beta.rows()
    outcome = await both.acme.cancelled()
    assert outcome.kind == "done"
    assert (await both.acme.lamp(), await both.beta.lamp()) == ("cancelled", "pending")
    assert await both.beta.rows() == before
    outcome = await both.beta.cancelled()
    assert (outcome.kind, await both.beta.lamp()) == ("done", "cancelled")
    assert "decision" in await both.beta.kinds(outcome.action_id)


async def past_the_sdk(tenant: Tenant, token: str, name: str) -> str:
    """Start an action as whoever has a login at Temporal can; how it ended."""
    starter = Starter(Pseudonyms("a hostile starter's own"), tenant.issuer.public)
    asked = starter.ask("order_cancellation", "1", token, "cancel my lamp, I no longer need it")
    handle = await tenant.client.start_workflow(
        "order_cancellation",
        asked.request,
        id=asked.action_id,
        task_queue=task_queue("workflows", tenant.prefix),
        priority=Priority(fairness_key=name),
    )
    outcome = await handle.result()
    return f"{outcome['kind']}: {outcome['reply']}"


async def test_operators_and_services_see_their_own_tenants_actions_alone(both: Both) -> None:
    acme, beta = both.acme, both.beta
    mine = await acme.waiting()
    await beta.waiting()
    (listed,), count = await acme.operator.waiting(["support"], None, 0, 10)
    assert (listed.action_id, count) == (mine.action_id, 1)
    assert [one.action_id async for one in acme.service.all_open()] == [mine.action_id]
    assert mine.plan is not None
    for asked in (
        beta.service.status(mine.action_id),
        beta.operator.why(mine.action_id),
        beta.operator.story(mine.action_id),
        beta.service.result(mine.action_id),
        beta.service.outcome(mine.action_id),
        beta.operator.approve(mine.action_id, mine.plan.code),
        beta.operator.signal(mine.action_id, "reject", Decision(code=mine.plan.code)),
        beta.service.withdraw(mine.action_id, beta.mint()),
        beta.operator.cases.look(mine.action_id),
    ):
        with pytest.raises(UnknownAction, match="there is no action"):
            await asked
    assert (await acme.service.status(mine.action_id)).awaiting == "operator"


async def test_each_has_its_users_feedback_for_itself(both: Both) -> None:
    outcome = await both.acme.cancelled()
    await both.acme.service.feedback(outcome.action_id, "up", capability=both.acme.mint())
    given = await until(lambda: both.acme.operator.feedback_on(outcome.action_id), lambda found: found is not None)
    assert (given.thumb, await both.beta.operator.feedback_on(outcome.action_id)) == ("up", None)


async def test_a_service_cannot_start_with_another_tenants_capability(both: Both) -> None:
    with pytest.raises(InvalidRequest, match="it is for the tenant 'beta', and what starts it is of 'acme'"):
        await both.acme.start(tenant="beta")


async def test_nobody_lists_an_action_among_another_tenants(both: Both) -> None:
    asked = Starter(Pseudonyms("a hostile starter's own"), both.acme.issuer.public).ask(
        "order_cancellation", "1", both.acme.mint(), "cancel my lamp"
    )
    handle = await both.acme.client.start_workflow(
        "order_cancellation",
        asked.request,
        id=asked.action_id,
        task_queue=task_queue("workflows", both.acme.prefix),
        priority=Priority(fairness_key="acme"),
        search_attributes=search_attributes("order_cancellation", "0" * 16, "beta"),
    )
    with pytest.raises(WorkflowFailureError) as refused:
        await handle.result()
    assert "its LeverframeTenant must be its capability's tenant, 'acme', and is 'beta'" in str(refused.value.cause)


@pytest.mark.parametrize("named", ["beta", "gamma", "acme\n"])
async def test_a_foreign_or_unknown_tenant_is_refused_as_an_outcome(both: Both, named: str) -> None:
    """Whoever holds the key of one tenant's issuer can mint a token that names another, and start with it."""
    before = await both.acme.rows(), await both.beta.rows()
    told = await past_the_sdk(both.acme, both.acme.mint(tenant=named), named)
    assert told == "blocked: Nothing was done: the right with which this was asked for does not count here."
    assert (await both.acme.rows(), await both.beta.rows()) == before


async def test_a_user_asks_for_no_more_than_the_tenant_takes(
    temporal: WorkflowEnvironment, postgres: EmbeddedPostgres
) -> None:
    """Sixteen at once on two: two begin. One user's count is not another's, and one tenant's limits not another's."""
    async with two_tenants(temporal, postgres, Said(actions_a_day=3, open_at_once=2)) as both:
        beta = both.beta
        started = await asyncio.gather(*(beta.start() for _ in range(16)))

        async def still_open() -> list[str]:
            return [one for one in started if await beta.service.outcome(one) is None]

        begun = await until(still_open, lambda found: len(found) == 2)
        ends = await asyncio.gather(*(beta.service.result(one) for one in started if one not in begun))
        assert {(end.kind, end.reply) for end in ends} == {("declined", TOO_MANY_OPEN)}
        assert await beta.kinds(ends[0].action_id) == ["started", "problem", "closed"]
        assert await beta.sql("SELECT count(*) FROM leverframe.admitted") == [2]
        await beta.start(subject=BO)
        await until(lambda: beta.sql("SELECT count(*) FROM leverframe.admitted"), lambda found: found == [3])
        for one in begun:
            await beta.service.withdraw(one, beta.mint())
            assert (await beta.service.result(one)).kind == "withdrawn"
        assert (await beta.waiting()).awaiting == "operator", "the third of the day"
        assert (await beta.service.result(await beta.start())).reply == TOO_MANY_TODAY
        assert [(await both.acme.waiting()).awaiting for _ in range(4)] == ["operator"] * 4
