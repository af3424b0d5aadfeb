"""All that an audit reads, as files of JSON lines: to be audited where there is no database and no network."""

import os
from collections import defaultdict
from collections.abc import AsyncIterator, Iterable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import BinaryIO, TypeVar

from pydantic import JsonValue, TypeAdapter, ValidationError

from audit.bodies import KeyFate
from audit.checks import Mark
from audit.recorded import Recorded
from audit.requests import Request
from leverframe.errors import LeverframeError
from tools.approvals import RecordedDecision
from tools.chain import Head, LedgerRow

LEDGER, HEADS, DECISIONS, ROWS, KEYS, SEALS, REQUESTS = (
    f"{name}.jsonl" for name in ("ledger", "heads", "approvals", "changed_rows", "doomed_keys", "seals", "requests")
)
Item = TypeVar("Item")

ENTRY, HEAD, DECISION = TypeAdapter(LedgerRow), TypeAdapter(tuple[str, Head]), TypeAdapter(RecordedDecision)
REQUEST = TypeAdapter(Request)
ROW, KEY, SEAL = TypeAdapter(tuple[str, Mark]), TypeAdapter(tuple[str, KeyFate]), TypeAdapter(JsonValue)


class ExportRefused(LeverframeError):
    """An export cannot be written there, or a file is not one of an export; the message names file and line."""


async def write_export(recorded: Recorded, folder: Path) -> int:
    """Write it into a new or empty folder, for this user alone; returns how many entries there are.

    Raises :class:`ExportRefused`.
    """
    try:
        _make(folder)
        _write(folder / HEADS, HEAD, recorded.heads.items())
        decisions = (decision for found in recorded.decisions.values() for decision in found)
        _write(folder / DECISIONS, DECISION, decisions)
        marks = ((action_id, mark) for action_id, found in recorded.marks.items() for mark in found)
        _write(folder / ROWS, ROW, marks)
        _write(folder / KEYS, KEY, recorded.fates.items())
        _write(folder / SEALS, SEAL, recorded.seals)
        requests = (request for found in recorded.requests.values() for request in found)
        _write(folder / REQUESTS, REQUEST, requests)
        entries = 0
        with _created(folder / LEDGER) as file:
            async for entry in recorded.entries:
                file.write(ENTRY.dump_json(entry) + b"\n")
                entries += 1
    except OSError as error:
        raise ExportRefused(f"{folder} cannot be written: {error.strerror}") from None
    return entries


@asynccontextmanager
async def exported(folder: Path) -> AsyncIterator[Recorded]:
    """What an export holds. Raises :class:`ExportRefused`, for the ledger only once its lines are read."""
    decisions: dict[str, list[RecordedDecision]] = defaultdict(list)
    for decision in _read(folder / DECISIONS, DECISION):
        decisions[decision.action_id].append(decision)
    marks: dict[str, list[Mark]] = defaultdict(list)
    for action_id, mark in _read(folder / ROWS, ROW):
        marks[action_id].append(mark)
    heads, fates = dict(_read(folder / HEADS, HEAD)), dict(_read(folder / KEYS, KEY))
    seals = tuple(_read(folder / SEALS, SEAL))
    requests: dict[str, list[Request]] = defaultdict(list)
    for request in _read(folder / REQUESTS, REQUEST):
        requests[request.action_id].append(request)
    yield Recorded(_entries(folder / LEDGER), heads, marks, decisions, fates, seals, requests)


async def _entries(path: Path) -> AsyncIterator[LedgerRow]:
    before: set[str] = set()
    now = ""
    for number, entry in enumerate(_read(path, ENTRY), 1):
        if entry.action_id != now:
            if entry.action_id in before:
                raise ExportRefused(f"{path}, line {number}: the entries of {entry.action_id} are not together")
            now = entry.action_id
            before.add(now)
        yield entry


def _make(folder: Path) -> None:
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if any(folder.iterdir()):
        raise ExportRefused(f"{folder} is not empty; name a new folder")


def _read(path: Path, kind: TypeAdapter[Item]) -> Iterator[Item]:
    try:
        with path.open("rb") as lines:
            for number, line in enumerate(lines, 1):
                try:
                    item = kind.validate_json(line)
                except ValidationError:
                    raise ExportRefused(f"{path}, line {number}: it is not what an export holds there") from None
                yield item
    except OSError as error:
        raise ExportRefused(f"{path} cannot be read: {error.strerror}") from None


def _write(path: Path, kind: TypeAdapter[Item], items: Iterable[Item]) -> None:
    with _created(path) as file:
        file.writelines(kind.dump_json(item) + b"\n" for item in items)


def _created(path: Path) -> BinaryIO:
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb")
