"""Alembic environment of every chain: runs on the connection that ``tools.kernel.migrate`` opens, and nowhere else."""

from alembic import context
from sqlalchemy import Connection

connection: Connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    version_table=context.config.attributes["version_table"],
    version_table_schema="leverframe",
)
with context.begin_transaction():
    context.run_migrations()
