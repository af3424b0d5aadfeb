"""A model that answers at once, in a process of its own: ``python -m benchmarks.scripted FILE``.

Its address goes into the file. It takes the last order that the prompt names, which is the customer's own.
"""

import asyncio
import re
import sys
from pathlib import Path

from worker.testing.scripted_model import ScriptedModel

ORDER = re.compile(r"#W\d{7}")


def answer(request: dict[str, object]) -> dict[str, object]:
    """What a good model would propose."""
    arguments = {
        "order_id": ORDER.findall(str(request["messages"]))[-1],
        "reason": "no longer needed",
        "clause": "CANCEL-PENDING",
    }
    return {"rationale": "It is asked for.", "proposal": {"event": "cancel", **arguments}}


async def serve(address: Path) -> None:
    """Until the process is ended."""
    async with ScriptedModel(answer) as model:
        drafted = address.with_suffix(".new")
        drafted.write_text(model.base_url)
        drafted.rename(address)
        await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(serve(Path(sys.argv[1])))
