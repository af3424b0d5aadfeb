"""What a team would write by hand: five activities in a plain Temporal workflow, with no law, plan or ledger.

``python -m benchmarks.plain QUEUE=ROLES ...`` runs its workers: all roles on one queue, or each on its own.
"""

import asyncio
import json
import os
import sys
from collections.abc import Awaitable, Callable, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from temporalio import activity, workflow
from temporalio.client import Client
from temporalio.worker import UnsandboxedWorkflowRunner, Worker

with workflow.unsafe.imports_passed_through():
    import openai
    from sqlalchemy import text
    from sqlalchemy.ext.asyncio import AsyncEngine

    from leverframe.contracts.names import Role
    from tools.scope import create_engine
    from worker.roles.polling import worker_identity

TEN_SECONDS = timedelta(seconds=10)
ROLES: tuple[Role, ...] = ("workflows", "guards", "llm", "tools")
TEMPORAL, DATABASE, MODEL = "PLAIN_TEMPORAL", "PLAIN_DATABASE_URL", "PLAIN_MODEL_URL"
"""Environment variables."""
MOST = 4_000
"""Characters of a request."""


@dataclass
class PlainRequest:
    """What is asked, and on which queue each role listens."""

    customer: str
    text: str
    queues: dict[str, str]


@dataclass
class Chosen:
    """What the model chose."""

    order_id: str
    reason: str


class PlainActivities:
    """Plain SQL with full rights, and the plain client of a model."""

    def __init__(self, engine: AsyncEngine, model_url: str) -> None:
        self._engine = engine
        self._model = openai.AsyncOpenAI(base_url=model_url, api_key="none")

    async def close(self) -> None:
        """Close the connections to the model."""
        await self._model.close()

    @activity.defn
    async def plain_screen(self, said: str) -> str:
        if len(said) > MOST:
            raise ValueError("too long")
        return said

    @activity.defn
    async def plain_list(self, customer_id: str) -> list[dict[str, Any]]:
        statement = text(
            "SELECT order_id, status, json_agg(json_build_object('name', name)) AS items "
            "FROM shop.orders JOIN shop.order_items USING (order_id) WHERE orders.customer_id = :c GROUP BY 1, 2"
        )
        async with self._engine.begin() as connection:
            return [dict(row._mapping) for row in await connection.execute(statement, {"c": customer_id})]

    @activity.defn
    async def plain_choose(self, said: str, orders: list[dict[str, Any]]) -> Chosen:
        answer = await self._model.chat.completions.create(
            model="scripted", messages=[{"role": "user", "content": f"{said}\n{json.dumps(orders)}"}]
        )
        proposal = json.loads(answer.choices[0].message.content or "")["proposal"]
        return Chosen(proposal["order_id"], proposal["reason"])

    @activity.defn
    async def plain_cancel(self, chosen: Chosen) -> None:
        async with self._engine.begin() as connection:
            await connection.execute(
                text("UPDATE shop.orders SET status = 'cancelled', cancel_reason = :r WHERE order_id = :o"),
                {"o": chosen.order_id, "r": chosen.reason},
            )

    @activity.defn
    async def plain_refund(self, chosen: Chosen) -> None:
        async with self._engine.begin() as connection:
            await connection.execute(
                text(
                    "INSERT INTO shop.order_payments (payment_id, order_id, position, customer_id, transaction_type,"
                    " amount, payment_method_id, refunds_payment, action_id) SELECT gen_random_uuid(), order_id,"
                    " position + 1, customer_id, 'refund', amount, payment_method_id, payment_id, 'plain'"
                    " FROM shop.order_payments WHERE order_id = :o AND transaction_type = 'payment'"
                ),
                {"o": chosen.order_id},
            )


@workflow.defn
class PlainWorkflow:
    """Screen, list, choose, wait, cancel, refund."""

    def __init__(self) -> None:
        self._approved = False
        self._waiting = False

    @workflow.query
    def waiting(self) -> bool:
        return self._waiting

    @workflow.signal
    async def approve(self) -> None:
        self._approved = True

    @workflow.run
    async def run(self, request: PlainRequest) -> str:
        def queued(role: str) -> workflow.ActivityConfig:
            return {"task_queue": request.queues[role], "start_to_close_timeout": TEN_SECONDS}

        screened = await workflow.execute_activity("plain_screen", request.text, **queued("guards"), result_type=str)
        orders = await workflow.execute_activity(
            "plain_list", request.customer, **queued("tools"), result_type=list[dict[str, Any]]
        )
        chosen = await workflow.execute_activity(
            "plain_choose", args=[screened, orders], **queued("llm"), result_type=Chosen
        )
        self._waiting = True
        await workflow.wait_condition(lambda: self._approved)
        await workflow.execute_activity("plain_cancel", chosen, **queued("tools"))
        await workflow.execute_activity("plain_refund", chosen, **queued("tools"))
        return "done"


async def serve(queues: Mapping[str, list[Role]], client: Client, database_url: str, model_url: str) -> None:
    """Run the workers of these roles, each on its queue, until this is cancelled."""
    engine = create_engine(database_url)
    done = PlainActivities(engine, model_url)
    of_role: dict[Role, list[Callable[..., Awaitable[object]]]] = {
        "workflows": [],
        "guards": [done.plain_screen],
        "llm": [done.plain_choose],
        "tools": [done.plain_list, done.plain_cancel, done.plain_refund],
    }
    async with AsyncExitStack() as running:
        running.push_async_callback(engine.dispose)
        running.push_async_callback(done.close)
        for queue, roles in queues.items():
            worker = Worker(
                client,
                task_queue=queue,
                identity=worker_identity("workflows" if "workflows" in roles else roles[0]),
                workflows=[PlainWorkflow] if "workflows" in roles else [],
                activities=[one for role in roles for one in of_role[role]],
                workflow_runner=UnsandboxedWorkflowRunner(),
            )
            await running.enter_async_context(worker)
        await asyncio.Event().wait()


async def main(queues: Mapping[str, list[Role]]) -> None:
    client = await Client.connect(os.environ[TEMPORAL])
    await serve(queues, client, os.environ[DATABASE], os.environ[MODEL])


if __name__ == "__main__":
    given = (one.split("=") for one in sys.argv[1:])
    asyncio.run(main({queue: [role for role in ROLES if role in roles.split(",")] for queue, roles in given}))
