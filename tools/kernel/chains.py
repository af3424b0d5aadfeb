"""Chains of migrations: the kernel's, and one for each business that has tables of its own."""

from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).parent


@dataclass(frozen=True)
class Chain:
    """Revisions that follow one another, and how far a database has come with them."""

    name: str
    folder: Path
    """Where Alembic's revisions lie."""

    @property
    def version_table(self) -> str:
        """In the schema ``leverframe``."""
        return f"migrations_{self.name}"


KERNEL = Chain("kernel", HERE / "migrations" / "versions")


def table_chains() -> tuple[Chain, ...]:
    """Those of the businesses that run here, each of which begins where the kernel's ends."""
    return (Chain("shop", HERE.parent / "shop" / "migrations" / "versions"),)
