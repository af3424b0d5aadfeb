"""The check at the commit looks at all changes of a call together: its cost grows with their number, not its square."""

from alembic import op

revision = "0011"
down_revision = "0010"

# It fires for each change as before. The first looks at all of its call that came after it too, and removes them; for
# the others, which only this function can have removed, nothing is left to do. What is captured later fires anew.
REQUIRE_ENTRY = """CREATE OR REPLACE FUNCTION leverframe.require_entry() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
    AS $$ DECLARE missing record; BEGIN
        PERFORM FROM leverframe.changes WHERE id = NEW.id;
        IF NOT FOUND THEN
            RETURN NULL;
        END IF;
        -- NOT IN is answered out of a hash table, whatever the planner believes about the number of rows.
        WITH recorded AS MATERIALIZED (
            SELECT recorded.change FROM leverframe.ledger_heads h
            JOIN leverframe.ledger l ON l.action_id = h.action_id AND l.seq = h.effect_seq
            CROSS JOIN jsonb_array_elements(l.body -> 'changes') AS recorded (change)
            WHERE h.action_id = NEW.action_id AND h.effect_txid = pg_current_xact_id()
              AND l.key = 'effect:' || NEW.call_key
        ), captured AS MATERIALIZED (
            DELETE FROM leverframe.changes c
            WHERE id >= NEW.id AND action_id IS NOT DISTINCT FROM NEW.action_id
              AND call_key IS NOT DISTINCT FROM NEW.call_key
            RETURNING id, table_name, key, jsonb_build_object(
                'table', table_name, 'key', key, 'before', before, 'after', after) AS change
        )
        SELECT table_name, key INTO missing FROM captured
            WHERE change NOT IN (SELECT change FROM recorded)
              AND to_jsonb(leverframe.seal(coalesce(current_setting('leverframe.salt', true), ''), change))
                  NOT IN (SELECT change FROM recorded)
            ORDER BY id LIMIT 1;
        IF FOUND THEN
            RAISE integrity_constraint_violation USING MESSAGE = format(
                'a change of %s %s is not in the ledger: changes are committed only together with their '
                'effect entry', missing.table_name, missing.key);
        END IF;
        RETURN NULL;
    END $$"""

# Order by order, each found by its id: as one statement it could read all of a customer's orders for each row of them.
TOUCH_ORDERS = """CREATE OR REPLACE FUNCTION shop.touch_orders() RETURNS trigger
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
    AS $$ DECLARE one record; BEGIN
        FOR one IN SELECT DISTINCT order_id FROM touched ORDER BY order_id LOOP
            UPDATE shop.orders SET version = version WHERE order_id = one.order_id;
        END LOOP;
        RETURN NULL;
    END $$"""

# With the order's id: else whoever looks for one order of a customer may read all of them, as a session does that made
# its plans (those of foreign keys too) when there were few.
INDEX = (
    "DROP INDEX shop.ix_shop_orders_customer_id",
    "CREATE INDEX ix_shop_orders_customer_id ON shop.orders (customer_id, order_id)",
)


def upgrade() -> None:
    for statement in (REQUIRE_ENTRY, TOUCH_ORDERS, *INDEX):
        op.execute(statement)
