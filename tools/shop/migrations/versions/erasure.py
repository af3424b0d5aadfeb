"""Erasing one customer: their rows lose whatever names them, and pass to a customer who is nobody."""

from alembic import op

revision = "0009"
down_revision = "0008"

REFERENCES = (
    ("payment_methods", "payment_methods_customer_id_fkey"),
    ("orders", "orders_customer_id_fkey"),
    ("order_items", "order_items_order_id_customer_id_fkey"),
    ("order_payments", "order_payments_order_id_customer_id_fkey"),
    ("order_payments", "order_payments_payment_method_id_customer_id_fkey"),
    ("fulfilments", "fulfilments_order_id_customer_id_fkey"),
)
DEFERRABLE = tuple(
    # Checked at once as before, but where the function asks to have them checked at its end.
    f"ALTER TABLE shop.{table} ALTER CONSTRAINT {name} DEFERRABLE INITIALLY IMMEDIATE"
    for table, name in REFERENCES
)

OWNED = ("customers", "payment_methods", "orders", "order_items", "order_payments", "fulfilments")
NOBODY = "customer_id ~ '^erased-[0-9a-f]{32}$'"
"""Rows of those who are nobody; :func:`leverframe.erase_customer` makes no other ids."""
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

# As before, but that it shows to whom a row passes.
CAPTURE = """CREATE OR REPLACE FUNCTION leverframe.capture() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
    AS $$ DECLARE
        old_row jsonb := CASE WHEN TG_OP <> 'INSERT' THEN to_jsonb(OLD) END;
        new_row jsonb := CASE WHEN TG_OP <> 'DELETE' THEN to_jsonb(NEW) END;
        left_out text[] := ARRAY(
            SELECT attname::text FROM pg_attribute
            WHERE attrelid = TG_RELID AND attnum > 0 AND atttypid = 'timestamptz'::regtype);
        row_key jsonb; before jsonb; after jsonb;
    BEGIN
        SELECT jsonb_object_agg(name, leverframe.exact(coalesce(old_row, new_row) -> name))
            INTO row_key FROM unnest(TG_ARGV) AS name;
        IF TG_OP <> 'UPDATE' THEN
            left_out := left_out || TG_ARGV::text[] || ARRAY['customer_id'];
        END IF;
        SELECT coalesce(jsonb_object_agg(name, leverframe.exact(value)), '{}') INTO before
            FROM jsonb_each(old_row) AS c (name, value)
            WHERE name <> ALL (left_out) AND value IS DISTINCT FROM new_row -> name
              AND (TG_OP = 'UPDATE' OR value <> 'null');
        SELECT coalesce(jsonb_object_agg(name, leverframe.exact(value)), '{}') INTO after
            FROM jsonb_each(new_row) AS c (name, value)
            WHERE name <> ALL (left_out) AND value IS DISTINCT FROM old_row -> name
              AND (TG_OP = 'UPDATE' OR value <> 'null');
        INSERT INTO leverframe.changes (action_id, call_key, table_name, key, before, after) VALUES (
            leverframe.action(), current_setting('leverframe.key', true), TG_TABLE_NAME, row_key,
            CASE WHEN TG_OP <> 'INSERT' THEN before END, CASE WHEN TG_OP <> 'DELETE' THEN after END);
        RETURN NULL;
    END $$"""

ERASE = (
    # Row by row in a fixed order: a plan and what comes of it must agree. Orders come first, or a change of their items
    # would count their version up once more.
    """CREATE FUNCTION leverframe.erase_customer(replacement text) RETURNS void
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
        FOR one IN SELECT payment_id FROM shop.order_payments WHERE customer_id = gone ORDER BY 1 LOOP
            UPDATE shop.order_payments SET customer_id = replacement WHERE payment_id = one.payment_id;
        END LOOP;
        DELETE FROM shop.customers WHERE customer_id = gone;
        SET CONSTRAINTS shop.payment_methods_customer_id_fkey, shop.orders_customer_id_fkey,
            shop.order_items_order_id_customer_id_fkey, shop.order_payments_order_id_customer_id_fkey,
            shop.order_payments_payment_method_id_customer_id_fkey, shop.fulfilments_order_id_customer_id_fkey
            IMMEDIATE;
    END $$""",
    "REVOKE ALL ON FUNCTION leverframe.erase_customer(text) FROM PUBLIC",
    "GRANT EXECUTE ON FUNCTION leverframe.erase_customer(text) TO leverframe_tools",
    # To be counted.
    "GRANT SELECT (customer_id) ON shop.fulfilments TO leverframe_tools",
)


def upgrade() -> None:
    for statement in (*DEFERRABLE, *POLICIES, CAPTURE, *ERASE):
        op.execute(statement)
