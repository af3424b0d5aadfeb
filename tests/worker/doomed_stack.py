"""A stack that is there to be killed: ``python -m tests.worker.doomed_stack STATE``; no small model.

Tells the process ids of its services once it is ready.
"""

import asyncio
import json
import sys
from pathlib import Path

from worker.embedded.stack import embedded_stack
from worker.settings.llm import ModelSettings


async def main() -> None:
    model = ModelSettings(model_url="http://127.0.0.1:9/v1", model_name="none")
    async with embedded_stack(Path(sys.argv[1]), model=model) as stack:
        services = (stack.temporal.process, stack.codec.process, stack.keys.process, *stack.workers.processes.values())
        print(json.dumps([service.pid for service in services]), flush=True)
        await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main())
