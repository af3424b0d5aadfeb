"""A key for each person, which can be destroyed, and ledger entries that show of a change no more than a seal."""

from alembic import op

revision = "0008"
down_revision = "0007"

KEYS = (
    # Out of the action's id, which the scope proves (leverframe.pseudonym.ACTION_ID).
    """CREATE FUNCTION leverframe.pseudonym() RETURNS text
    LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
    AS $$ SELECT substring(
        leverframe.action() FROM '^[a-z][a-z0-9_]*-([0-9a-f]{16})-[0-9a-f]{12}(?:/[0-9]+)*$') $$""",
    "REVOKE ALL ON FUNCTION leverframe.pseudonym() FROM PUBLIC",
    "GRANT EXECUTE ON FUNCTION leverframe.pseudonym() TO leverframe_tools",
    """CREATE TABLE leverframe.subject_keys (
        pseudonym text PRIMARY KEY CHECK (pseudonym ~ '^[0-9a-f]{16}$'),
        -- The key, sealed under the payload key of this number; gone once it is destroyed.
        wrapped bytea, ring_number integer,
        created_at timestamptz NOT NULL DEFAULT now(),
        doomed_by text, doomed_at timestamptz, destroyed_at timestamptz,
        CHECK ((wrapped IS NULL) = (destroyed_at IS NOT NULL)),
        CHECK ((wrapped IS NULL) = (ring_number IS NULL)),
        CHECK ((doomed_by IS NULL) = (doomed_at IS NULL)),
        CHECK (destroyed_at IS NULL OR doomed_by IS NOT NULL))""",
    """CREATE FUNCTION leverframe.key_fate() RETURNS trigger
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
    AS $$ BEGIN
        IF OLD.destroyed_at IS NOT NULL OR NEW.pseudonym <> OLD.pseudonym
           OR (OLD.doomed_by IS NOT NULL AND NEW.doomed_by IS DISTINCT FROM OLD.doomed_by) THEN
            RAISE integrity_constraint_violation USING MESSAGE = format(
                'the fate of the key of %s stands: what is doomed or destroyed stays so', OLD.pseudonym);
        END IF;
        NEW.doomed_at := CASE WHEN NEW.doomed_by IS NOT NULL THEN coalesce(OLD.doomed_at, clock_timestamp()) END;
        NEW.destroyed_at := CASE WHEN NEW.wrapped IS NULL THEN clock_timestamp() END;
        RETURN NEW;
    END $$""",
    "REVOKE ALL ON FUNCTION leverframe.key_fate() FROM PUBLIC",
    """CREATE TRIGGER key_fate BEFORE UPDATE ON leverframe.subject_keys
    FOR EACH ROW EXECUTE FUNCTION leverframe.key_fate()""",
    "ALTER TABLE leverframe.subject_keys ENABLE ROW LEVEL SECURITY",
    "CREATE POLICY every_key ON leverframe.subject_keys TO leverframe_keys USING (true) WITH CHECK (true)",
    "GRANT USAGE ON SCHEMA leverframe TO leverframe_keys",
    """GRANT SELECT, INSERT (pseudonym, wrapped, ring_number), UPDATE (wrapped, ring_number)
    ON leverframe.subject_keys TO leverframe_keys""",
    # The tools may say that the person of the action in scope is being erased, and nothing else.
    """CREATE POLICY own_person ON leverframe.subject_keys FOR SELECT TO leverframe_tools
    USING (pseudonym = (SELECT leverframe.pseudonym()))""",
    """CREATE POLICY doom ON leverframe.subject_keys FOR UPDATE TO leverframe_tools
    USING (pseudonym = (SELECT leverframe.pseudonym()) AND doomed_by IS NULL)
    WITH CHECK (pseudonym = (SELECT leverframe.pseudonym()) AND doomed_by = (SELECT leverframe.action()))""",
    """GRANT SELECT (pseudonym, created_at, doomed_by, doomed_at, destroyed_at), UPDATE (doomed_by)
    ON leverframe.subject_keys TO leverframe_tools""",
    "CREATE POLICY fates ON leverframe.subject_keys FOR SELECT TO leverframe_auditor USING (true)",
    """GRANT SELECT (pseudonym, created_at, doomed_by, doomed_at, destroyed_at)
    ON leverframe.subject_keys TO leverframe_auditor""",
    """CREATE TRIGGER capture AFTER INSERT OR UPDATE OR DELETE ON leverframe.subject_keys
    FOR EACH ROW WHEN (session_user = 'leverframe_tools')
    EXECUTE FUNCTION leverframe.capture('pseudonym')""",
)

SEALS = (
    # tools/sealing.py computes the same; the salt lies within the sealed body.
    """CREATE FUNCTION leverframe.seal(salt text, change jsonb) RETURNS text
    LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp
    AS $$ SELECT encode(sha256(convert_to(salt || change::text, 'UTF8')), 'hex') $$""",
    "REVOKE ALL ON FUNCTION leverframe.seal(text, jsonb) FROM PUBLIC",
    """CREATE OR REPLACE FUNCTION leverframe.require_entry() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
    AS $$ DECLARE
        change jsonb := jsonb_build_object(
            'table', NEW.table_name, 'key', NEW.key, 'before', NEW.before, 'after', NEW.after);
    BEGIN
        PERFORM FROM leverframe.ledger_heads h
            JOIN leverframe.ledger l ON l.action_id = h.action_id AND l.seq = h.effect_seq
            CROSS JOIN jsonb_array_elements(l.body -> 'changes') AS recorded
            WHERE h.action_id = NEW.action_id AND h.effect_txid = pg_current_xact_id()
              AND l.key = 'effect:' || NEW.call_key
              AND recorded IN (
                  change, to_jsonb(leverframe.seal(current_setting('leverframe.salt', true), change)));
        IF NOT FOUND THEN
            RAISE integrity_constraint_violation USING MESSAGE = format(
                'a change of %s %s is not in the ledger: changes are committed only together with their '
                'effect entry', NEW.table_name, NEW.key);
        END IF;
        DELETE FROM leverframe.changes WHERE id = NEW.id;
        RETURN NULL;
    END $$""",
)


def upgrade() -> None:
    for statement in (*KEYS, *SEALS):
        op.execute(statement)
