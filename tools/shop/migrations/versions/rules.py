"""What the shop's tables keep by themselves: an order's version, and that no more goes back than was paid."""

from alembic import op

revision = "0002"
down_revision = "0001"

VERSION = (
    # Any change of an order, whoever makes it, changes what a plan of it looks like.
    """CREATE FUNCTION shop.next_version() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
    AS $$ BEGIN NEW.version := OLD.version + 1; RETURN NEW; END $$""",
    """CREATE TRIGGER next_version BEFORE UPDATE ON shop.orders
    FOR EACH ROW EXECUTE FUNCTION shop.next_version()""",
    # Order by order, each found by its id: as one statement it could read all of a customer's orders for each row.
    """CREATE FUNCTION shop.touch_orders() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
    AS $$ DECLARE one record; BEGIN
        FOR one IN SELECT DISTINCT order_id FROM touched ORDER BY order_id LOOP
            UPDATE shop.orders SET version = version WHERE order_id = one.order_id;
        END LOOP;
        RETURN NULL;
    END $$""",
    *(
        f"""CREATE TRIGGER touch_orders_{event.lower()} AFTER {event} ON shop.{table}
        REFERENCING {which} TABLE AS touched FOR EACH STATEMENT EXECUTE FUNCTION shop.touch_orders()"""
        for table in ("order_items", "fulfilments")
        for event, which in (("INSERT", "NEW"), ("UPDATE", "NEW"), ("DELETE", "OLD"))
    ),
)

REFUNDS = (
    """CREATE FUNCTION shop.refund_within_captured() RETURNS trigger LANGUAGE plpgsql
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
    """CREATE TRIGGER refund_within_captured AFTER INSERT OR UPDATE ON shop.order_payments
    FOR EACH ROW WHEN (NEW.transaction_type = 'refund') EXECUTE FUNCTION shop.refund_within_captured()""",
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
)


def upgrade() -> None:
    for statement in (*VERSION, *REFUNDS):
        op.execute(statement)
