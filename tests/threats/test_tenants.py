"""One tenant of several is taken over, issuer and all, and the workflow worker that both share.

Its own reach: its own tenant's users. It signs whatever capability it likes, for any action's id and any tenant, and
asks any role for anything with it. No row of the other tenant is read or changed, nothing stands in its ledger, and
nothing that it decided on is approved. The other roles (guards, llm, notifications) hold no tenant's rows at all.
"""

from collections.abc import AsyncIterator, Mapping
from contextlib import suppress
from typing import Any, cast

import pytest
from pydantic import BaseModel

from leverframe.capability import Use, bind, use_of
from leverframe.capability_uses import Operation
from leverframe.contracts import names
from leverframe.contracts.admission import AdmitRequest
from leverframe.contracts.calling import CallRequest, PreviewRequest
from leverframe.contracts.decision import JudgeRequest
from leverframe.contracts.ledger import RecordRequest
from leverframe.contracts.names import Role
from leverframe.contracts.withdrawal import Withdrawal, WithdrawalRequest
from tests.support.rig import LAMP, Rig
from tests.support.two_tenants import Both
from tests.threats.support import LISTING, Denied, Hostile, cancelling, entry, obeying

NAMED: tuple[tuple[str, set[str]], ...] = (
    ("acme", set()),
    ("beta", {"preview", "call", "record", "admit", "withdrawal"}),
)
"""Whom its tokens name, and what it is served then: with its own name its own rows, whatever the action is called."""


@pytest.fixture
async def taken_over(both: Both) -> AsyncIterator[tuple[Both, Hostile]]:
    """A workflow of the attacker's, and an action of the other tenant's that waits under another id."""
    acme, beta = both.acme, both.beta
    await acme.sql(f"UPDATE shop.orders SET status = 'delivered' WHERE order_id = '{LAMP}' RETURNING order_id")
    queue, action_id = f"{acme.prefix}-mine", f"order_cancellation-{'0' * 16}-{acme.prefix[-8:]}0000"
    async with obeying(beta.client, queue):
        handle: Any = await beta.client.start_workflow("order_cancellation", {}, id=action_id, task_queue=queue)
        yield both, Hostile(cast(Rig, beta), handle, issuer_key=str(beta.issuer.public[max(beta.issuer.public)]))
        await handle.terminate()


async def requests(me: Hostile, token: str) -> Mapping[str, tuple[Role, BaseModel]]:
    """One request for each activity of the roles that know tenants."""
    run_id = await me.run_id()

    def narrowed(operation: Operation) -> str:
        return me.narrowed(use_of(operation, me.id, [LISTING], {}), token)

    recording = me.narrowed(Use("record", me.id), token)
    plan = "0" * 64
    return {
        names.PREVIEW: (
            "tools",
            PreviewRequest(
                action_id=me.id,
                capability=me.narrowed(use_of("preview", me.id, [cancelling()], {}), token),
                calls=(cancelling(),),
            ),
        ),
        names.CALL: ("tools", CallRequest(action_id=me.id, capability=narrowed("read"), planned=LISTING)),
        names.RECORD: ("tools", RecordRequest(action_id=me.id, capability=recording, entries=(entry(),))),
        names.ADMIT: ("tools", AdmitRequest(action_id=me.id, capability=recording)),
        names.JUDGE: (
            "approvals",
            JudgeRequest(
                action_id=me.id,
                run_id=run_id,
                choice="approve",
                update_id=None,
                signal_index=0,
                state="confirming",
                digest=plan,
                capability=token,
            ),
        ),
        names.WITHDRAWAL: (
            "approvals",
            WithdrawalRequest(action_id=me.id, capability=token, sent=Withdrawal(capability=token)),
        ),
    }


async def answers(me: Hostile, token: str) -> dict[str, object]:
    """What each activity answers that does not refuse it."""
    answered: dict[str, object] = {}
    for name, (role, request) in (await requests(me, token)).items():
        with suppress(Denied):
            answered[name] = await me.do(role, name, request)
    return answered


@pytest.mark.parametrize(("named", "answered"), NAMED)
async def test_no_role_lets_one_tenant_reach_anothers_rows(
    taken_over: tuple[Both, Hostile], named: str, answered: set[str]
) -> None:
    both, me = taken_over
    before = await both.acme.rows()
    token = bind(both.beta.mint(tenant=named), both.beta.issuer.public, me.id)
    told = await answers(me, token)
    assert told.keys() == answered
    assert "delivered" not in str(told), "that order is the other tenant's"
    assert await both.acme.rows() == before
    assert await both.acme.sql("SELECT count(*) FROM leverframe.admitted") == [0]
