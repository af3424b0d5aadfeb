"""The ledger's hash chain. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from pydantic import JsonValue

from leverframe.contracts.ledger import LedgerEntry
from leverframe.digest import EXACT, sha256

GENESIS = "0" * 64
"""What the first entry of a chain follows."""


@dataclass(frozen=True)
class Head:
    """Where a chain ends: how many entries it has, and the hash of the last."""

    seq: int = 0
    hash: str = GENESIS


@dataclass(frozen=True)
class LedgerRow:
    """One row of the ledger; ``hash`` is over all other columns."""

    action_id: str
    seq: int
    key: str
    kind: str
    role: str
    at: str
    body: dict[str, JsonValue]
    trace_id: str
    prev_hash: str
    hash: str = ""

    def computed_hash(self) -> str:
        """SHA-256 in hex over the canonical JSON of all columns but ``hash``; ``ValueError`` if there is none."""
        return sha256({name: value for name, value in vars(self).items() if name != "hash"})


def link(head: Head, action_id: str, entries: Iterable[LedgerEntry], trace_id: str) -> list[LedgerRow]:
    """The rows that append these entries after ``head``."""
    rows: list[LedgerRow] = []
    for entry in entries:
        unhashed = LedgerRow(
            action_id=action_id,
            seq=head.seq + 1,
            key=entry.key,
            kind=entry.kind,
            role=entry.role,
            at=entry.at,
            body=storable_body(entry.body),
            trace_id=trace_id,
            prev_hash=head.hash,
        )
        row = replace(unhashed, hash=unhashed.computed_hash())
        head = Head(row.seq, row.hash)
        rows.append(row)
    return rows


def storable_body(body: Mapping[str, JsonValue]) -> dict[str, JsonValue]:
    """The body as PostgreSQL's ``jsonb`` and canonical JSON both hold it, so that recording cannot fail on content.

    NUL characters become U+FFFD, lone surrogates ``?``, and numbers that a double cannot hold exactly, text.
    """
    return {_storable_text(name): _storable(value) for name, value in body.items()}


def _storable(value: JsonValue) -> JsonValue:
    if isinstance(value, str):
        return _storable_text(value)
    if isinstance(value, list):
        return [_storable(item) for item in value]
    if isinstance(value, dict):
        return storable_body(value)
    if isinstance(value, int | float) and not -EXACT < value < EXACT:
        return str(value)
    return value


def _storable_text(value: str) -> str:
    return value.replace("\0", "\ufffd").encode(errors="replace").decode()
