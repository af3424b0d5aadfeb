"""Every key is exchanged while actions wait, and none of them is lost."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

from pydantic import SecretStr
from temporalio.testing import WorkflowEnvironment

from leverframe import Leverframe
from leverframe.keys import PayloadKeys, SigningKeys
from tests.support.keys import capability
from tests.support.rig import CHAIR, LAMP, Rig, cancel, open_rig
from tests.support.typed import typed
from worker.testing.keys import payload, private
from worker.testing.postgres import Database
from worker.testing.rig import PSEUDONYMS
from worker.testing.serving import approvals_settings, as_person, serving, tools_settings

NEW_ISSUER, NEW_APPROVALS, NEW_PAYLOADS = private(12, 11), private(22, 21), payload(42, 41)


async def test_actions_outlive_the_exchange_of_every_key(temporal: WorkflowEnvironment, database: Database) -> None:
    async with open_rig(temporal, database, roles=()) as rig:
        async with serving(rig.client, rig.settings):
            rig.script[:] = [cancel(LAMP)]
            old = await rig.waiting("cancel my lamp")
        async with rotated(rig, database) as service:
            # The one that waited goes on, with its old token, under an old approvals key and old payloads.
            status = await service.status(old.action_id)
            assert status.plan == old.plan
            assert old.plan is not None
            operator = Leverframe(await as_person(rig.client, "olga@support", PayloadKeys.parse(NEW_PAYLOADS)))
            await operator.approve(old.action_id, old.plan.code)
            assert (await service.result(old.action_id)).kind == "done"
            # A new one uses the new keys alone.
            rig.script[:] = [cancel(CHAIR)]
            issuer, approvals = SigningKeys.parse(private(12)), SigningKeys.parse(private(22))
            token = capability("mia_berg_1001", issuer=issuer, approvals=approvals.public)
            action_id = await service.start(
                "order_cancellation", request_id="2", capability=token, text=f"cancel {CHAIR}"
            )
            rig_after = replace(rig, service=service)
            new = await rig_after.until(action_id, lambda status: status.awaiting == "operator")
            assert new.plan is not None
            await operator.approve(action_id, new.plan.code, amount=typed(new.plan))
            assert (await service.result(action_id)).kind == "done"
        assert {row["order_id"] for row in await rig.refunds()} == {LAMP, CHAIR}


@asynccontextmanager
async def rotated(rig: Rig, database: Database) -> AsyncIterator[Leverframe]:
    """The workers and a service with each ring's new key in front and the old one behind it."""
    issuers, approvals = SigningKeys.parse(NEW_ISSUER).public, SigningKeys.parse(NEW_APPROVALS).public
    settings = replace(
        rig.settings,
        approvals=approvals_settings(
            database, approvals_keys=SecretStr(NEW_APPROVALS), issuer_public_keys=str(issuers)
        ),
        tools=tools_settings(database, issuer_public_keys=str(issuers), approvals_public_keys=str(approvals)),
    )
    payloads = PayloadKeys.parse(NEW_PAYLOADS)
    async with serving(rig.client, settings, payloads=payloads):
        yield Leverframe(await as_person(rig.client, "shop", payloads), PSEUDONYMS, rig.prefix, issuers)
