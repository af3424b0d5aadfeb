"""The ledger: append-only, one hash chain per action, and the heads that make a missing end visible."""

from alembic import op

revision = "0002"
down_revision = "0001"

STATEMENTS = (
    """CREATE TABLE leverframe.ledger (
        action_id text NOT NULL CHECK (action_id <> ''),
        seq integer NOT NULL,
        key text NOT NULL, kind text NOT NULL, role text NOT NULL, at text NOT NULL,
        body jsonb NOT NULL, trace_id text NOT NULL,
        prev_hash text NOT NULL, hash text NOT NULL CHECK (hash ~ '^[0-9a-f]{64}$'),
        PRIMARY KEY (action_id, seq), UNIQUE (action_id, key))""",
    """CREATE TABLE leverframe.ledger_heads (
        action_id text PRIMARY KEY, seq integer NOT NULL, hash text NOT NULL,
        -- The latest effect entry and the transaction that wrote it: what a committed change must be in.
        effect_seq integer, effect_txid xid8)""",
    """CREATE FUNCTION leverframe.link_entry() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
    AS $$ DECLARE head leverframe.ledger_heads; BEGIN
        IF NEW.action_id IS DISTINCT FROM leverframe.action() THEN
            RAISE insufficient_privilege USING MESSAGE = 'a ledger entry must belong to the action in scope';
        END IF;
        SELECT * INTO head FROM leverframe.ledger_heads WHERE action_id = NEW.action_id FOR UPDATE;
        IF NEW.seq <> coalesce(head.seq, 0) + 1 OR NEW.prev_hash <> coalesce(head.hash, repeat('0', 64)) THEN
            RAISE integrity_constraint_violation USING MESSAGE = format(
                'ledger entry %s of %s does not follow the head %s', NEW.seq, NEW.action_id,
                coalesce(head.seq, 0));
        END IF;
        IF NEW.kind = 'effect' THEN
            head.effect_seq := NEW.seq;
            head.effect_txid := pg_current_xact_id();
        END IF;
        INSERT INTO leverframe.ledger_heads
            VALUES (NEW.action_id, NEW.seq, NEW.hash, head.effect_seq, head.effect_txid)
        ON CONFLICT (action_id) DO UPDATE SET seq = excluded.seq, hash = excluded.hash,
            effect_seq = excluded.effect_seq, effect_txid = excluded.effect_txid;
        RETURN NEW;
    END $$""",
    "REVOKE ALL ON FUNCTION leverframe.link_entry() FROM PUBLIC",
    """CREATE TRIGGER link_entry BEFORE INSERT ON leverframe.ledger
    FOR EACH ROW EXECUTE FUNCTION leverframe.link_entry()""",
    "ALTER TABLE leverframe.ledger ENABLE ROW LEVEL SECURITY",
    """CREATE POLICY own_action ON leverframe.ledger TO leverframe_tools
    USING (action_id = (SELECT leverframe.action()))
    WITH CHECK (action_id = (SELECT leverframe.action()))""",
    "CREATE POLICY everything ON leverframe.ledger FOR SELECT TO leverframe_auditor USING (true)",
    "GRANT SELECT, INSERT ON leverframe.ledger TO leverframe_tools",
    "GRANT SELECT ON leverframe.ledger, leverframe.ledger_heads TO leverframe_auditor",
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)
