"""Alembic environment: runs on the connection that ``tools.shop.migrate`` opens, and nowhere else."""

from alembic import context
from sqlalchemy import Connection

from tools.shop.models import ShopTable

connection: Connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=ShopTable.metadata,
    version_table="migrations",
    version_table_schema="leverframe",
)
with context.begin_transaction():
    context.run_migrations()
