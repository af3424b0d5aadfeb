"""Who decided on which plan, append-only, and which capabilities are revoked."""

from alembic import op

revision = "0004"
down_revision = "0003"

APPROVALS = (
    """CREATE TABLE leverframe.approvals (
        action_id text NOT NULL CHECK (action_id <> ''),
        run_id text NOT NULL CHECK (run_id <> ''),
        event_id bigint NOT NULL CHECK (event_id > 0),
        choice text NOT NULL CHECK (choice IN ('approve', 'reject')),
        digest text NOT NULL CHECK (digest ~ '^[0-9a-f]{64}$'),
        person text NOT NULL CHECK (person <> ''),
        identity text NOT NULL,
        trust text NOT NULL CHECK (trust IN ('principal', 'signed', 'claimed')),
        role text NOT NULL,
        quorum integer NOT NULL CHECK (quorum >= 1),
        -- By the clock and not the transaction's start, so that those who took turns stand in order.
        at timestamptz NOT NULL DEFAULT clock_timestamp(),
        PRIMARY KEY (action_id, run_id, event_id),
        UNIQUE (action_id, digest, person))""",
    "GRANT USAGE ON SCHEMA leverframe TO leverframe_approvals",
    """GRANT SELECT,
             INSERT (action_id, run_id, event_id, choice, digest, person, identity, trust, role, quorum)
    ON leverframe.approvals TO leverframe_approvals""",
    "GRANT SELECT ON leverframe.approvals TO leverframe_auditor",
)

REVOCATIONS = (
    """CREATE TABLE leverframe.revocations (
        token_id text PRIMARY KEY CHECK (token_id ~ '^([0-9a-f]{2})+$'),
        reason text NOT NULL CHECK (reason <> ''),
        at timestamptz NOT NULL DEFAULT now())""",
    "GRANT SELECT ON leverframe.revocations TO leverframe_tools, leverframe_approvals, leverframe_auditor",
)


def upgrade() -> None:
    for statement in (*APPROVALS, *REVOCATIONS):
        op.execute(statement)
