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
    mark: str | None = None,
) -> str:
    """The statement for a table, which plans call by its bare name."""
    read = "NULL" if reads is None else _array(reads)
    return f"""SELECT leverframe.protect('shop.{table}', {_text(owner)}, changes => {_array(changes)},
        adds => {_array(adds)}, reads => {read}, name => '{table}', mark => {_text(mark)})"""


def _text(column: str | None) -> str:
    return "NULL" if column is None else f"'{column}'"


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
        mark="cancelled_by_action",
    ),
    protect("order_items", changes=("item_id", "price", "options")),
    protect(
        "order_payments",
        changes=("failure", "pending"),
        adds=("payment_id", "order_id", "position", "transaction_type", "amount", "payment_method_id",
              "refunds_payment", "action_id"),
        mark="action_id",
    ),
    # To be counted.
    protect("fulfilments", reads=("customer_id",)),
)  # fmt: skip


def upgrade() -> None:
    for statement in TABLES:
        op.execute(statement)
