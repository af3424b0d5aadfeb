"""Chains of migrations: the kernel's, and one for each business that has tables of its own."""

from dataclasses import dataclass
from pathlib import Path

from leverframe.business import folder, parts


@dataclass(frozen=True)
class Chain:
    """Revisions that follow one another, and how far a database has come with them."""

    name: str
    folder: Path
    """Where Alembic's revisions lie."""
    version_table: str
    """In the schema ``leverframe``."""


KERNEL = Chain("the kernel", Path(__file__).parent / "migrations" / "versions", "kernel_version")


def table_chains() -> tuple[Chain, ...]:
    """Those of the businesses that run here, each of which begins where the kernel's ends; raises UnknownBusiness."""
    return tuple(Chain(name, folder(entry) / "versions", f"migrations_{name}") for name, entry in parts("tables"))
