"""Shares against numbers that others published."""

import pytest

from audit.rates import NOTHING, Rate, pass_power, percentile, wilson


@pytest.mark.parametrize(
    ("count", "of", "low", "high"),
    [
        # R. G. Newcombe, Statistics in Medicine 17 (1998), table I, method 3 (score, no continuity correction).
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0, 0.1611),
        (1, 29, 0.0061, 0.1718),
        (29, 29, 0.8830, 1.0),
    ],
)
def test_intervals_are_the_published_ones(count: int, of: int, low: float, high: float) -> None:
    assert wilson(count, of) == pytest.approx((low, high), abs=0.00006)


def test_nothing_is_known_of_nothing() -> None:
    assert (NOTHING.rate, NOTHING.interval, str(NOTHING)) == (None, (0.0, 1.0), "–")


def test_a_share_says_of_how_many() -> None:
    rate = Rate.among([True, False, True, True])
    assert (rate.count, rate.of, rate.rate) == (3, 4, 0.75)
    assert str(rate) == "3/4 = 75.0% (30.1%–95.4%)"
    assert Rate.model_validate_json(rate.model_dump_json()) == rate


def test_percentiles_are_values_that_were_measured() -> None:
    assert percentile([], 0.5) is None
    assert percentile([3.0], 0.95) == 3.0
    values = [float(number) for number in range(100, 0, -1)]
    assert (percentile(values, 0.5), percentile(values, 0.95), percentile(values, 1.0)) == (50.0, 95.0, 100.0)


def test_pass_power_falls_with_every_failure() -> None:
    assert [pass_power(3, 4, k) for k in (1, 2, 3, 4)] == [0.75, 0.5, 0.25, 0.0]
    assert pass_power(4, 4, 4) == 1.0
