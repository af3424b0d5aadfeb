"""Seals in the database, and the heads that they are made of."""

from collections.abc import Mapping

from pydantic import JsonValue
from sqlalchemy import Column, Integer, MetaData, Table, insert, select
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.asyncio import AsyncConnection

from audit.seals.seal import Seal
from tools.chain import Head
from tools.ledger import HEADS

SEALS = Table("seals", MetaData(schema="leverframe"), Column("number", Integer), Column("record", JSONB))


async def read_records(connection: AsyncConnection, since: int = 0) -> list[JsonValue]:
    """The records from this number on, in order; not verified."""
    records = select(SEALS.c.record).where(SEALS.c.number >= since).order_by(SEALS.c.number)
    return list((await connection.execute(records)).scalars())


async def read_heads(connection: AsyncConnection) -> Mapping[str, Head]:
    """Where each chain ends, by action."""
    heads = select(HEADS.c.action_id, HEADS.c.seq, HEADS.c.hash)
    return {row.action_id: Head(row.seq, row.hash) for row in await connection.execute(heads)}


async def append_seal(connection: AsyncConnection, seal: Seal) -> None:
    """Add a seal; raises ``IntegrityError`` when somebody else has added one of this number meanwhile."""
    await connection.execute(insert(SEALS).values(number=seal.number, record=seal.record))
