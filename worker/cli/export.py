from pathlib import Path

from audit.export import write_export
from worker.cli.audit import auditing, connected
from worker.cli.terminal import console, run, use_running_stack


def run_export(folder: Path) -> None:
    """Write all that an audit reads into a new folder."""
    use_running_stack()

    async def written() -> int:
        async with connected(access) as recorded:
            return await write_export(recorded, folder)

    with auditing() as access:
        entries = run(written())
    console.print(f"Wrote {entries} entries and what belongs to them to {folder}", markup=False, soft_wrap=True)
