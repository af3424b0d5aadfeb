from collections.abc import Mapping

from rich.table import Table
from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError, OperationalError
from sqlalchemy.ext.asyncio import AsyncEngine

from tools.scope import create_engine
from tools.shop.generator import Shop
from tools.shop.store import store
from worker.cli.terminal import console, run, use_running_stack
from worker.embedded.process import ServiceError
from worker.settings.base import load
from worker.settings.owner import ImportSettings


def fill_shop(shop: Shop) -> None:
    """Put the rows into the running stack's database, or the one that the environment names, and show the counts."""
    use_running_stack()
    new = run(_fill(load(ImportSettings).owner_database_url.get_secret_value(), shop))
    table = Table("table", "in the data", "new")
    for rows in shop.tables:
        if rows:
            name = str(rows[0].__tablename__)
            table.add_row(name, str(len(rows)), str(new[name]))
    console.print(table)


async def _fill(url: str, shop: Shop) -> Mapping[str, int]:
    """How many rows each table has gained."""
    owner = create_engine(url)
    try:
        before = await _count(owner, shop)
        await store(owner, shop)
        after = await _count(owner, shop)
    except OperationalError as error:
        raise ServiceError(f"The database does not answer: {error.orig}") from error
    except IntegrityError as error:
        raise ServiceError(
            f"The data contradict what the shop holds already, so nothing was imported: {error.orig}"
        ) from None
    finally:
        await owner.dispose()
    return {name: after[name] - before[name] for name in after}


async def _count(owner: AsyncEngine, shop: Shop) -> Mapping[str, int]:
    async with owner.connect() as connection:
        return {
            str(rows[0].__tablename__): await connection.scalar(select(func.count()).select_from(type(rows[0]))) or 0
            for rows in shop.tables
            if rows
        }
