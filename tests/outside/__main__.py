"""``python -m tests.outside DATA``: all tasks and cases of an outside data set through the product, and a summary."""

import asyncio
import sys
import tempfile
from pathlib import Path

from tests.outside.data import Retail, read
from tests.outside.replay import Summary, opened, replay
from tools.shop.retail import read_retail
from worker.embedded.postgres import start_postgres


def main() -> int:
    """Replay what the folder holds; 0 when everything is as the data set expects, or nothing is there.

    1 when something is otherwise, 2 when the data cannot be used.
    """
    if len(sys.argv) != 2:
        print("expected one argument: the folder of the outside data, for example ../shared/data", file=sys.stderr)
        return 2
    folder = Path(sys.argv[1])
    try:
        data = read(folder)
        if data is None:
            print(f"outside retail: skipped, there are no tasks or decision cases in {folder} or {folder / 'retail'}")
            return 0
        read_retail(data.database)
    except ValueError as error:
        print(f"outside retail: the data in {folder} cannot be used: {error}")
        return 2
    summary = asyncio.run(_replay(data))
    print(summary)
    return 0 if summary.as_expected else 1


async def _replay(data: Retail) -> Summary:
    with (
        tempfile.TemporaryDirectory(prefix="leverframe-outside-") as state,
        start_postgres(Path(state), durable=False) as database,
    ):
        async with opened(database, data) as checker:
            return await replay(checker, data, tell=print)


if __name__ == "__main__":
    sys.exit(main())
