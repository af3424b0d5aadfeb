"""Filling the shop from elsewhere."""

from pathlib import Path
from typing import Annotated

import typer

importing = typer.Typer(no_args_is_help=True, help="Fill the shop with a data set, for demos and outside tests.")


@importing.command()
def retail(
    folder: Annotated[
        Path, typer.Argument(metavar="PATH", help="Folder with a db.json of users, orders and products.")
    ],
) -> None:
    """Load a retail data set; what stands already is left as it is."""
    from tools.shop.retail import read_retail, shop_of
    from worker.demo.imported_rows import fill_shop

    fill_shop(shop_of(read_retail(folder)))
