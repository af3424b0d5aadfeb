"""What this business adds to the company's database: the fees of contracts that end before their term."""

from alembic import op

revision = "0001"
down_revision = None

STATEMENTS = (
    "CREATE SCHEMA contracts",
    """CREATE TABLE contracts.fees (
        fee_id uuid PRIMARY KEY,
        holder text NOT NULL,
        contract_id text NOT NULL,
        amount numeric(8, 2) NOT NULL CHECK (amount > 0),
        currency text NOT NULL CHECK (currency = 'EUR'),
        UNIQUE (holder, contract_id))""",
    """SELECT leverframe.protect('contracts.fees', 'holder',
        adds => '{fee_id, contract_id, amount, currency}')""",
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)
