"""A new version of workflows beside an older one on which actions wait: promoted, moved to, retired, or refused."""

from pathlib import Path

import pytest

from tests.faults.upgrading import upgrade
from worker.testing.postgres import Database
from worker.testing.waiting import until

FEW = 4


@pytest.mark.parametrize("many", [FEW, pytest.param(50, marks=pytest.mark.heavy)])
async def test_what_waits_on_a_version_is_finished_once_while_another_takes_over(
    database: Database, tmp_path: Path, many: int
) -> None:
    async with upgrade(database, tmp_path, many + 1) as up:
        old = await up.runs("v1")
        await up.wait(many)
        assert f"v1: new actions begin on it; 1 worker; {many} open, {many} of them wait, the last until" in (
            await up.listed()
        )
        code, told = await up.versions("promote")
        assert (code, "no worker of v2 asks for tasks" in told) == (2, True), told
        await up.runs("v2")
        assert "v2: it was never promoted; 1 worker; 0 open" in await up.listed()
        code, told = await up.versions("promote")
        assert (code, f"New actions begin on v2. Replayed on it first: {many} that are open." in told) == (0, True), (
            told
        )
        await up.wait(1)
        listed = await up.listed()
        assert "v2: new actions begin on it; 1 worker; 1 open, 1 of them wait" in listed
        assert f"v1: no new action begins on it; 1 worker; {many} open" in listed
        code, told = await up.versions("retire", "v1")
        assert (code, f"{many} stay on v1" in told, "versions move --from v1" in told) == (2, True, True), told
        half = many // 2
        await up.approve(*up.waiting[:half])
        await old.end()
        code, told = await up.versions("move", "--from", "v1")
        assert (code, f"Moved to v2: {many - half}." in told) == (0, True), told
        await up.approve(*up.waiting[half:])

        async def retired() -> tuple[int, str]:
            return await up.versions("retire", "v1")

        ended = "nothing stays on v1 any more: end its workers"
        await until(retired, lambda told: told[0] == 0 or ended in told[1])
        await up.paid_back_once()
        if many > FEW:
            await until(retired, lambda told: told == (0, "v1 is retired."), 150)
            assert "v1" not in await up.listed()


async def test_a_version_on_which_what_is_open_would_break_is_refused(database: Database, tmp_path: Path) -> None:
    async with upgrade(database, tmp_path, 3) as up:
        await up.runs("v1")
        await up.wait(2)
        bad = "tests.faults.changed_workflows"
        await up.runs("v2", bad)
        for changed in (("promote",), ("move", "--from", "v1"), ("promote", "--leave")):
            code, told = await up.versions(*changed, module=bad)
            assert all(f"{status.action_id}: " in told and "plans" in told for status in up.waiting), told
            if changed == ("promote",):
                assert (code, "2 of 2 that are open would break on v2: nothing was promoted" in told) == (2, True), told
                assert "v1: new actions begin on it" in await up.listed()
            elif changed == ("promote", "--leave"):
                assert (code, "New actions begin on v2" in told, "2 stay where they are" in told) == (0, True, True)
            else:
                assert (code, "Moved to v2: 0." in told) == (1, True), told
        assert "v1: no new action begins on it; 1 worker; 2 open" in await up.listed()
        code, told = await up.versions("promote", build="v1")
        assert (code, "New actions begin on v1" in told) == (0, True), told
        await up.wait(1)
        await up.approve(*up.waiting)
        await up.paid_back_once()


REFUSED = [
    (("retire", "v7"), "has no version 'v7'"),
    (("retire", "v1"), "new actions begin on v1: promote another version first"),
    (("move", "nothing-1", "it's \\"), "not open here: it's \\, nothing-1"),
    (("move",), "name actions, or a version with --from"),
    (("move", "nothing-1", "--from", "v1"), "name actions, or a version with --from"),
]


async def test_what_cannot_be_is_refused_in_words(database: Database, tmp_path: Path) -> None:
    async with upgrade(database, tmp_path, 0) as up:
        assert await up.versions() == (0, "There are no versions: workflows run without one (LEVERFRAME_BUILD_ID).")
        code, told = await up.versions("promote", build="")
        assert (code, "this code has no version" in told) == (2, True), told
        await up.runs("v1")
        await until(up.listed, lambda told: "v1: new actions begin on it" in told)
        for arguments, words in REFUSED:
            code, told = await up.versions(*arguments, build="v1")
            assert (code, words in told) == (2, True), told
