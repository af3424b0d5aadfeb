"""A day that a user speaks of is counted from the day on which their message came."""

from datetime import UTC, datetime, timedelta

import pytest

from machines.reading.days_meant import day_meant, which_day
from machines.shop.order_cancellation import AskBack, Cancel
from tests.support.rig import Rig
from tests.workflows.test_broken_rules import mark
from worker.testing.rig import propose


async def test_a_day_is_counted_from_the_message(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    """The shop has no action with a day: the reason is one here."""
    monkeypatch.setattr(mark(Cancel, "reason"), "options", lambda facts: [str(day) for day in day_meant(facts)])
    monkeypatch.setattr(mark(AskBack, "missing"), "options", which_day)
    rig.script[:] = [propose("ask"), propose("cancel")]
    before = datetime.now(UTC).date()
    action_id = await rig.start("cancel my lamp next week")
    await rig.until(action_id, lambda status: status.awaiting == "user")
    await rig.service.reply(action_id, "in two weeks, please")
    await rig.result(action_id)
    asked, proposed = [entry["arguments"] for entry in await rig.kinds(action_id, "proposal")]
    assert asked == {"missing": "what_day"}
    in_two_weeks = {str(day + timedelta(days=14)) for day in (before, datetime.now(UTC).date())}
    assert proposed["reason"] in in_two_weeks
