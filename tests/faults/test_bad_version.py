"""The page for a bad version of workflows, step by step."""

import re
from pathlib import Path

import pytest

from leverframe import Leverframe, NoAnswer, Status
from tests.faults.upgrading import Upgrade, upgrade
from worker.testing.postgres import Database
from worker.testing.serving import as_person
from worker.testing.waiting import until

PAGE = (Path(__file__).parents[2] / "docs" / "bad-version.md").read_text(encoding="utf-8")
STEPS = [command.split() for command in re.findall(r"^ *python -m worker versions ?(.*)$", PAGE, re.MULTILINE)]
"""What somebody types after ``python -m worker versions``."""


async def sent_in_vain(up: Upgrade, status: Status) -> None:
    """Whoever decides is told what goes wrong, and not that it was refused."""
    hasty = Leverframe(await as_person(up.rig.client, "olga@support"), task_queue_prefix=up.rig.prefix, within=2)
    assert status.plan is not None
    code = status.plan.code

    async def told() -> str:
        with pytest.raises(NoAnswer) as error:
            await hasty.approve(status.action_id, code)
        return str(error.value)

    await until(told, lambda told: "its next step fails again and again" in told and "LookupError" in told)


async def test_the_steps_of_the_page_bring_back_what_a_bad_version_has_begun(
    database: Database, tmp_path: Path
) -> None:
    look, back, take, retire = STEPS
    async with upgrade(database, tmp_path, 3) as up:
        await up.runs("v1")
        await up.wait(1)
        bad = await up.runs("v2", "tests.faults.bad_workflows")
        # Nothing that is open has come that far.
        assert (await up.versions("promote", module="tests.faults.bad_workflows"))[0] == 0
        await up.wait(1)
        await sent_in_vain(up, up.waiting[1])
        code, told = await up.versions(*look)
        assert (code, "v2: new actions begin on it; 1 worker; 1 open" in told) == (0, True), told

        code, told = await up.versions(*back, build="v1")
        assert (code, "New actions begin on v1." in told) == (0, True), told
        code, told = await up.versions(*take, build="v1")
        assert (code, "Moved to v1: 1." in told) == (0, True), told
        await up.wait(1)
        await up.approve(up.waiting[0], up.waiting[2])
        await up.ends(up.waiting[1])
        await bad.end()
        assert "v2: no new action begins on it; 1 worker; 0 open" in await up.listed()

        async def retired() -> str:
            return (await up.versions(*retire))[1]

        await until(retired, lambda told: "nothing stays on v2 any more" in told)
        await up.paid_back_once()
