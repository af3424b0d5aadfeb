"""How much one user asks for: counted where an action begins, so that two that begin at once are counted as two."""

from alembic import op

revision = "0011"
down_revision = "0010"

STATEMENTS = (
    """CREATE TABLE leverframe.admitted (
        action_id text PRIMARY KEY,
        -- Keyed digest of the user, which tells nobody who it is; kept for a day, and as long as the action is open.
        who text NOT NULL,
        at timestamptz NOT NULL DEFAULT clock_timestamp(),
        ended_at timestamptz)""",
    "CREATE INDEX admitted_who ON leverframe.admitted (who, at)",
    """CREATE FUNCTION leverframe.admit(asks text, a_day integer, at_once integer) RETURNS text
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
    AS $$ DECLARE asking text := leverframe.action(); today integer; open integer; BEGIN
        IF asking IS NULL THEN
            RAISE insufficient_privilege USING MESSAGE = 'an action is admitted in its own scope only';
        END IF;
        PERFORM leverframe.end_overdue();
        PERFORM pg_advisory_xact_lock(hashtextextended(asks, 2));
        IF EXISTS (SELECT FROM leverframe.admitted a WHERE a.action_id = asking) THEN
            RETURN '';
        END IF;
        -- One that was ended from outside has never said so: after 60 days it counts no more.
        DELETE FROM leverframe.admitted a WHERE a.who = asks AND a.at < clock_timestamp() - interval '1 day'
            AND (a.ended_at IS NOT NULL OR a.at < clock_timestamp() - interval '60 days');
        SELECT count(*) FILTER (WHERE a.at > clock_timestamp() - interval '1 day'),
            count(*) FILTER (WHERE a.ended_at IS NULL)
            INTO today, open FROM leverframe.admitted a WHERE a.who = asks;
        IF today >= a_day THEN
            RETURN 'a_day';
        ELSIF open >= at_once THEN
            RETURN 'at_once';
        END IF;
        INSERT INTO leverframe.admitted (action_id, who) VALUES (asking, asks);
        RETURN '';
    END $$""",
    """CREATE FUNCTION leverframe.admitted_ended() RETURNS void
    LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
    AS $$ UPDATE leverframe.admitted SET ended_at = clock_timestamp()
        WHERE action_id = leverframe.action() AND ended_at IS NULL $$""",
    "REVOKE ALL ON FUNCTION leverframe.admit(text, integer, integer), leverframe.admitted_ended() FROM PUBLIC",
    """GRANT EXECUTE ON FUNCTION leverframe.admit(text, integer, integer), leverframe.admitted_ended()
    TO leverframe_tools""",
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)
