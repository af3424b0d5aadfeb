"""Signed records of where all chains ended, append-only, and a login that reads the chains' ends and adds to them."""

from alembic import op

revision = "0006"
down_revision = "0005"

STATEMENTS = (
    """CREATE TABLE leverframe.seals (
        number integer PRIMARY KEY CHECK (number > 0),
        record jsonb NOT NULL CHECK ((record -> 'number') = to_jsonb(number)))""",
    "GRANT USAGE ON SCHEMA leverframe TO leverframe_sealer",
    # The ends alone, not what the chains say.
    "GRANT SELECT (action_id, seq, hash) ON leverframe.ledger_heads TO leverframe_sealer",
    "GRANT SELECT, INSERT (number, record) ON leverframe.seals TO leverframe_sealer",
    "GRANT SELECT ON leverframe.seals TO leverframe_auditor",
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)
