"""A machine that refers to a clause or a prompt that is not there is refused before any worker starts."""

import pytest
import typer

from activities.policy import load_policy
from activities.prompts.prompt import Prompt
from machines.registry import machines
from machines.shop.order_cancellation import OrderCancellation
from machines.states import Decide
from worker.actions.text_check import TextMismatch, check_clauses, check_prompts
from worker.cli import run


def test_the_machines_fit_the_policy_and_the_prompts() -> None:
    check_clauses(machines(), load_policy())
    check_prompts(machines())


def test_a_clause_that_the_policy_lacks_is_named_with_the_known_ones(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(OrderCancellation, "clauses", ("CANCEL-PENDING", "ANYTHING-GOES"))
    with pytest.raises(TextMismatch) as caught:
        check_clauses(machines(), load_policy())
    assert "- order_cancellation cites ANYTHING-GOES\nknown clauses: " in str(caught.value)
    assert "CANCEL-PENDING, " in str(caught.value).partition("known clauses: ")[2]
    assert "cites CANCEL-PENDING" not in str(caught.value)


def test_a_prompt_that_is_not_there_is_named_with_its_state(monkeypatch: pytest.MonkeyPatch) -> None:
    deciding = next(state for state in OrderCancellation.states if isinstance(state, Decide))
    monkeypatch.setattr(deciding, "prompt", "absent")
    with pytest.raises(TextMismatch, match="- order_cancellation, state deciding: there is no prompt 'absent'"):
        check_prompts(machines())


def test_a_prompt_must_show_the_clauses_that_can_be_cited(monkeypatch: pytest.MonkeyPatch) -> None:
    blind = Prompt("order_cancellation", "---\nid: order_cancellation\nversion: 1\n---\n[user]\n{{ messages }}\n")
    monkeypatch.setattr("worker.actions.text_check.load_prompt", lambda _: blind)
    with pytest.raises(TextMismatch, match="state deciding: the prompt 'order_cancellation' does not show 'clauses'"):
        check_prompts(machines())


def test_a_worker_with_such_a_machine_does_not_start(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("close_to_others", "load_roles", "forget_secrets"):
        monkeypatch.setattr(run, name, lambda *_: None)
    monkeypatch.setattr(OrderCancellation, "clauses", ("ANYTHING-GOES",))
    with pytest.raises(typer.Exit) as ended:
        run.run_roles(("guards",))
    assert ended.value.exit_code == 2
    assert "order_cancellation cites ANYTHING-GOES" in capsys.readouterr().err
