from collections.abc import Iterable, Iterator
from typing import TypeVar

from leverframe.contracts.entries import Body, read
from leverframe.contracts.entry import Entry, Malformed
from tools.chain import LedgerRow

Kind = TypeVar("Kind", bound=Entry)


def said(row: LedgerRow) -> Body | None:
    """What an entry says; ``None`` where its body is sealed, or malformed, which is one of the audit's problems."""
    try:
        return read(row.kind, row.body)
    except Malformed:
        return None


def said_as(kind: type[Kind], rows: Iterable[LedgerRow]) -> Iterator[tuple[LedgerRow, Kind]]:
    """The entries of one kind that can be read, each with what it says."""
    for row in rows:
        if row.kind == kind.kind and isinstance(told := said(row), kind):
            yield row, told
