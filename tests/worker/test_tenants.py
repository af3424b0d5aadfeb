"""Several tenants in one deployment: each works on its own rows with its own keys, and nobody else's."""

import pytest
from temporalio.client import WorkflowFailureError
from temporalio.common import Priority

from leverframe import InvalidRequest, UnknownAction
from leverframe.contracts.decision import Decision
from leverframe.contracts.names import search_attributes, task_queue
from leverframe.pseudonym import Pseudonyms
from leverframe.starting import Starter
from tests.support.two_tenants import Both, Tenant


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
