"""What of this repository is the engine, and the words that are its reference shop's."""

from machines.shop.catalogue import MACHINES
from tests.support.imports import ROOT
from tools.ledger import LEDGER
from tools.shop.catalogue import TOOLS
from tools.shop.models import ShopTable

ENGINE = ("leverframe", "machines", "workflows", "tools", "activities", "audit", "desk", "api", "worker")
"""Folders that name no business."""
BUSINESS = (
    "machines/shop/", "tools/shop/", "texts/shop/", "worker/shop/", "worker/demo/",
)  # fmt: skip
"""What in these folders is the reference shop's own, and what shows it."""


def words_of_the_shop() -> frozenset[str]:
    """Names that only the shop's files may hold: taken from the shop itself, so that they are never out of date.

    Of its tables, columns and files those of two words: the others ('orders', 'status') are plain English too.
    """
    machines = {machine.action for machine in MACHINES if machine.__module__.startswith("machines.shop.")}
    tools = {tool.name for tool in TOOLS if tool.name.partition(".")[0] != "actions"}
    tables = ShopTable.metadata.tables.values()
    columns = {column.name for table in tables for column in table.columns}
    files = {path.stem for folder in BUSINESS[:2] for path in (ROOT / folder).glob("*.py")}
    own = {word for word in {table.name for table in tables} | columns | files if "_" in word.strip("_")}
    engines = {column.name for column in LEDGER.columns} | {"action_id", "created_at"}
    return frozenset({"shop", "stripe", "goes back"} | machines | tools | own) - engines
