"""Put a made-up shop into the database; needs the owner's login, which row-level security does not bind."""

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncEngine

from tools.shop.generator import Shop


async def store(owner: AsyncEngine, shop: Shop) -> None:
    """Insert every row in one transaction; rows that stand already are left as they are."""
    async with owner.begin() as connection:
        for rows in shop.tables:
            if rows:
                statement = insert(type(rows[0])).on_conflict_do_nothing()
                await connection.execute(statement, [row.model_dump() for row in rows])
