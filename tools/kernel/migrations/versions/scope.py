"""Whose rows a transaction may touch: a scope, and the proof without which it holds nothing."""

from alembic import op

revision = "0001"
down_revision = None

STATEMENTS = (
    # Only the owner reads the key; it is stored as the two padded keys that HMAC (RFC 2104) starts from.
    """CREATE TABLE leverframe.scope_key (
        one boolean PRIMARY KEY DEFAULT true CHECK (one), inner_pad bytea NOT NULL, outer_pad bytea NOT NULL)""",
    # Both sides are hashed once more, so that the time of the comparison tells nothing about the proof.
    """CREATE FUNCTION leverframe.scope_holds() RETURNS boolean
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
    AS $$ SELECT coalesce((
        SELECT sha256(convert_to(current_setting('leverframe.proof', true), 'UTF8'))
             = sha256(convert_to(encode(sha256(outer_pad || sha256(inner_pad || convert_to(
                   current_setting('leverframe.subject', true) || chr(31)
                   || current_setting('leverframe.action', true), 'UTF8'))), 'hex'), 'UTF8'))
        FROM leverframe.scope_key), false) $$""",
    *(
        f"""CREATE FUNCTION leverframe.{name}() RETURNS text
        LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
        AS $$ SELECT CASE WHEN leverframe.scope_holds()
            THEN nullif(current_setting('leverframe.{name}', true), '') END $$"""
        for name in ("subject", "action")
    ),
    # For tables whose owners are numbers or UUIDs, in the form that the type itself writes: nobody is '7' as '007'.
    *(
        f"""CREATE FUNCTION leverframe.subject_{kind}() RETURNS {kind}
        LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
        AS $$ SELECT CASE WHEN pg_input_is_valid(said, '{kind}') THEN
            CASE WHEN said::{kind}::text = said THEN said::{kind} END END FROM leverframe.subject() AS said $$"""  # noqa: S608
        for kind in ("bigint", "uuid")
    ),
    # Out of the action's id, which the scope proves (leverframe.pseudonym.ACTION_ID).
    """CREATE FUNCTION leverframe.pseudonym() RETURNS text
    LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
    AS $$ SELECT substring(
        leverframe.action() FROM '^[a-z][a-z0-9_]*-([0-9a-f]{16})-[0-9a-f]{12}(?:/[0-9]+)*$') $$""",
    """REVOKE ALL ON FUNCTION leverframe.scope_holds(), leverframe.subject(), leverframe.action(),
        leverframe.pseudonym(), leverframe.subject_bigint(), leverframe.subject_uuid() FROM PUBLIC""",
    "GRANT USAGE ON SCHEMA leverframe TO leverframe_tools, leverframe_auditor",
    """GRANT EXECUTE ON FUNCTION leverframe.subject(), leverframe.action(), leverframe.pseudonym(),
        leverframe.subject_bigint(), leverframe.subject_uuid() TO leverframe_tools""",
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)
