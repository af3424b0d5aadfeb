"""A whole Leverframe whose lamp was paid for at a payment provider, behind a proxy that can go wrong."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from pydantic import SecretStr
from temporalio.testing import WorkflowEnvironment

from leverframe import Status
from leverframe.call_timeouts import ANSWERED_WITHIN
from leverframe.contracts.names import ROLES
from tests.support.faulty_proxy import FaultyProxy, Request, faulty_proxy
from tests.support.rig import LAMP, Rig, keep_histories, open_rig
from tests.support.stripe_double import KEY, StripeDouble
from tests.support.typed import typed
from tools.shop.stripe import Stripe
from worker.settings.approvals import ApprovalsSettings
from worker.settings.notifications import NotificationSettings
from worker.testing.postgres import Database
from worker.testing.rig import propose
from worker.testing.waiting import until

PAYMENT, PAID = f"{LAMP}/1", 5410
ASKS = f"Please refund 12.50 of {LAMP}, the lamp came scratched."


@dataclass
class Refunding:
    """What a test of refunds holds in its hands."""

    rig: Rig
    proxy: FaultyProxy
    stripe: StripeDouble
    payment: str
    """The lamp's payment intent."""

    async def wanted(self, text: str = ASKS) -> Status:
        """A refund that waits for people."""
        return await self.rig.waiting(text, action="payment_refund")

    async def approved(self, text: str = ASKS) -> str:
        """A refund that people have said yes to."""
        status = await self.wanted(text)
        assert status.plan is not None
        await self.rig.operator.approve(status.action_id, status.plan.code, amount=typed(status.plan))
        return status.action_id

    async def never_answered(self) -> None:
        """A request to the provider was approved: its answer is lost, and the provider is away from then on."""
        await asyncio.wait_for(self.proxy.struck.wait(), 30)
        self.proxy.goes_wrong("500 before", times=10_000, on_reads=True)
        await self.rig.sql(
            "UPDATE leverframe.outbox SET first_sent_at = first_sent_at - CAST(:long AS interval)"
            " WHERE state = 'sending'",
            long=ANSWERED_WITHIN + timedelta(seconds=1),
        )

    async def settling(self, action_id: str) -> Status:
        """Wait until nothing is left but to hear from the bank."""
        return await self.rig.until(action_id, lambda status: status.state == "settling")

    async def wake(self, action_id: str) -> None:
        """As the webhook does: say that there is something new."""
        await self.rig.client.get_workflow_handle(action_id).signal("wake")

    async def read_since(self, count: int) -> None:
        """Wait until the provider was asked more than so many requests."""

        async def seen() -> int:
            return len(self.proxy.seen)

        await until(seen, lambda now: now > count)

    def answers(self, status: str | None, *, times: int = 1_000) -> None:
        """What the provider says of the next refunds: there and in its answer."""
        left = [times]

        def edit(request: Request, told: dict[str, Any]) -> None:
            if request.refunds and told.get("object") == "refund" and left[0] > 0:
                left[0] -= 1
                told["status"] = status
                self.stripe.turn(told["id"], status or "")

        self.proxy.edit = edit

    def turns(self, status: str, payment: str = "") -> None:
        """What the newest refund comes to, as a bank has it days later."""
        refunds = self.stripe.refunds(payment or self.payment)
        self.stripe.turn(max(refunds, key=lambda refund: refund["created"])["id"], status)

    @property
    def moved(self) -> list[int]:
        """The money that the provider has sent back, in cents."""
        return [refund["amount"] for refund in self.stripe.refunds(self.payment) if refund["status"] != "failed"]

    async def booked(self) -> list[tuple[str, str | None]]:
        """The refunds in the books: how much, and why not, if they failed."""
        return [(str(row["amount"]), row["failure"]) for row in await self.rig.refunds(LAMP)]


@asynccontextmanager
async def refunding_rig(
    environment: WorkflowEnvironment,
    database: Database,
    stripe: StripeDouble,
    *,
    tools_apart: bool = False,
    notified: NotificationSettings | None = None,
    approvals: ApprovalsSettings | None = None,
) -> AsyncIterator[Refunding]:
    """``tools_apart``: the test runs the tools' worker itself, and everybody uses the ring of keys alone.

    ``notified`` is where notifications go; ``approvals`` say who may decide.
    """
    others = tuple(role for role in ROLES if role != "tools")
    async with faulty_proxy(stripe.port) as proxy:
        provider = Stripe(api_key=SecretStr(KEY), url=proxy.url)
        apart = open_rig(environment, database, others, key_for_each=False)
        together = open_rig(environment, database, approvals=approvals, notifications=notified, systems=[provider])
        async with apart if tools_apart else together as rig:
            payment = stripe.pay(PAID)
            await rig.sql("UPDATE shop.order_payments SET provider_payment = :p WHERE order_id = :o", p=payment, o=LAMP)
            rig.script[:] = [refund()]
            yield Refunding(rig, proxy, stripe, payment)


@pytest.fixture
async def refunding(
    temporal: WorkflowEnvironment, database: Database, stripe_server: StripeDouble, request: pytest.FixtureRequest
) -> AsyncIterator[Refunding]:
    async with refunding_rig(temporal, database, stripe_server) as refunding:
        yield refunding
        await keep_histories(refunding.rig, request.node.name)


def refund(amount: str = "12.50", payment_id: str = PAYMENT) -> dict[str, Any]:
    """The model's answer that proposes a refund."""
    return propose("refund", payment_id=payment_id, amount=amount, clause="REFUND-CAPTURED")
