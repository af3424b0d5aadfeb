"""The table of the people's keys, and what a tool may do with it: doom the key of the person whom it is erasing."""

from sqlalchemy import Column, DateTime, Integer, LargeBinary, MetaData, Table, Text, func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

SUBJECT_KEYS = Table(
    "subject_keys",
    MetaData(schema="leverframe"),
    Column("pseudonym", Text, primary_key=True),
    Column("wrapped", LargeBinary),
    Column("ring_number", Integer),
    *(Column(name, DateTime(timezone=True)) for name in ("created_at", "doomed_at", "destroyed_at")),
    Column("doomed_by", Text),
)


async def doom(session: AsyncSession, action_id: str) -> bool:
    """Have the key of the person whom the action in scope is about destroyed once that action has ended.

    ``False`` where there is none that could be: nobody has made one, or another action has doomed it.
    """
    key = SUBJECT_KEYS.c
    doomed = (
        update(SUBJECT_KEYS)
        .where(key.pseudonym == select(func.leverframe.pseudonym()).scalar_subquery(), key.doomed_by.is_(None))
        .values(doomed_by=action_id)
        .returning(key.pseudonym)
    )
    return (await session.execute(doomed)).first() is not None
