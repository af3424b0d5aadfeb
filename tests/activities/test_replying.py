"""Texts to the user: from templates and facts alone, for every outcome, and screened."""

from typing import Any

import pytest
from temporalio.exceptions import ApplicationError
from temporalio.testing import ActivityEnvironment

from activities.guards.leaks import canary
from activities.replying import FOLDER, reply
from leverframe.contracts.verdict import Reply, ReplyRequest
from machines.registry import machines
from machines.states import Ask, End

ORDER: dict[str, Any] = {
    "order_id": "#W1234567",
    "status": "pending",
    "placed_on": "2026-05-02",
    "total": "54.10",
    "items": [{"name": "Desk lamp", "quantity": 1, "price": "54.10"}],
    "payment_method": "credit card",
}
FACTS: dict[str, Any] = {
    "orders": [ORDER, {**ORDER, "order_id": "#W1234568", "status": "delivered"}],
    "messages": ["WORDS OF THE USER"],
    "visits": {},
    "clauses": {"CANCEL-PENDING": "An order can only be cancelled while its status is 'pending'."},
    "proposal": {"event": "cancel", "order_id": "#W1234567", "clause": "CANCEL-PENDING", "missing": "which_order"},
}
TEMPLATES = [
    (action, template)
    for action, machine in machines().items()
    for state in machine.states
    for template in ([state.reply] if isinstance(state, End) else [state.template] if isinstance(state, Ask) else [])
]


async def replied(template: str, facts: dict[str, Any] = FACTS, action: str = "order_cancellation") -> Reply:
    request = ReplyRequest(action_id="a", action=action, template=template, facts=facts)
    return await ActivityEnvironment().run(reply, request)


@pytest.mark.parametrize(("action", "template"), TEMPLATES)
async def test_every_reply_of_every_machine_can_be_written(action: str, template: str) -> None:
    written = await replied(template, action=action)
    assert "automated assistant" in written.text
    assert "WORDS OF THE USER" not in written.text
    assert [verdict.judgement for verdict in written.verdicts] == ["allow"]


async def test_a_cancellation_names_the_order() -> None:
    assert "#W1234567 has been cancelled" in (await replied("cancelled")).text


async def test_a_refusal_cites_the_clause() -> None:
    assert "only be cancelled while" in (await replied("declined")).text


async def test_the_question_lists_what_can_be_cancelled_and_nothing_else() -> None:
    text = (await replied("ask")).text
    assert "#W1234567 of 2026-05-02: Desk lamp (54.10)" in text
    assert "#W1234568" not in text


async def test_without_a_pending_order_the_question_asks_for_a_number() -> None:
    assert "#W1234567" in (await replied("ask", {**FACTS, "orders": []})).text


async def test_another_actions_outcome_has_a_shared_text() -> None:
    assert (await replied("handed_over", {}, action="something_new")).text.startswith("A colleague")


@pytest.mark.parametrize("leak", ["<EMAIL_1>", "mia@x.org", "DE89370400440532013000", canary("a prompt")])
async def test_a_text_that_would_leak_is_withheld(leak: str) -> None:
    facts = {**FACTS, "proposal": {**FACTS["proposal"], "order_id": leak}}
    written = await replied("cancelled", facts)
    assert leak not in written.text
    assert "automated assistant" in written.text
    assert [(verdict.guard, verdict.judgement) for verdict in written.verdicts] == [("leaks", "block")]


async def test_facts_run_no_template() -> None:
    facts = {**FACTS, "proposal": {**FACTS["proposal"], "order_id": "{{ 7 * 7 }} {% raw %}"}}
    assert "{{ 7 * 7 }} {% raw %}" in (await replied("cancelled", facts)).text


@pytest.mark.parametrize(
    ("template", "facts", "kind"),
    [
        ("absent", FACTS, "UnknownTemplate"),
        ("../_shared/blocked", FACTS, "UnknownTemplate"),
        ("cancelled", {}, "ReplyFailed"),
    ],
)
async def test_what_cannot_be_written_fails_for_good(template: str, facts: dict[str, Any], kind: str) -> None:
    with pytest.raises(ApplicationError) as failed:
        await replied(template, facts)
    assert (failed.value.type, failed.value.non_retryable) == (kind, True)


def test_every_template_says_who_wrote_it() -> None:
    templates = list(FOLDER.glob("*/*.md"))
    assert templates
    assert all("automated assistant" in path.read_text(encoding="utf-8") for path in templates)
