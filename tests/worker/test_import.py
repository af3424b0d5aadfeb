"""The import command finds the stack that runs in this checkout."""

import os
from pathlib import Path

import psycopg

from tests.outside.made_up import DATABASE, write_database
from tests.support.command import command
from worker.embedded.running import RunningStack, announce, only_stack
from worker.testing.postgres import Database, libpq


async def imported(state_dir: Path, folder: Path) -> tuple[int, str]:
    """Exit code and all output of the command."""
    own = {"LEVERFRAME_STATE_DIR": str(state_dir), "COLUMNS": "200"}
    return await command("import", "retail", folder, environment=os.environ | own)


async def test_a_data_set_goes_into_the_running_stack(database: Database, tmp_path: Path) -> None:
    state_dir, folder = tmp_path / "state", write_database(tmp_path)
    known = {"LEVERFRAME_OWNER_DATABASE_URL": database.owner_url}
    with only_stack(state_dir):
        announce(state_dir, RunningStack(pid=os.getpid(), ui="", environment=known))
        code, output = await imported(state_dir, folder)
        assert code == 0, output
        assert "order_payments" in output
        with psycopg.connect(libpq(database.owner_url)) as connection:
            orders = connection.execute("SELECT order_id FROM shop.orders ORDER BY 1").fetchall()
        assert [order_id for (order_id,) in orders] == sorted(DATABASE["orders"])
        code, output = await imported(state_dir, tmp_path / "nowhere")
        assert code == 2
        assert "expected a folder with a file db.json" in " ".join(output.split())
    code, output = await imported(state_dir, folder)
    assert code == 2
    assert "the import command needs it" in " ".join(output.split())
