"""The outside suite itself, on data of our own: it finds what it is there to find."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from tests.outside.__main__ import main
from tests.outside.acting import Actor, Outcome
from tests.outside.checking import Checker
from tests.outside.data import Case, DataCall, Documents, Retail, Task
from tests.outside.expecting import expected_after
from tests.outside.made_up import CANCELLED, EVA, IVO, IVOS, MIXED, PENDING, database, write_database
from tests.outside.replay import opened
from tests.outside.sampling import spread
from tests.outside.translating import Wish, translated
from worker.testing.postgres import Database

BACK = {"transaction_type": "refund", "amount": 10.1, "payment_method_id": "credit_card_1"}


def cancel(order_id: str = PENDING, reason: str = "no longer needed") -> dict[str, Any]:
    return {"name": "cancel_pending_order", "arguments": {"order_id": order_id, "reason": reason}}


def cancelled() -> Documents:
    """What is to differ after Eva's order was cancelled."""
    order = database()["orders"][PENDING]
    order |= {"status": "cancelled", "cancel_reason": "no longer needed"}
    order["payment_history"].append(BACK)
    return {"orders": {PENDING: order}}


def task(*actions: dict[str, Any], after: Documents, results: tuple[str, ...] | None = None) -> Task:
    return Task(task_id="t1", user_id=EVA, actions=actions, expected_after=after, action_results=results)


def case(call: dict[str, Any], expected: str = "deny", kind: str = "new kind", setup: Any = ()) -> Case:
    return Case(case_id="c1", kind=kind, as_user=EVA, setup=setup, call=call, expected=expected)


@pytest.fixture
async def checker(database: Database, tmp_path: Path) -> AsyncIterator[Checker]:
    async with opened(database, Retail(write_database(tmp_path), (), ())) as opened_checker:
        yield opened_checker


async def test_a_task_with_the_right_rows_is_equal(checker: Checker) -> None:
    read_only = {"name": "get_order_details", "arguments": {"order_id": IVOS}}
    right = task(read_only, cancel(), cancel(), after=cancelled(), results=("ok", "ok", "error: not pending"))
    for _ in range(2):
        result = await checker.task(right)
        assert (result.writes, result.agreeing, result.mismatches) == (2, 2, ())


async def test_rows_that_differ_are_told(checker: Checker) -> None:
    wrong = cancelled()
    wrong["orders"][PENDING]["payment_history"][-1] = BACK | {"amount": 10.11}
    (told,) = (await checker.task(task(cancel(), after=wrong))).mismatches
    assert told.startswith(f"t1: {PENDING} expected payment_history")
    assert "10.11" in told
    (missing,) = (await checker.task(task(after=cancelled()))).mismatches
    assert f"{PENDING} expected" in missing
    (unexpected,) = (await checker.task(task(cancel(), after={}))).mismatches
    assert f"{PENDING} expected None" in unexpected


async def test_a_write_that_ends_otherwise_is_told(checker: Checker) -> None:
    result = await checker.task(task(cancel(IVOS), after={}, results=("ok",)))
    assert (result.writes, result.agreeing) == (1, 0)
    assert "expected 'ok', found refused: The customer has no order" in result.mismatches[0]


@pytest.mark.parametrize(
    ("tried", "told"),
    [
        (case(cancel(), "allow"), None),
        (case(cancel(), "deny"), "expected to be refused, was carried out"),
        (case(cancel(IVOS), "allow"), "expected to be allowed, found refused: The customer has no order"),
        (case(cancel(IVOS)), None),
        (case(cancel(IVOS), kind="other_users_order"), None),
        (case(cancel(CANCELLED), kind="wrong_status:cancelled"), None),
        (case(cancel(IVOS), kind="wrong_status:pending"), "expected one of CANCEL-PENDING as the rule, found refused"),
        (case(cancel(reason="bored"), kind="bad_reason"), None),
        (
            case({"name": "apply_voucher", "arguments": {}}),
            "expected a refusal that names its rule, found refused: no action",
        ),
        (case(cancel(), kind="repeat_after_cancel", setup=[cancel()]), None),
        (case(cancel(), kind="repeat_after_cancel", setup=[cancel(CANCELLED)]), "expected the setup"),
    ],
)
async def test_a_case_is_as_expected_or_told(checker: Checker, tried: Case, told: str | None) -> None:
    problems = await checker.case(tried)
    assert len(problems) == (told is not None), problems
    assert all(str(told) in problem for problem in problems), problems


class Meddler(Actor):
    """Refuses whatever is wished for, and yet does something."""

    def __init__(self, honest: Actor, owner: AsyncEngine, statement: str, outcome: Outcome) -> None:
        super().__init__(honest.sessions, honest.approvers)
        self._owner, self._statement, self._outcome = owner, statement, outcome

    async def fulfil(self, user_id: str, wish: Wish) -> Outcome:
        async with self._owner.begin() as connection:
            await connection.execute(text(self._statement))
        return self._outcome


NO = Outcome(False, frozenset({"OWN-ORDERS"}), "no")
CHANGES = (
    f"UPDATE shop.customers SET zip = '9' WHERE customer_id = '{IVO}'",
    "DELETE FROM shop.fulfilments",
    f"UPDATE shop.orders SET version = version + 1 WHERE order_id = '{MIXED}'",
    f"UPDATE shop.order_items SET options = options || jsonb_build_object('size', 'x') WHERE order_id = '{IVOS}'",
    "UPDATE shop.variants SET available = NOT available",
    "INSERT INTO shop.products VALUES ('1', 'Plate')",
)


