"""Erasing one customer: their rows lose whatever names them, and pass to a customer who is nobody."""

from alembic import op

revision = "0004"
down_revision = "0003"

OWNED = ("customers", "payment_methods", "orders", "order_items", "order_payments", "fulfilments")
NOBODY = "customer_id ~ '^erased-[0-9a-f]{32}$'"
"""Rows of those who are nobody; ``shop.erase_customer`` makes no other ids."""
OWN = "customer_id = (SELECT leverframe.subject())"

# Row-level security binds the function too: with whatever bug it has, it reaches one customer's rows.
POLICIES = (
    *(
        statement
        for table in OWNED
        for statement in (
            f"CREATE POLICY erasure_reads ON shop.{table} FOR SELECT TO leverframe_owner USING ({OWN} OR {NOBODY})",
            f"""CREATE POLICY erasure_changes ON shop.{table} FOR UPDATE TO leverframe_owner
            USING ({OWN}) WITH CHECK ({NOBODY})""",
        )
    ),
    f"CREATE POLICY erasure_adds ON shop.customers FOR INSERT TO leverframe_owner WITH CHECK ({NOBODY})",
    f"CREATE POLICY erasure_removes ON shop.customers FOR DELETE TO leverframe_owner USING ({OWN})",
)

ERASE = (
    # Row by row in a fixed order: a plan and what comes of it must agree. Orders come first, or a change of their items
    # would count their version up once more.
    """CREATE FUNCTION shop.erase_customer(replacement text) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
    AS $$ DECLARE gone text := leverframe.subject(); one record; BEGIN
        IF gone IS NULL OR replacement IS NULL THEN
            RAISE insufficient_privilege USING MESSAGE = 'a customer is erased in their own scope only';
        END IF;
        SET CONSTRAINTS shop.payment_methods_customer_id_fkey, shop.orders_customer_id_fkey,
            shop.order_items_order_id_customer_id_fkey, shop.order_payments_order_id_customer_id_fkey,
            shop.order_payments_payment_method_id_customer_id_fkey, shop.fulfilments_order_id_customer_id_fkey
            DEFERRED;
        INSERT INTO shop.customers (
                customer_id, first_name, last_name, email, address1, address2, city, state, country, zip)
            VALUES (
                replacement, 'erased', 'erased', 'erased', 'erased', 'erased', 'erased', 'erased', 'erased', 'erased');
        FOR one IN SELECT order_id FROM shop.orders WHERE customer_id = gone ORDER BY order_id LOOP
            UPDATE shop.orders SET customer_id = replacement, address1 = 'erased', address2 = 'erased', city = 'erased',
                    state = 'erased', country = 'erased', zip = 'erased'
                WHERE order_id = one.order_id;
        END LOOP;
        FOR one IN SELECT order_id, position FROM shop.order_items WHERE customer_id = gone ORDER BY 1, 2 LOOP
            UPDATE shop.order_items SET customer_id = replacement
                WHERE order_id = one.order_id AND position = one.position;
        END LOOP;
        FOR one IN SELECT order_id, position FROM shop.fulfilments WHERE customer_id = gone ORDER BY 1, 2 LOOP
            UPDATE shop.fulfilments SET customer_id = replacement, tracking_ids = '{}'
                WHERE order_id = one.order_id AND position = one.position;
        END LOOP;
        FOR one IN SELECT payment_method_id AS id FROM shop.payment_methods WHERE customer_id = gone ORDER BY 1 LOOP
            -- A card has four digits by the table's own rule.
            UPDATE shop.payment_methods SET customer_id = replacement, closed = true, brand = NULL,
                    last_four = CASE WHEN last_four IS NOT NULL THEN '0000' END
                WHERE payment_method_id = one.id;
        END LOOP;
        FOR one IN SELECT payment_id, order_id FROM shop.order_payments WHERE customer_id = gone ORDER BY 1, 2 LOOP
            UPDATE shop.order_payments SET customer_id = replacement
                WHERE payment_id = one.payment_id AND order_id = one.order_id;
        END LOOP;
        DELETE FROM shop.customers WHERE customer_id = gone;
        SET CONSTRAINTS shop.payment_methods_customer_id_fkey, shop.orders_customer_id_fkey,
            shop.order_items_order_id_customer_id_fkey, shop.order_payments_order_id_customer_id_fkey,
            shop.order_payments_payment_method_id_customer_id_fkey, shop.fulfilments_order_id_customer_id_fkey
            IMMEDIATE;
    END $$""",
    "REVOKE ALL ON FUNCTION shop.erase_customer(text) FROM PUBLIC",
    "GRANT EXECUTE ON FUNCTION shop.erase_customer(text) TO leverframe_tools",
)


def upgrade() -> None:
    for statement in (*POLICIES, *ERASE):
        op.execute(statement)
