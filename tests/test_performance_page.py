"""docs/performance.md shows what was measured, and nothing else."""

from benchmarks import page
from benchmarks.goals import GOALS, OURS
from benchmarks.picture import GROUPS, picture


def test_the_tables_and_the_picture_are_those_of_what_was_measured() -> None:
    assert page.PAGE.read_text(encoding="utf-8") == page.filled(page.PAGE.read_text(encoding="utf-8")), (
        "run: python -m benchmarks.page"
    )
    assert page.PICTURE.read_text(encoding="utf-8") == page.drawn(), "run: python -m benchmarks.page"


def test_a_goal_is_reached_as_it_is_told() -> None:
    now = page.read()[1]
    found = now.ways[OURS]
    events = next(goal for goal in GOALS if goal.words == "history events")
    for number, reached in ((50.0, True), (50.4, True), (51.0, False)):
        told = now.model_copy(update={"ways": {OURS: found.model_copy(update={"events": number})}})
        value = events.of(told)
        assert value is not None
        assert events.reached(value) is reached
    assert next(goal for goal in GOALS if goal.against).of(told) is None, "the other way was not measured"


def test_every_process_has_its_place_in_the_bars() -> None:
    _, now, beside, _ = page.read()
    known = {name for names in GROUPS.values() for name in names}
    parts = {part for way in (*now.ways.values(), *beside.ways.values()) for part in way.cpu_loaded}
    assert {part for part in parts if not any(part == name or part.endswith(f" {name}") for name in known)} == set()
    assert 'width="640.0"' in picture("one bar is as wide as the picture", {"one": {"client": 3.0}})
