"""A key for each subject, under which payloads and ledger bodies about them are encrypted."""

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    pass
