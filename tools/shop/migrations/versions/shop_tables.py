"""The business tables, their rules, and the order's version."""

from alembic import op

revision = "0001"
down_revision = None

ADDRESS = """
    address1 text NOT NULL, address2 text NOT NULL, city text NOT NULL, state text NOT NULL,
    country text NOT NULL, zip text NOT NULL
"""

TABLES = (
    "CREATE SCHEMA shop",
    f"""CREATE TABLE shop.customers (
        customer_id text PRIMARY KEY CHECK (customer_id <> ''),
        first_name text NOT NULL, last_name text NOT NULL, email text NOT NULL, {ADDRESS})""",
    """CREATE TABLE shop.payment_methods (
        payment_method_id text PRIMARY KEY,
        customer_id text NOT NULL REFERENCES shop.customers,
        source text NOT NULL CHECK (source IN ('credit_card', 'gift_card', 'paypal')),
        brand text,
        last_four text CHECK (last_four ~ '^[0-9]{4}$'),
        balance numeric(12, 2) CHECK (balance >= 0),
        closed boolean NOT NULL DEFAULT false,
        UNIQUE (payment_method_id, customer_id),
        CHECK ((source = 'credit_card') = (last_four IS NOT NULL)),
        CHECK ((source = 'gift_card') = (balance IS NOT NULL)))""",
    "CREATE INDEX ix_shop_payment_methods_customer_id ON shop.payment_methods (customer_id)",
    "CREATE TABLE shop.products (product_id text PRIMARY KEY, name text NOT NULL)",
    """CREATE TABLE shop.variants (
        item_id text PRIMARY KEY,
        product_id text NOT NULL REFERENCES shop.products,
        options jsonb NOT NULL,
        available boolean NOT NULL,
        price numeric(12, 2) NOT NULL CHECK (price >= 0))""",
    "CREATE INDEX ix_shop_variants_product_id ON shop.variants (product_id)",
    f"""CREATE TABLE shop.orders (
        order_id text PRIMARY KEY CHECK (order_id ~ '^#W[0-9]{{7}}$'),
        customer_id text NOT NULL REFERENCES shop.customers,
        status text NOT NULL CHECK (status IN ('pending', 'pending (item modified)', 'processed', 'delivered',
                                               'cancelled', 'return requested', 'exchange requested')),
        placed_at timestamptz NOT NULL,
        {ADDRESS},
        cancel_reason text CHECK (cancel_reason IN ('no longer needed', 'ordered by mistake')),
        cancelled_by_action text,
        exchange_items text[], exchange_new_items text[], exchange_payment_method_id text,
        exchange_price_difference numeric(12, 2),
        return_items text[], return_payment_method_id text,
        version integer NOT NULL DEFAULT 1,
        UNIQUE (order_id, customer_id),
        CHECK (status = 'cancelled' OR (cancel_reason IS NULL AND cancelled_by_action IS NULL)))""",
    "CREATE INDEX ix_shop_orders_customer_id ON shop.orders (customer_id)",
    """CREATE TABLE shop.order_items (
        order_id text NOT NULL, position integer NOT NULL, customer_id text NOT NULL,
        name text NOT NULL,
        product_id text NOT NULL REFERENCES shop.products,
        item_id text NOT NULL REFERENCES shop.variants,
        price numeric(12, 2) NOT NULL CHECK (price >= 0),
        quantity integer NOT NULL DEFAULT 1 CHECK (quantity > 0),
        options jsonb NOT NULL,
        PRIMARY KEY (order_id, position),
        FOREIGN KEY (order_id, customer_id) REFERENCES shop.orders (order_id, customer_id))""",
    """CREATE TABLE shop.order_payments (
        payment_id uuid PRIMARY KEY,
        order_id text NOT NULL, position integer NOT NULL, customer_id text NOT NULL,
        transaction_type text NOT NULL CHECK (transaction_type IN ('payment', 'refund')),
        amount numeric(12, 2) NOT NULL CHECK (amount > 0),
        payment_method_id text NOT NULL,
        refunds_payment uuid REFERENCES shop.order_payments,
        action_id text,
        created_at timestamptz NOT NULL DEFAULT now(),
        UNIQUE (order_id, position),
        CHECK ((transaction_type = 'refund') = (refunds_payment IS NOT NULL)),
        FOREIGN KEY (order_id, customer_id) REFERENCES shop.orders (order_id, customer_id),
        FOREIGN KEY (payment_method_id, customer_id)
            REFERENCES shop.payment_methods (payment_method_id, customer_id))""",
    """CREATE TABLE shop.fulfilments (
        order_id text NOT NULL, position integer NOT NULL, customer_id text NOT NULL,
        tracking_ids text[] NOT NULL, item_ids text[] NOT NULL,
        PRIMARY KEY (order_id, position),
        FOREIGN KEY (order_id, customer_id) REFERENCES shop.orders (order_id, customer_id))""",
)

VERSION = (
    # Any change of an order, whoever makes it, changes what a plan of it looks like.
    """CREATE FUNCTION shop.next_version() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
    AS $$ BEGIN NEW.version := OLD.version + 1; RETURN NEW; END $$""",
    """CREATE TRIGGER next_version BEFORE UPDATE ON shop.orders
    FOR EACH ROW EXECUTE FUNCTION shop.next_version()""",
    """CREATE FUNCTION shop.touch_orders() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
    AS $$ BEGIN
        UPDATE shop.orders SET version = version WHERE order_id IN (SELECT order_id FROM touched);
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
        SELECT sum(amount) INTO refunded FROM shop.order_payments WHERE refunds_payment = NEW.refunds_payment;
        IF captured IS NULL OR refunded > captured THEN
            RAISE check_violation USING MESSAGE = format(
                'a refund of %s on order %s exceeds what was captured: %s would be refunded of %s',
                NEW.amount, NEW.order_id, refunded, coalesce(captured, 0));
        END IF;
        RETURN NULL;
    END $$""",
    """CREATE TRIGGER refund_within_captured AFTER INSERT OR UPDATE ON shop.order_payments
    FOR EACH ROW WHEN (NEW.transaction_type = 'refund') EXECUTE FUNCTION shop.refund_within_captured()""",
)


def upgrade() -> None:
    for statement in (*TABLES, *VERSION, *REFUNDS):
        op.execute(statement)
