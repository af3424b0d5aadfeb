"""The package has what its actions need."""

from worker.testing.demands import check_business


def test_the_package_is_whole() -> None:
    # How well a model chooses is not measured here.
    check_business("vendure", languages=("en",), cases=0)
