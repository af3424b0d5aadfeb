"""Several tenants in one deployment: each works on its own rows with its own keys, and nobody else's."""

import pytest
from temporalio.common import Priority

from leverframe.contracts.names import task_queue
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


@pytest.mark.parametrize("named", ["beta", "gamma", "acme\n"])
async def test_a_foreign_or_unknown_tenant_is_refused_as_an_outcome(both: Both, named: str) -> None:
    """Whoever holds the key of one tenant's issuer can mint a token that names another, and start with it."""
    before = await both.acme.rows(), await both.beta.rows()
    told = await past_the_sdk(both.acme, both.acme.mint(tenant=named), named)
    assert told == "blocked: Nothing was done: the right with which this was asked for does not count here."
    assert (await both.acme.rows(), await both.beta.rows()) == before
