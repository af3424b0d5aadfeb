"""Clocks differ: one that is off hands no action over, and leaves no order cancelled and not refunded."""

import logging
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, tzinfo

import pytest

import activities.caller
from activities.clocks import warn
from tests.support.rig import LAMP, Rig
from tests.workflows.test_way_back import approved

HOUR = timedelta(hours=1)
SetClock = Callable[[timedelta], None]


@pytest.fixture
def own(monkeypatch: pytest.MonkeyPatch) -> SetClock:
    """Set the clock of every role's machine; the Temporal server has its own."""

    def off_by(ahead: timedelta) -> None:
        class Clock(datetime):
            @classmethod
            def now(cls, tz: tzinfo | None = None) -> datetime:  # type: ignore[override]
                return datetime.now(tz) + ahead

        for module in ("leverframe.capability", "activities.clocks", "tools.execute"):
            monkeypatch.setattr(f"{module}.datetime", Clock)

    return off_by


@pytest.fixture
def jump(monkeypatch: pytest.MonkeyPatch) -> SetClock:
    """Have every clock jump, as the tools see it."""

    def by(ahead: timedelta) -> None:
        monkeypatch.setattr(activities.caller, "judged_at", lambda: datetime.now(UTC) + ahead)

    return by


@pytest.mark.parametrize(("ahead", "told"), [(3 * HOUR, "3 h 0 min ahead of"), (-3 * HOUR, "3 h 0 min behind")])
async def test_a_machine_whose_clock_is_off_is_told_so_and_goes_on_working(
    ahead: timedelta, told: str, rig: Rig, own: SetClock, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING, "activities.clocks")
    warn.cache_clear()
    own(ahead)
    action_id = await approved(rig)
    assert (await rig.result(action_id)).kind == "done"
    assert (await rig.order(LAMP))["status"] == "cancelled"
    assert len(await rig.refunds()) == 1
    assert await rig.kinds(action_id, "problem") == []
    (warning,) = {record.getMessage() for record in caplog.records if record.name == "activities.clocks"}
    assert f"this machine's is {told} the Temporal server's" in warning


async def test_a_jump_before_a_plan_is_carried_out_begins_nothing(rig: Rig, jump: SetClock) -> None:
    async def three_hours() -> None:
        jump(3 * HOUR)

    rig.before["orders.cancel"] = three_hours
    action_id = await approved(rig)
    assert (await rig.result(action_id)).kind == "handed_over"
    assert ((await rig.order(LAMP))["status"], await rig.refunds()) == ("pending", [])
    assert await rig.kinds(action_id, "effect") == []
