"""The shop's tables under the law: whose rows they hold, and the columns that tools read, change and give."""

from collections.abc import Sequence

from alembic import op

revision = "0003"
down_revision = "0002"

ADDRESS = ("address1", "address2", "city", "state", "country", "zip")


def protect(
    table: str,
    *,
    owner: str | None = "customer_id",
    reads: Sequence[str] | None = None,
    changes: Sequence[str] = (),
    adds: Sequence[str] = (),
) -> str:
    """The statement for a table, which plans call by its bare name."""
    read = "NULL" if reads is None else _array(reads)
    whose = "NULL" if owner is None else f"'{owner}'"
    return f"""SELECT leverframe.protect('shop.{table}', {whose}, changes => {_array(changes)}, adds => {_array(adds)},
        reads => {read}, name => '{table}')"""


def _array(columns: Sequence[str]) -> str:
    return f"'{{{', '.join(columns)}}}'"


TABLES = (
    # Addresses are read to be copied and to tell different ones apart; names and e-mails stay out of reach.
    protect("customers", reads=("customer_id", *ADDRESS), changes=ADDRESS),
    protect("payment_methods", changes=("balance",)),
    protect("products", owner=None),
    protect("variants", owner=None),
    protect(
        "orders",
        reads=("order_id", "customer_id", "status", "placed_at", "cancel_reason", "cancelled_by_action", "version",
               *ADDRESS),
        # A change of items counts the version up as whoever makes it; the trigger lets nobody choose the number.
        changes=("status", "cancel_reason", "cancelled_by_action", "return_items", "return_payment_method_id",
                 "exchange_items", "exchange_new_items", "exchange_payment_method_id", "exchange_price_difference",
                 "version", *ADDRESS),
    ),
    protect("order_items", changes=("item_id", "price", "options")),
    protect(
        "order_payments",
        changes=("failure", "pending"),
        adds=("payment_id", "order_id", "position", "transaction_type", "amount", "payment_method_id",
              "refunds_payment", "action_id"),
    ),
    # To be counted.
    protect("fulfilments", reads=("customer_id",)),
)  # fmt: skip

# What the audit compares with the ledger: which action says that it changed which row.
MARKS = (
    "GRANT USAGE ON SCHEMA shop TO leverframe_auditor",
    "CREATE POLICY marks ON shop.orders FOR SELECT TO leverframe_auditor USING (true)",
    "GRANT SELECT (order_id, cancelled_by_action) ON shop.orders TO leverframe_auditor",
    "CREATE POLICY marks ON shop.order_payments FOR SELECT TO leverframe_auditor USING (true)",
    "GRANT SELECT (payment_id, order_id, action_id) ON shop.order_payments TO leverframe_auditor",
)


def upgrade() -> None:
    for statement in (*TABLES, *MARKS):
        op.execute(statement)
