"""A key for each person, which can be destroyed."""

from alembic import op

revision = "0005"
down_revision = "0004"

STATEMENTS = (
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
    EXECUTE FUNCTION leverframe.capture('subject_keys', '{pseudonym}', '', '{}', '')""",
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)
