"""What a transaction of the tools changed, collected by the database, and committed only with its ledger entry."""

from alembic import op

revision = "0003"
down_revision = "0002"

CAPTURE = (
    # Nobody sees a committed row of it: the check at the commit empties it. So it need not be logged.
    """CREATE UNLOGGED TABLE leverframe.changes (
        id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        action_id text, call_key text,
        table_name text NOT NULL, key jsonb NOT NULL, before jsonb, after jsonb)""",
    "GRANT SELECT (id, table_name, key, before, after) ON leverframe.changes TO leverframe_tools",
    # Plans and ledger entries hold no binary floating point: decimals are text, as in "54.10", and so are
    # integers that canonical JSON cannot hold exactly (RFC 8785).
    """CREATE FUNCTION leverframe.exact(value jsonb) RETURNS jsonb
    LANGUAGE plpgsql IMMUTABLE SET search_path = pg_catalog, pg_temp
    AS $$ BEGIN RETURN CASE jsonb_typeof(value)
        WHEN 'number' THEN CASE WHEN value::text LIKE '%.%' OR abs(value::numeric) >= 9007199254740992
            THEN to_jsonb(value::text) ELSE value END
        WHEN 'array' THEN (SELECT coalesce(jsonb_agg(leverframe.exact(one) ORDER BY place), '[]')
            FROM jsonb_array_elements(value) WITH ORDINALITY AS c (one, place))
        WHEN 'object' THEN (SELECT coalesce(jsonb_object_agg(name, leverframe.exact(one)), '{}')
            FROM jsonb_each(value) AS c (name, one))
        ELSE value END;
    END $$""",
    # Its arguments (leverframe.protection gives them): the table's name in plans, its key, the column that says whose a
    # row is, the columns of points in time that a tool sets, and the column that names the action, for audits. Other
    # points in time are left out: a clock writes them, and they differ between preview and execution. So is the owner,
    # whom row-level security fixes to the subject of the action, but where a row passes to another.
    """CREATE FUNCTION leverframe.capture() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
    AS $$ DECLARE
        key_columns text[] := TG_ARGV[1];
        old_row jsonb := CASE WHEN TG_OP <> 'INSERT' THEN to_jsonb(OLD) END;
        new_row jsonb := CASE WHEN TG_OP <> 'DELETE' THEN to_jsonb(NEW) END;
        left_out text[] := ARRAY(
            SELECT attname::text FROM pg_attribute
            WHERE attrelid = TG_RELID AND attnum > 0 AND atttypid IN ('timestamptz'::regtype, 'timestamp'::regtype)
              AND attname <> ALL (TG_ARGV[3]::text[]));
        row_key jsonb; before jsonb; after jsonb;
    BEGIN
        IF NOT coalesce(old_row, new_row) ?& (key_columns || nullif(TG_ARGV[2], '')) THEN
            RAISE object_not_in_prerequisite_state USING MESSAGE = format(
                'columns of %s were renamed since it was protected; protect it anew', TG_ARGV[0]);
        END IF;
        SELECT jsonb_object_agg(name, leverframe.exact(coalesce(old_row, new_row) -> name))
            INTO row_key FROM unnest(key_columns) AS name;
        IF TG_OP <> 'UPDATE' THEN
            left_out := left_out || key_columns || TG_ARGV[2];
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
            leverframe.action(), current_setting('leverframe.key', true), TG_ARGV[0], row_key,
            CASE WHEN TG_OP <> 'INSERT' THEN before END, CASE WHEN TG_OP <> 'DELETE' THEN after END);
        RETURN NULL;
    END $$""",
    "REVOKE ALL ON FUNCTION leverframe.exact(jsonb), leverframe.capture() FROM PUBLIC",
)

CHECK = (
    # tools/body_encryption.py computes the same; the salt lies within the sealed body.
    """CREATE FUNCTION leverframe.seal(salt text, change jsonb) RETURNS text
    LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp
    AS $$ SELECT encode(sha256(convert_to(salt || change::text, 'UTF8')), 'hex') $$""",
    # It fires for each change. The first looks at all of its call that came after it too, and removes them; for the
    # others, which only this function can have removed, nothing is left to do. What is captured later fires anew.
    """CREATE FUNCTION leverframe.require_entry() RETURNS trigger
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
    END $$""",
    "REVOKE ALL ON FUNCTION leverframe.seal(text, jsonb), leverframe.require_entry() FROM PUBLIC",
    """CREATE CONSTRAINT TRIGGER require_entry AFTER INSERT ON leverframe.changes
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION leverframe.require_entry()""",
)


def upgrade() -> None:
    for statement in (*CAPTURE, *CHECK):
        op.execute(statement)
