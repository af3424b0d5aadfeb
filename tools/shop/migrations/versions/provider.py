"""Payments that a payment provider holds, and refunds that it could not carry out."""

from alembic import op

revision = "0007"
down_revision = "0006"

COLUMNS = (
    """ALTER TABLE shop.order_payments
        -- Unique, or two payments of one charge could each be refunded in full.
        ADD COLUMN provider_payment text UNIQUE CHECK (provider_payment ~ '^(pi|ch|py)_[A-Za-z0-9_]{1,250}$'),
        ADD COLUMN failure text CHECK (failure <> ''),
        ADD CHECK (provider_payment IS NULL OR transaction_type = 'payment'),
        ADD CHECK (failure IS NULL OR transaction_type = 'refund')""",
    "GRANT UPDATE (failure) ON shop.order_payments TO leverframe_tools",
)

FAILED = (
    # A refund that failed stays failed: to count it again could go above what was captured.
    """CREATE FUNCTION shop.failure_is_final() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
    AS $$ BEGIN
        IF OLD.failure IS DISTINCT FROM NEW.failure AND (OLD.failure IS NOT NULL OR OLD.action_id IS NULL) THEN
            RAISE check_violation USING MESSAGE = format(
                'refund %s cannot be marked: only an action''s own refund fails, and only once', NEW.payment_id);
        END IF;
        RETURN NEW;
    END $$""",
    """CREATE TRIGGER failure_is_final BEFORE UPDATE OF failure ON shop.order_payments
    FOR EACH ROW EXECUTE FUNCTION shop.failure_is_final()""",
    """CREATE OR REPLACE FUNCTION shop.refund_within_captured() RETURNS trigger LANGUAGE plpgsql
    SET search_path = pg_catalog, pg_temp
    AS $$ DECLARE captured numeric; refunded numeric; BEGIN
        -- One refund of an order at a time, or two could each fit and both together not.
        PERFORM FROM shop.orders WHERE order_id = NEW.order_id FOR UPDATE;
        SELECT amount INTO captured FROM shop.order_payments
            WHERE payment_id = NEW.refunds_payment AND order_id = NEW.order_id AND transaction_type = 'payment';
        SELECT coalesce(sum(amount), 0) INTO refunded FROM shop.order_payments
            WHERE refunds_payment = NEW.refunds_payment AND failure IS NULL;
        IF captured IS NULL OR refunded > captured THEN
            RAISE check_violation USING MESSAGE = format(
                'a refund of %s on order %s exceeds what was captured: %s would be refunded of %s',
                NEW.amount, NEW.order_id, refunded, coalesce(captured, 0));
        END IF;
        RETURN NULL;
    END $$""",
)


def upgrade() -> None:
    for statement in (*COLUMNS, *FAILED):
        op.execute(statement)
