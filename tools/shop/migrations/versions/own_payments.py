"""Keys of payments hold within an order and its customer: a refusal tells nobody whether a stranger has such a row."""

from alembic import op

revision = "0014"
down_revision = "0013"

# A unique key is checked before the foreign key to the order, so one over all customers told which orders exist. So did
# the payment's id, and the reference to it, where ids are made out of the order's.
STATEMENTS = (
    """ALTER TABLE shop.order_payments
        DROP CONSTRAINT order_payments_order_id_position_key,
        ADD UNIQUE (order_id, customer_id, position)""",
    "ALTER TABLE shop.order_payments DROP CONSTRAINT order_payments_refunds_payment_fkey",
    """ALTER TABLE shop.order_payments
        DROP CONSTRAINT order_payments_pkey,
        ADD PRIMARY KEY (payment_id, order_id),
        ADD FOREIGN KEY (refunds_payment, order_id) REFERENCES shop.order_payments (payment_id, order_id)""",
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)
