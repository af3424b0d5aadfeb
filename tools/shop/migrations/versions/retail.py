"""What the retail tools may read and change: the columns that each of them needs, and no more."""

from alembic import op

revision = "0006"
down_revision = "0005"

ADDRESS = "address1, address2, city, state, country, zip"

GRANTS = (
    # Read, to copy an address and to tell different ones apart; a person's name and e-mail stay out of reach.
    f"GRANT SELECT (customer_id, {ADDRESS}), UPDATE ({ADDRESS}) ON shop.customers TO leverframe_tools",
    f"""GRANT SELECT ({ADDRESS}),
             UPDATE ({ADDRESS}, return_items, return_payment_method_id, exchange_items, exchange_new_items,
                     exchange_payment_method_id, exchange_price_difference) ON shop.orders TO leverframe_tools""",
    "GRANT UPDATE (item_id, price, options) ON shop.order_items TO leverframe_tools",
    # A change of items counts the order's version up as whoever makes it; the trigger lets nobody choose the number.
    "GRANT UPDATE (version) ON shop.orders TO leverframe_tools",
)

BOOKS = (
    # A price difference of 0.00 is booked too: the books show that it was settled.
    "ALTER TABLE shop.order_payments DROP CONSTRAINT order_payments_amount_check",
    """ALTER TABLE shop.order_payments ADD CONSTRAINT order_payments_amount_check
        CHECK (amount > 0 OR (amount = 0 AND transaction_type = 'refund'))""",
)


def upgrade() -> None:
    for statement in (*GRANTS, *BOOKS):
        op.execute(statement)
