"""How large a plan may be, and how long carrying it out may take."""

from datetime import timedelta

import pytest

from leverframe import plan_size
from leverframe.call_timeouts import ATTEMPT, attempt
from leverframe.contracts.plan import Plan, PlannedCall, RowChange
from leverframe.digest import make_plan
from leverframe.plan_size import MOST_CHANGES, changes_of, too_large, too_many
from workflows.carried_capability import LASTS


def plan(*changes: int, street: str = "12 Elm Street") -> Plan:
    """A plan with a call for each number of changes."""
    row = {"address1": street}
    calls = [PlannedCall(call="a", key=f"a#{number}", tool="a.b", arguments={}) for number in range(len(changes))]
    return make_plan(
        "an action",
        [
            (call, [RowChange(table="orders", key={"n": n}, before=row, after={"address1": "erased"})] * count)
            for n, (call, count) in enumerate(zip(calls, changes, strict=True))
        ],
    )


def test_the_time_grows_with_the_changes_of_all_calls_and_not_beyond_the_largest_plan() -> None:
    assert attempt(changes_of(None)) == attempt(0) == ATTEMPT
    assert changes_of(plan(1, 0, 3)) == 4
    assert attempt(2000) - attempt(1000) == attempt(1000) - attempt(0) > timedelta(seconds=1)
    assert attempt(10**9) == attempt(MOST_CHANGES)
    # A narrowed capability counts for longer than the last try of an hour may take.
    assert attempt(MOST_CHANGES) < LASTS - timedelta(hours=1)


@pytest.mark.parametrize("changes", [0, 1, MOST_CHANGES])
def test_as_much_as_may_be_is_taken(changes: int) -> None:
    assert too_many(changes) is None
    assert too_large(plan(changes)) is None


@pytest.mark.parametrize("counts", [(MOST_CHANGES + 1,), (MOST_CHANGES, 1), (1, 1, MOST_CHANGES)])
def test_too_many_changes_are_told_with_what_to_do(counts: tuple[int, ...]) -> None:
    told = too_large(plan(*counts))
    assert told == too_many(sum(counts))
    assert told is not None
    assert told.startswith(f"The plan has {sum(counts):,} changes, and at most 25,000 can be carried out at once.")
    assert "Ask for it in smaller parts" in told


def test_a_plan_of_few_rows_with_very_much_in_them_is_too_large(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plan_size, "MOST_BYTES", 300)
    assert too_large(plan(1)) is None
    told = too_large(plan(1, street="".join(chr(33 + n * n % 93) for n in range(2000))))
    assert told is not None
    assert "bytes, and at most 300 can be carried out at once" in told
