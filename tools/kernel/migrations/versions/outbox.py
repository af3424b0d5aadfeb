"""The outbox: what is asked of systems outside stands here, committed, before it leaves."""

from alembic import op

revision = "0010"
down_revision = "0009"

STATEMENTS = (
    """CREATE TABLE leverframe.outbox (
        action_id text NOT NULL CHECK (action_id <> ''),
        call_key text NOT NULL CHECK (call_key <> ''),
        position integer NOT NULL CHECK (position >= 0),
        tool text NOT NULL CHECK (tool <> ''), service text NOT NULL CHECK (service <> ''),
        -- Digest of the approved plan, which holds the request; empty where none was needed.
        plan text NOT NULL CHECK (plan ~ '^([0-9a-f]{64})?$'),
        idempotency_key text NOT NULL CHECK (idempotency_key <> ''),
        -- As text, exactly as the plan has it.
        asked json NOT NULL,
        state text NOT NULL DEFAULT 'sending'
            CHECK (state IN ('sending', 'unsent', 'answered', 'refused', 'unknown')),
        tries integer NOT NULL DEFAULT 1 CHECK (tries >= 1),
        first_sent_at timestamptz NOT NULL DEFAULT clock_timestamp(),
        last_sent_at timestamptz NOT NULL DEFAULT clock_timestamp(),
        answer json, answered_at timestamptz,
        PRIMARY KEY (action_id, call_key, position),
        CHECK ((answer IS NOT NULL) = (state IN ('answered', 'refused'))),
        CHECK ((answer IS NOT NULL) = (answered_at IS NOT NULL)))""",
    "CREATE INDEX outbox_open ON leverframe.outbox (first_sent_at) WHERE state IN ('sending', 'unknown')",
    """CREATE FUNCTION leverframe.outbox_fate() RETURNS trigger
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
    AS $$ BEGIN
        IF TG_OP = 'DELETE' OR OLD.state IN ('answered', 'refused') THEN
            RAISE integrity_constraint_violation USING MESSAGE = format(
                'what came of the request %s of %s (%s) stands', OLD.position, OLD.action_id, OLD.call_key);
        END IF;
        IF OLD.state = 'unknown' AND NEW.state = 'sending' OR NEW.tries < OLD.tries THEN
            RAISE integrity_constraint_violation USING MESSAGE = format(
                'the request %s of %s (%s) was sent, and that stands', OLD.position, OLD.action_id, OLD.call_key);
        END IF;
        IF NEW.tries > OLD.tries THEN
            NEW.last_sent_at := clock_timestamp();
        END IF;
        NEW.answered_at := CASE WHEN NEW.answer IS NOT NULL THEN clock_timestamp() END;
        RETURN NEW;
    END $$""",
    "REVOKE ALL ON FUNCTION leverframe.outbox_fate() FROM PUBLIC",
    """CREATE TRIGGER outbox_fate BEFORE UPDATE OR DELETE ON leverframe.outbox
    FOR EACH ROW EXECUTE FUNCTION leverframe.outbox_fate()""",
    "ALTER TABLE leverframe.outbox ENABLE ROW LEVEL SECURITY",
    """CREATE POLICY own_action ON leverframe.outbox TO leverframe_tools
    USING (action_id = (SELECT leverframe.action()))
    WITH CHECK (action_id = (SELECT leverframe.action()))""",
    "CREATE POLICY everything ON leverframe.outbox FOR SELECT TO leverframe_auditor USING (true)",
    # What was asked, and since when, is written once.
    """GRANT SELECT, INSERT (action_id, call_key, position, tool, service, plan, idempotency_key, asked),
             UPDATE (state, tries, answer)
    ON leverframe.outbox TO leverframe_tools""",
    "GRANT SELECT ON leverframe.outbox TO leverframe_auditor",
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)
