"""What a table needs so that the tools may work on it, asked of ``leverframe.protection`` in the database."""

from dataclasses import astuple, dataclass, field

import psycopg
from psycopg import errors

from tools.kernel.libpq import libpq


@dataclass(frozen=True)
class Protection:
    """What ``leverframe.protect`` is told, in its order (migration ``protect`` says what each means)."""

    table: str
    """As SQL writes it, such as ``crm.contracts``."""
    owner: str | None
    key: list[str] | None = None
    changes: list[str] = field(default_factory=list)
    adds: list[str] = field(default_factory=list)
    reads: list[str] | None = None
    name: str | None = None
    mark: str | None = None
    through: str | None = None


@dataclass(frozen=True)
class Missing:
    """One thing that the table lacks."""

    what: str
    statement: str | None
    """What would add it; ``None`` where that is not for Leverframe to do."""


class NotProtectable(ValueError):
    """The table cannot be put under the law as it was said; the message tells why and what was expected."""


def missing(owner_url: str, protection: Protection) -> list[Missing]:
    """What the table lacks, in the order in which it is to be added; nothing is changed.

    ``owner_url`` is a SQLAlchemy URL of a login that may act as ``leverframe_owner``. Raises :class:`NotProtectable`.
    """
    try:
        with psycopg.connect(libpq(owner_url)) as connection:
            connection.read_only = True
            found = connection.execute(
                "SELECT missing, statement FROM leverframe.protection("
                "%s::text::regclass, %s, %s::text[], %s::text[], %s::text[], %s::text[], %s, %s, %s::text::regclass)",
                astuple(protection),
            ).fetchall()
    except (errors.UndefinedTable, errors.InvalidName):
        raise NotProtectable(
            f"there is no table {protection.table}; expected one as SQL writes it, such as crm.contracts"
        ) from None
    except (errors.InvalidSchemaName, errors.UndefinedFunction):
        raise NotProtectable("this database has not been migrated: run 'python -m worker migrate' first") from None
    except errors.InvalidParameterValue as error:
        raise NotProtectable(str(error.diag.message_primary)) from None
    return [Missing(what, statement) for what, statement in found]
