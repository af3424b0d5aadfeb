"""docs/api.md: what it tells a newcomer to type works."""

import asyncio
import json
import os
import re
from pathlib import Path

from tests.support.api import served
from tests.support.keys import capability
from tests.support.rig import LAMP, MIA, Rig

PAGE = (Path(__file__).parents[2] / "docs" / "api.md").read_text(encoding="utf-8")


async def test_the_pages_commands_start_an_action_wait_for_it_and_withdraw_it(rig: Rig, tmp_path: Path) -> None:
    preparing, typed = re.findall(r"```sh\n(.*?)```", PAGE, re.DOTALL)
    assert "worker capability order_cancellation" in preparing
    async with served(rig) as address:
        environment = os.environ | {"API": address, "TOKEN": capability(MIA)}
        bash = await asyncio.create_subprocess_exec(
            "bash", "-euo", "pipefail", "-c", typed.replace("curl -sS", "curl -sS -w '\\n'").replace("#W1007919", LAMP),
            cwd=tmp_path, env=environment, stdout=asyncio.subprocess.PIPE,
        )  # fmt: skip
        output, _ = await bash.communicate()
    started, waiting, withdrawn, ended = map(json.loads, output.decode().splitlines())
    assert (bash.returncode, started.keys()) == (0, {"action_id"})
    assert (waiting["awaiting"], withdrawn["accepted"], ended["outcome"]["kind"]) == ("operator", True, "withdrawn")