@pytest.mark.parametrize("statement", CHANGES)
async def test_a_refusal_that_changes_any_row_is_told_and_undone(checker: Checker, statement: str) -> None:
    checker.actor = Meddler(checker.actor, checker.shop.owner, statement, NO)
    (told,) = await checker.case(case(cancel()))
    assert "expected no changed row" in told
    assert await checker.shop.changes() == frozenset()


@pytest.mark.parametrize(
    "outcome",
    [
        Outcome(False, frozenset(), "CapabilityRefused: no"),
        Outcome(False, frozenset({""}), "no"),
        Outcome(False, frozenset({"NO-SUCH-RULE"}), "no (NO-SUCH-RULE)"),
    ],
    ids=["no rule", "an empty rule", "an unknown rule"],
)
async def test_a_refusal_without_a_rule_is_told(checker: Checker, outcome: Outcome) -> None:
    checker.actor = Meddler(checker.actor, checker.shop.owner, "SELECT 1", outcome)
    (told,) = await checker.case(case(cancel()))
    assert "expected a refusal that names its rule" in told


def test_another_users_record_is_handed_on() -> None:
    own = DataCall(name="modify_user_address", arguments={"user_id": EVA, "city": "Ulm"})
    action, tool = "customer_address_change", "customers.change_address"
    assert translated(own, EVA) == Wish(action, ((tool, {"city": "Ulm"}),))
    assert translated(own, IVO) == Wish(action, ((tool, {"city": "Ulm", "user_id": EVA}),))


def test_an_unknown_write_is_no_read() -> None:
    with pytest.raises(LookupError, match="no action is known for apply_voucher"):
        translated(DataCall(name="apply_voucher", arguments={}), EVA)


def test_an_item_changed_into_itself_is_expected_as_the_later_code_leaves_it() -> None:
    def change(order_id: str, old: str, new: str) -> dict[str, Any]:
        arguments = {"order_id": order_id, "item_ids": [old], "new_item_ids": [new], "payment_method_id": "paypal_3"}
        return {"name": "modify_pending_order_items", "arguments": arguments}

    after: Documents = {"orders": {"A": {"n": 1}, "B": {"n": 1}, "C": {"n": 1.004}}, "users": {EVA: {"n": 1}}}
    later: Documents = {"orders": {"B": {"n": 2}, "C": {"n": 2}}, "users": {EVA: {"n": 2}}}
    both = {"expected_after_tau2_code": later}
    told = task(change("A", "1", "1"), change("B", "1", "1"), change("C", "1", "2"), after=after)
    assert expected_after(told.model_copy(update=both)) == {
        "orders": {"B": {"n": 2}, "C": {"n": 1.0}},
        "users": {EVA: {"n": 2}},
    }
    plain_task = task(change("C", "1", "2"), after=after).model_copy(update=both)
    assert expected_after(plain_task)["orders"] == {"A": {"n": 1}, "B": {"n": 1}, "C": {"n": 1.0}}


def test_a_sample_has_something_of_every_kind_first() -> None:
    assert spread(["a1", "a2", "a3", "b1", "b2", "c1"], lambda name: name[0], 4) == ("a1", "b1", "c1", "a2")
    assert spread(["a1"], lambda name: name[0], 4) == ("a1",)


def lines(*rows: Task | Case) -> str:
    return "".join(f"{row.model_dump_json(by_alias=True)}\n" for row in rows)


def run(folder: Path, monkeypatch: pytest.MonkeyPatch) -> int:
    monkeypatch.setattr("sys.argv", ["tests.outside", str(folder)])
    return main()


@pytest.mark.parametrize("inner", [".", "retail"])
def test_the_last_line_counts(
    inner: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / inner
    folder.mkdir(exist_ok=True)
    write_database(folder)
    (folder / "tasks_more.jsonl").write_text(lines(task(cancel(), after=cancelled(), results=("ok",))))
    (folder / "decision_cases.jsonl").write_text(lines(case(cancel(), "allow"), case(cancel(IVOS))))
    (folder / "decision_cases_2.jsonl").write_text(lines(case(cancel(CANCELLED))))
    assert run(tmp_path, monkeypatch) == 0
    assert capsys.readouterr().out.splitlines()[-1] == (
        "outside retail: 1 of 1 writes carried out or refused as expected in 1 tasks (1 equal), "
        "2 of 2 refusals refused with their rule and no changed row, 1 of 1 allowed"
    )


def test_a_mismatch_is_printed_and_fails(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    write_database(tmp_path)
    (tmp_path / "decision_cases.jsonl").write_text(lines(case(cancel())))
    assert run(tmp_path, monkeypatch) == 1
    told = capsys.readouterr().out.splitlines()
    assert any(line.startswith("MISMATCH c1 (new kind): cancel_pending_order") for line in told)
    assert "0 of 1 refusals" in told[-1]


def test_without_data_it_is_skipped_with_the_reason(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(tmp_path, monkeypatch) == 0
    (told,) = capsys.readouterr().out.splitlines()
    assert "skipped, there are no tasks or decision cases in" in told


@pytest.mark.parametrize("line", ["{", '{"case_id": "c1"}'])
def test_lines_of_another_form_are_told(
    line: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "decision_cases.jsonl").write_text(line)
    assert run(tmp_path, monkeypatch) == 2
    assert "cannot be used" in capsys.readouterr().out
