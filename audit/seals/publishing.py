"""Where seals go beside the database, out of reach of whoever can write there: a file, or a URL."""

import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

from pydantic import JsonValue

from audit.seals.seal import Seal, SealRefused, read_seal

TIMEOUT = 30.0
"""Seconds for one seal to be taken by a URL."""


class NotPublished(Exception):
    """A seal could not be delivered; it is tried again with the next one."""


class Publisher(Protocol):
    """Takes seals somewhere."""

    def missing(self, seals: Sequence[Seal]) -> Sequence[Seal]:
        """Which of these, all that stand, are still to be delivered.

        Raises :class:`~audit.seals.seal.SealRefused` when it has others than stand.
        """
        ...

    async def publish(self, seal: Seal) -> None:
        """Deliver it; raises :class:`NotPublished`."""
        ...


class File:
    """One seal a line, in JSON. Only ever appended to: keep it where the database's people cannot write."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def missing(self, seals: Sequence[Seal]) -> Sequence[Seal]:
        records = read_lines(self._path) if self._path.exists() else []
        if not records:
            return seals
        try:
            newest = read_seal(records[-1])
        except SealRefused as error:
            raise SealRefused(f"{self._path}, last line: {error}") from None
        if newest not in seals[newest.number - 1 : newest.number]:
            raise SealRefused(f"{newest} was published and is not in the database: it was set back or changed")
        return seals[newest.number :]

    async def publish(self, seal: Seal) -> None:
        try:
            with self._path.open("a", encoding="ascii") as file:
                file.write(f"{json.dumps(seal.record)}\n")
                file.flush()
                os.fsync(file.fileno())
        except OSError as error:
            raise NotPublished(f"{self._path} cannot be written: {error.strerror}") from None


class Url:
    """Each seal as the body of one POST, in JSON; whatever answers 2xx has it."""

    def __init__(self, url: str) -> None:
        self._url = url

    def missing(self, seals: Sequence[Seal]) -> Sequence[Seal]:
        # What is there cannot be asked. The newest may have been stored and not sent when this process ended.
        return seals[-1:]

    async def publish(self, seal: Seal) -> None:
        # Here, since whoever only reads seals waits for it at each start.
        import aiohttp

        try:
            async with (
                aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=TIMEOUT)) as session,
                session.post(self._url, json=seal.record, allow_redirects=False) as answer,
            ):
                if not 200 <= answer.status < 300:
                    raise NotPublished(f"{self._url} answered {answer.status} to {seal}")
        except (aiohttp.ClientError, TimeoutError) as error:
            raise NotPublished(f"{self._url} does not answer: {error or type(error).__name__}") from None


def publisher(place: str) -> Publisher:
    """For a file's path or an ``http(s)://`` URL."""
    return Url(place) if place.startswith(("http://", "https://")) else File(Path(place))


def read_lines(path: Path) -> list[JsonValue]:
    """The records in a file of JSON lines; raises :class:`~audit.seals.seal.SealRefused` naming the line."""
    records: list[JsonValue] = []
    try:
        with path.open(encoding="utf-8") as lines:
            for number, line in enumerate(lines, 1):
                try:
                    records.append(json.loads(line))
                except ValueError:
                    raise SealRefused(f"{path}, line {number}: it is no JSON") from None
    except OSError as error:
        raise SealRefused(f"{path} cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise SealRefused(f"{path} cannot be read: it is no UTF-8 text") from None
    return records
