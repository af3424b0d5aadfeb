"""A stack that is there to be killed: ``python -m tests.worker.doomed_stack STATE``; no workers, no small model."""

import asyncio
import sys
from pathlib import Path

from worker.embedded.stack import embedded_stack
from worker.settings import ModelSettings


async def main() -> None:
    model = ModelSettings(model_url="http://127.0.0.1:9/v1", model_name="none")
    async with embedded_stack(Path(sys.argv[1]), model=model):
        print("ready", flush=True)
        await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main())
