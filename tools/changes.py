"""What the database saw a transaction change, whatever statements made the change."""

from sqlalchemy import BigInteger, Column, MetaData, Table, Text, select
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.asyncio import AsyncSession

from leverframe.contracts.plan import RowChange

CHANGES = Table(
    "changes",
    MetaData(schema="leverframe"),
    Column("id", BigInteger, primary_key=True),
    Column("table_name", Text),
    Column("key", JSONB),
    Column("before", JSONB(none_as_null=True)),
    Column("after", JSONB(none_as_null=True)),
)


class ChangeReader:
    """Reads the transaction's changes in the order in which they happened, each once.

    A tool that changes several rows does so in a fixed order, so that preview and execution agree.
    """

    def __init__(self, session: AsyncSession) -> None:
        self._session = session
        self._last = 0

    async def take(self) -> tuple[RowChange, ...]:
        """The changes since the last time."""
        rows = (
            await self._session.execute(select(CHANGES).where(CHANGES.c.id > self._last).order_by(CHANGES.c.id))
        ).all()
        if rows:
            self._last = rows[-1].id
        return tuple(RowChange(table=row.table_name, key=row.key, before=row.before, after=row.after) for row in rows)
