"""Refunds that the payment provider was asked for and has not carried out yet."""

from alembic import op

revision = "0012"
down_revision = "0011"

STATEMENTS = (
    # Nothing and not false where it does not hold, so that plans of rows without it look as they did.
    """ALTER TABLE shop.order_payments
        ADD COLUMN pending boolean CHECK (pending),
        ADD CHECK (pending IS NULL OR (transaction_type = 'refund' AND action_id IS NOT NULL AND failure IS NULL))""",
    "GRANT UPDATE (pending) ON shop.order_payments TO leverframe_tools",
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)
