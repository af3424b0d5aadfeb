"""The tables of the shop, modelled in tools/shop/models.py."""

from alembic import op

revision = "0001"
down_revision = None

ADDRESS = """
    address1 text NOT NULL, address2 text NOT NULL, city text NOT NULL, state text NOT NULL,
    country text NOT NULL, zip text NOT NULL
"""

# References may be checked at the end where that is asked for: an erasure passes rows on with what they refer to.
TABLES = (
    "CREATE SCHEMA shop",
    f"""CREATE TABLE shop.customers (
        customer_id text PRIMARY KEY CHECK (customer_id <> ''),
        first_name text NOT NULL, last_name text NOT NULL, email text NOT NULL, {ADDRESS})""",
    """CREATE TABLE shop.payment_methods (
        payment_method_id text PRIMARY KEY,
        customer_id text NOT NULL REFERENCES shop.customers DEFERRABLE,
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
        customer_id text NOT NULL REFERENCES shop.customers DEFERRABLE,
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
    # With the order's id: else whoever looks for one order of a customer may read all of them, as a session does that
    # made its plans (those of foreign keys too) when there were few.
    "CREATE INDEX ix_shop_orders_customer_id ON shop.orders (customer_id, order_id)",
    """CREATE TABLE shop.order_items (
        order_id text NOT NULL, position integer NOT NULL, customer_id text NOT NULL,
        name text NOT NULL,
        product_id text NOT NULL REFERENCES shop.products,
        item_id text NOT NULL REFERENCES shop.variants,
        price numeric(12, 2) NOT NULL CHECK (price >= 0),
        quantity integer NOT NULL DEFAULT 1 CHECK (quantity > 0),
        options jsonb NOT NULL,
        PRIMARY KEY (order_id, position),
        FOREIGN KEY (order_id, customer_id) REFERENCES shop.orders (order_id, customer_id) DEFERRABLE)""",
    # Keys hold within an order and its customer. A unique key is checked before a foreign key, so one over all
    # customers would tell by its refusal whether a stranger has such a row, where ids can be guessed.
    """CREATE TABLE shop.order_payments (
        payment_id uuid NOT NULL,
        order_id text NOT NULL, position integer NOT NULL, customer_id text NOT NULL,
        transaction_type text NOT NULL CHECK (transaction_type IN ('payment', 'refund')),
        -- A price difference of 0.00 is booked too: the books show that it was settled.
        amount numeric(12, 2) NOT NULL CONSTRAINT order_payments_amount_check
            CHECK (amount > 0 OR (amount = 0 AND transaction_type = 'refund')),
        payment_method_id text NOT NULL,
        refunds_payment uuid,
        action_id text,
        created_at timestamptz NOT NULL DEFAULT now(),
        -- Unique, or two payments of one charge could each be refunded in full.
        provider_payment text UNIQUE CHECK (provider_payment ~ '^(pi|ch|py)_[A-Za-z0-9_]{1,250}$'),
        failure text CHECK (failure <> ''),
        -- Nothing and not false where it does not hold, so that plans of rows without it stay short.
        pending boolean CHECK (pending),
        PRIMARY KEY (payment_id, order_id),
        UNIQUE (order_id, customer_id, position),
        CHECK ((transaction_type = 'refund') = (refunds_payment IS NOT NULL)),
        CHECK (provider_payment IS NULL OR transaction_type = 'payment'),
        CHECK (failure IS NULL OR transaction_type = 'refund'),
        CHECK (pending IS NULL OR (transaction_type = 'refund' AND action_id IS NOT NULL AND failure IS NULL)),
        FOREIGN KEY (refunds_payment, order_id) REFERENCES shop.order_payments (payment_id, order_id),
        FOREIGN KEY (order_id, customer_id) REFERENCES shop.orders (order_id, customer_id) DEFERRABLE,
        FOREIGN KEY (payment_method_id, customer_id)
            REFERENCES shop.payment_methods (payment_method_id, customer_id) DEFERRABLE)""",
    """CREATE TABLE shop.fulfilments (
        order_id text NOT NULL, position integer NOT NULL, customer_id text NOT NULL,
        tracking_ids text[] NOT NULL, item_ids text[] NOT NULL,
        PRIMARY KEY (order_id, position),
        FOREIGN KEY (order_id, customer_id) REFERENCES shop.orders (order_id, customer_id) DEFERRABLE)""",
)


def upgrade() -> None:
    for statement in TABLES:
        op.execute(statement)
