"""Locks of one action, which are taken in its scope alone and not kept for ever."""

from alembic import op

revision = "0007"
down_revision = "0006"

STATEMENTS = (
    # A login's own limits are for its sessions to change, so they hold whoever is honest. Whoever keeps a transaction
    # open longer than any honest one takes is ended by the next who wants to work (tools.kernel.limits).
    """CREATE FUNCTION leverframe.end_overdue() RETURNS void
    LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
    AS $$ SELECT pg_terminate_backend(pid) FROM pg_stat_activity
        WHERE usename = session_user AND datname = current_database() AND pid <> pg_backend_pid()
          AND xact_start < clock_timestamp() - interval '5 minutes' $$""",
    """CREATE FUNCTION leverframe.lock_action() RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
    AS $$ DECLARE locked text := leverframe.action(); BEGIN
        IF locked IS NULL THEN
            RAISE insufficient_privilege USING MESSAGE = 'an action is locked in its own scope only';
        END IF;
        PERFORM leverframe.end_overdue();
        PERFORM pg_advisory_xact_lock(hashtextextended(locked, 0));
    END $$""",
    # Another seed, so that judging does not wait for a call.
    """CREATE FUNCTION leverframe.take_turns(action_id text) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
    AS $$ BEGIN
        PERFORM leverframe.end_overdue();
        PERFORM pg_advisory_xact_lock(hashtextextended(action_id, 1));
    END $$""",
    """REVOKE ALL ON FUNCTION leverframe.end_overdue(), leverframe.lock_action(), leverframe.take_turns(text)
    FROM PUBLIC""",
    "GRANT EXECUTE ON FUNCTION leverframe.lock_action() TO leverframe_tools",
    "GRANT EXECUTE ON FUNCTION leverframe.take_turns(text) TO leverframe_approvals",
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)
