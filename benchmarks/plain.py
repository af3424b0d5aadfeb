"""What a team would write by hand: five activities in a plain Temporal workflow, with no law, plan or ledger."""

from dataclasses import dataclass
from datetime import timedelta

from temporalio import activity, workflow

with workflow.unsafe.imports_passed_through():
    from pydantic import JsonValue
    from sqlalchemy import text
    from sqlalchemy.ext.asyncio import AsyncEngine

    from leverframe.contracts.names import PROPOSE, SCREEN
    from leverframe.contracts.proposal import Answer, ProposeRequest
    from leverframe.contracts.verdict import Screened, ScreenRequest

TEN_SECONDS = timedelta(seconds=10)


@dataclass
class PlainRequest:
    customer: str
    action: str
    text: str


@dataclass
class Order:
    order_id: str
    reason: str = ""


class PlainActivities:
    """Plain SQL with full rights."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    @activity.defn(name="plain_list")
    async def list_orders(self, customer_id: str) -> list[dict[str, JsonValue]]:
        statement = text(
            "SELECT order_id, status, json_agg(json_build_object('name', name)) AS items "
            "FROM shop.orders JOIN shop.order_items USING (order_id) WHERE orders.customer_id = :c GROUP BY 1, 2"
        )
        async with self._engine.begin() as connection:
            return [dict(row._mapping) for row in await connection.execute(statement, {"c": customer_id})]

    @activity.defn(name="plain_cancel")
    async def cancel(self, order: Order) -> None:
        async with self._engine.begin() as connection:
            await connection.execute(
                text("UPDATE shop.orders SET status = 'cancelled', cancel_reason = :r WHERE order_id = :o"),
                {"o": order.order_id, "r": order.reason},
            )

    @activity.defn(name="plain_refund")
    async def refund(self, order: Order) -> None:
        async with self._engine.begin() as connection:
            await connection.execute(
                text(
                    "INSERT INTO shop.order_payments (payment_id, order_id, position, customer_id, transaction_type,"
                    " amount, payment_method_id, refunds_payment, action_id) SELECT gen_random_uuid(), order_id,"
                    " position + 1, customer_id, 'refund', amount, payment_method_id, payment_id, 'plain'"
                    " FROM shop.order_payments WHERE order_id = :o AND transaction_type = 'payment'"
                ),
                {"o": order.order_id},
            )


@workflow.defn(name="plain_order_cancellation")
class PlainWorkflow:
    """Screen, list, propose, wait, cancel, refund."""

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
    async def run(self, request: PlainRequest, queue: str, schema: dict[str, JsonValue]) -> str:
        screened: Screened = await workflow.execute_activity(
            SCREEN,
            ScreenRequest(action_id=request.customer, kind="request", content=request.text),
            result_type=Screened,
            task_queue=f"{queue}-guards",
            start_to_close_timeout=TEN_SECONDS,
        )
        orders: list[dict[str, JsonValue]] = await workflow.execute_activity(
            "plain_list", request.customer, task_queue=f"{queue}-plain", start_to_close_timeout=TEN_SECONDS
        )
        answer: Answer = await workflow.execute_activity(
            PROPOSE,
            ProposeRequest(
                action_id=request.customer,
                prompt=request.action,
                messages=(str(screened.content),),
                facts={"orders": [*orders]},
                clauses=(),
                answer_schema=schema,
            ),
            result_type=Answer,
            task_queue=f"{queue}-llm",
            start_to_close_timeout=TEN_SECONDS,
        )
        self._waiting = True
        await workflow.wait_condition(lambda: self._approved)
        proposal = answer.content["proposal"]
        assert isinstance(proposal, dict)
        order = Order(str(proposal["order_id"]), str(proposal["reason"]))
        for step in ("plain_cancel", "plain_refund"):
            await workflow.execute_activity(
                step, order, task_queue=f"{queue}-plain", start_to_close_timeout=TEN_SECONDS
            )
        return "done"
