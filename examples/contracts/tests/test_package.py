"""The package has what its actions need, and they may change no more than is said here."""

from worker.testing.demands import check_business, check_cases, check_grants
from worker.testing.rig import Rig


def test_the_package_is_whole_in_both_its_languages() -> None:
    # How well a model chooses is not measured here.
    check_business("contracts", languages=("en", "de"), cases=0)


async def test_actions_change_a_contracts_plan_fee_and_end(rig: Rig) -> None:
    await check_grants(rig.owner, {"mobile.contracts": {"plan_code", "monthly_fee", "ends_on"}})


async def test_whatever_goes_no_further_becomes_a_case_of_somebodys(rig: Rig) -> None:
    await check_cases(rig, "bob")
