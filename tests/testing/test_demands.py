"""What the kit demands of a business's package: the reference shop has it, and each thing that is missing is named."""

from pathlib import Path

import pytest

from activities import texts
from machines.registry import machines
from machines.shop.order_return import OrderReturn
from machines.states import Call
from tests.support.rig import Rig
from tests.tools.test_grants import CHANGED
from worker.testing.demands import Incomplete, check_business, check_grants


@pytest.fixture
def few_cases(monkeypatch: pytest.MonkeyPatch) -> None:
    """Reading all takes seconds."""
    monkeypatch.setattr("worker.testing.demands.case_files", lambda: ["payment_refund"])


def test_the_reference_shop_is_whole() -> None:
    check_business("shop")


def test_a_business_that_does_not_run_is_named_with_those_that_do() -> None:
    with pytest.raises(Incomplete, match="the business 'acme' is not whole:\n- it does not run here, but shop"):
        check_business("acme")


def test_everything_that_is_missing_is_told_at_once(few_cases: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("worker.testing.demands.case_files", lambda: ["payment_refund", "order_return"])
    monkeypatch.setattr(OrderReturn, "clauses", ("ANYTHING-GOES",))
    with pytest.raises(Incomplete) as told:
        check_business("shop", languages=("en", "pt"), cases=1_000)
    said = str(told.value)
    assert "- order_return cites ANYTHING-GOES" in said
    assert "- order_return has no reply 'returned' in 'pt': expected replies/order_return/returned.pt.md" in said
    assert "of order_return: nothing can be proposed with its facts: 'ANYTHING-GOES'" in said
    assert "evaluation cases: expected 1000 in texts/cases/payment_refund.jsonl" in said


def test_a_tool_that_does_not_fit_is_named(few_cases: None, monkeypatch: pytest.MonkeyPatch) -> None:
    call = next(state for state in machines()["order_return"].states if isinstance(state, Call))
    monkeypatch.setattr(call, "tool", "orders.absent")
    with pytest.raises(Incomplete, match=r"order_return, state \w+: there is no tool 'orders.absent'"):
        check_business("shop")


@pytest.mark.parametrize(
    ("german", "says"),
    [
        ("{{ proposal.colour }}", "order_return: returned.de.md names other facts than returned.md"),
        ("{% if %}", "order_return: returned.de.md cannot be read as a template"),
    ],
)
def test_a_reply_that_differs_or_cannot_be_read_is_named(
    german: str, says: str, few_cases: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop = texts.folders()["shop"]
    for path in (shop / "replies" / "order_return").glob("*.md"):
        (tmp_path / path.name).write_text(german if path.name == "returned.de.md" else path.read_text())

    def other(*parts: str) -> list[Path]:
        return [tmp_path] if parts == ("replies", "order_return") else texts.named(*parts)

    monkeypatch.setattr("activities.replying.named", other)
    with pytest.raises(Incomplete, match=says):
        check_business("shop")


async def test_what_actions_may_change_is_what_is_said_and_nothing_else(rig: Rig) -> None:
    said = {f"shop.{table}": columns for table, columns in CHANGED.items()}
    await check_grants(rig.owner, said)
    with pytest.raises(Incomplete, match=r"- shop.orders.status may be changed by actions, and is not named"):
        await check_grants(rig.owner, said | {"shop.orders": said["shop.orders"] - {"status"}})
    with pytest.raises(Incomplete, match=r"- shop.orders.customer_id may not be changed by actions"):
        await check_grants(rig.owner, said | {"shop.orders": {*said["shop.orders"], "customer_id"}})
    await rig.sql("CREATE TABLE notes (body text)")
    await rig.sql("GRANT UPDATE (body) ON notes TO leverframe_tools")
    with pytest.raises(Incomplete) as told:
        await check_grants(rig.owner, said | {"public.notes": {"body"}})
    assert "- public.notes keeps nobody to their own rows\n- public.notes does not tell" in str(told.value)
