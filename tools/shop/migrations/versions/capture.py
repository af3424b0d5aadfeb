"""What a transaction of the tools changed, collected by the database, and committed only with its ledger entry."""

from alembic import op

revision = "0004"
down_revision = "0003"

KEYS = {
    "customers": ("customer_id",),
    "payment_methods": ("payment_method_id",),
    "products": ("product_id",),
    "variants": ("item_id",),
    "orders": ("order_id",),
    "order_items": ("order_id", "position"),
    "order_payments": ("payment_id",),
    "fulfilments": ("order_id", "position"),
}

CAPTURE = (
    # Nobody sees a committed row of it: the guard below empties it at commit. So it need not be logged.
    """CREATE UNLOGGED TABLE leverframe.changes (
        id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        action_id text, call_key text,
        table_name text NOT NULL, key jsonb NOT NULL, before jsonb, after jsonb)""",
    "GRANT SELECT (id, table_name, key, before, after) ON leverframe.changes TO leverframe_tools",
    # Plans and ledger entries hold no binary floating point: decimals are text, as in "54.10", and so are
    # integers that canonical JSON cannot hold exactly (RFC 8785).
    """CREATE FUNCTION leverframe.exact(value jsonb) RETURNS jsonb
    LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp
    AS $$ SELECT CASE WHEN jsonb_typeof(value) = 'number'
                       AND (value::text LIKE '%.%' OR abs(value::numeric) >= 9007199254740992)
                      THEN to_jsonb(value::text) ELSE value END $$""",
    # Left out: clock values, which differ between preview and execution, and the customer, whom row-level
    # security fixes to the subject of the action.
    """CREATE FUNCTION leverframe.capture() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
    AS $$ DECLARE
        old_row jsonb := CASE WHEN TG_OP <> 'INSERT' THEN to_jsonb(OLD) END;
        new_row jsonb := CASE WHEN TG_OP <> 'DELETE' THEN to_jsonb(NEW) END;
        left_out text[] := array_append(ARRAY(
            SELECT attname::text FROM pg_attribute
            WHERE attrelid = TG_RELID AND attnum > 0 AND atttypid = 'timestamptz'::regtype), 'customer_id');
        row_key jsonb; before jsonb; after jsonb;
    BEGIN
        SELECT jsonb_object_agg(name, leverframe.exact(coalesce(old_row, new_row) -> name))
            INTO row_key FROM unnest(TG_ARGV) AS name;
        IF TG_OP <> 'UPDATE' THEN
            left_out := left_out || TG_ARGV::text[];
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
    END $$""",
    "REVOKE ALL ON FUNCTION leverframe.exact(jsonb), leverframe.capture() FROM PUBLIC",
    *(
        # By login, which no statement can change, so that no statement escapes being captured.
        f"""CREATE TRIGGER capture AFTER INSERT OR UPDATE OR DELETE ON shop.{table}
        FOR EACH ROW WHEN (session_user = 'leverframe_tools')
        EXECUTE FUNCTION leverframe.capture({", ".join(f"'{column}'" for column in key)})"""
        for table, key in KEYS.items()
    ),
)

GUARD = (
    """CREATE FUNCTION leverframe.require_entry() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
    AS $$ BEGIN
        PERFORM FROM leverframe.ledger_heads h
            JOIN leverframe.ledger l ON l.action_id = h.action_id AND l.seq = h.effect_seq
            CROSS JOIN jsonb_array_elements(l.body -> 'changes') AS recorded
            WHERE h.action_id = NEW.action_id AND h.effect_txid = pg_current_xact_id()
              AND l.key = 'effect:' || NEW.call_key
              AND recorded = jsonb_build_object(
                  'table', NEW.table_name, 'key', NEW.key, 'before', NEW.before, 'after', NEW.after);
        IF NOT FOUND THEN
            RAISE integrity_constraint_violation USING MESSAGE = format(
                'a change of %s %s is not in the ledger: changes are committed only together with their '
                'effect entry', NEW.table_name, NEW.key);
        END IF;
        DELETE FROM leverframe.changes WHERE id = NEW.id;
        RETURN NULL;
    END $$""",
    "REVOKE ALL ON FUNCTION leverframe.require_entry() FROM PUBLIC",
    """CREATE CONSTRAINT TRIGGER require_entry AFTER INSERT ON leverframe.changes
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION leverframe.require_entry()""",
)


def upgrade() -> None:
    for statement in (*CAPTURE, *GUARD):
        op.execute(statement)
