"""Plays a peer's actions, in the peer's own interpreter: ``python -m benchmarks.peers.player PEER``.

Reads a JSON object a line: ``n``, ``customer``, ``order``, and whose ``patience`` (a number); answers with ``n``, the
workflow's ``id``, and the seconds ``to_waiting`` and ``to_done``; or with an ``error``. The programs' folder is on
``PYTHONPATH``.
"""

import asyncio
import importlib
import json
import sys
import time
from collections import defaultdict
from typing import Any

from benchmarks.patience import Patience

TEXT = "please cancel order {order}, I no longer need it"


async def play(peer: Any, customer: str, order: str, patience: tuple[Patience, Patience]) -> dict[str, object]:
    """One action: each of its approvals is given as soon as it waits."""
    started = time.perf_counter()
    action = await peer.start(customer, TEXT.format(order=order))

    decided: list[Any] = []

    async def asked() -> Any | None:
        # On a busy machine a call that was decided is still told of for a moment.
        return next((call for call in await peer.pending(action) if call not in decided), None)

    decided.append(await patience[0].until(asked))
    waits = time.perf_counter()
    await peer.decide(action, decided[0], True)
    for _ in range(peer.approvals - 1):
        decided.append(await patience[1].until(asked))
        await peer.decide(action, decided[-1], True)
    await peer.result(action)
    return {"id": action, "to_waiting": waits - started, "to_done": time.perf_counter() - waits}


async def main(name: str) -> None:
    """Until the input ends."""
    peer = importlib.import_module("common.adapters").peer(name)
    await peer.open()
    patience: defaultdict[int, tuple[Patience, Patience]] = defaultdict(lambda: (Patience(), Patience()))
    lines = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(lines), sys.stdin)

    async def one(asked: dict[str, Any]) -> None:
        try:
            found = await play(peer, asked["customer"], asked["order"], patience[asked["patience"]])
        except Exception as problem:  # Whoever asked is told.
            found = {"error": f"{type(problem).__name__}: {problem}"}
        print(json.dumps({"n": asked["n"]} | found), flush=True)

    print(json.dumps({"n": 0}), flush=True)
    async with asyncio.TaskGroup() as playing:
        async for line in lines:
            playing.create_task(one(json.loads(line)))


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1]))
