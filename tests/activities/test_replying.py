"""Texts to the user: from templates and facts alone, for every outcome, and screened."""

import re
from pathlib import Path
from typing import Any

import pytest
from temporalio.exceptions import ApplicationError
from temporalio.testing import ActivityEnvironment

from activities import replying
from activities.guards import chain
from activities.guards.leaks import canary
from activities.replying import FOLDER, reply
from leverframe.contracts.verdict import RepliesRequest, Reply, ReplyRequest
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
    "actions": [
        {
            "action": "order_cancellation",
            "action_id": "a/1",
            "kind": "done",
            "reply": "#W1234567 is cancelled.\n\nBy a machine.",
        },
        {"action": "order_return", "action_id": "", "kind": "handed_over", "reply": ""},
    ],
    "messages": ["WORDS OF THE USER"],
    "visits": {},
    "clauses": {"CANCEL-PENDING": "An order can only be cancelled while its status is 'pending'."},
    "payments": [
        {"payment_id": "#W1234567/1", "order_id": "#W1234567", "description": "credit card", "refundable": "54.10"}
    ],
    "holds": [{"clause": "CANCEL-PENDING", "order_id": "#W1234567"}],
    "proposal": {
        "event": "cancel",
        "order_id": "#W1234567",
        "clause": "CANCEL-PENDING",
        "missing": "which_order",
        "payment_id": "#W1234567/1",
        "amount": "10.00",
    },
}
"""What any machine's templates may name."""
ASSISTANT = {
    "en": "automated assistant",
    "de": "automatischen Assistenten",
    "fr": "assistant automatique",
    "es": "asistente automático",
    "zh": "自动助手",
}
ASKED = {
    "en": "Please cancel my order, I have one already.",
    "de": "Bitte stornieren Sie meine Bestellung, ich habe schon eine.",
    "fr": "Bonjour, pouvez-vous annuler ma commande ? J'en ai déjà une.",
    "es": "Quiero anular mi pedido, ya tengo una, gracias.",
    "zh": "请取消我的订单，我已经有一个了。",
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
    assert [verdict.judgement for verdict in written.verdicts] == ["allow", "allow"]


@pytest.mark.parametrize(("action", "template"), TEMPLATES)
@pytest.mark.parametrize("language", ASKED)
async def test_a_user_is_answered_in_their_language(action: str, template: str, language: str) -> None:
    written = await replied(template, {**FACTS, "messages": ["ok", ASKED[language]]}, action)
    assert written.language == language
    assert written.text.endswith("." if language != "zh" else "。")
    assert ASSISTANT[language] in written.text
    assert {verdict.judgement for verdict in written.verdicts} == {"allow"}


@pytest.mark.parametrize(
    "messages", [["Vorrei annullare l'ordine, grazie."], ["ok"], [], "no list", [None, 7], ["\ud83d"]]
)
async def test_where_there_is_no_other_text_it_is_english(messages: Any) -> None:
    written = await replied("cancelled", {**FACTS, "messages": messages})
    assert written.language == "en"
    assert "has been cancelled" in written.text


@pytest.mark.parametrize("language", ASKED)
def test_every_language_has_every_shared_text_and_the_same_facts_in_it(language: str) -> None:
    ending = ".md" if language == "en" else f".{language}.md"
    for english in (path for path in FOLDER.glob("*.md") if path.name.count(".") == 1):
        other = english.with_name(english.stem + ending)
        assert other.is_file()
        # In whatever order a language names them.
        used = [sorted(re.findall(r"{[{%].*?[%}]}", path.read_text(encoding="utf-8"))) for path in (english, other)]
        assert used[0] == used[1], other


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
    assert [(verdict.guard, verdict.judgement) for verdict in written.verdicts] == [
        ("leaks", "block"),
        ("moderation", "allow"),
    ]


async def test_a_users_own_data_may_be_told_to_them() -> None:
    own = {**FACTS, "user": {"email": "mia@x.org"}, "proposal": {**FACTS["proposal"], "order_id": "mia@x.org"}}
    assert "mia@x.org" in (await replied("cancelled", own)).text
    others = {**own, "user": {"email": "mia@x.organic"}, "messages": ["mia@x.org"], "clauses": {"A": "mia@x.org"}}
    assert "mia@x.org" not in (await replied("cancelled", others)).text


@pytest.mark.parametrize("name", ["Scheiß Lampe", "the f\u200bucking lаmp", "傻逼灯"])
async def test_a_product_name_that_is_abuse_is_not_passed_on(name: str) -> None:
    items = [{"name": name, "quantity": 1, "price": "54.10"}]
    written = await replied("ask", {**FACTS, "orders": [{**ORDER, "items": items}], "messages": [ASKED["de"]]})
    assert [verdict.rule for verdict in written.verdicts] == ["none", "abuse"]
    assert name not in written.text
    assert ASSISTANT["de"] in written.text


@pytest.mark.parametrize(("guard", "name"), [("leaks", "_reply_leaks"), ("moderation", "_moderation")])
async def test_a_guard_that_fails_withholds_the_text(guard: str, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("the text was: secret")

    monkeypatch.setattr(chain, name, broken)
    written = await replied("cancelled")
    assert "#W1234567" not in written.text
    failed = next(verdict for verdict in written.verdicts if verdict.rule == "guard_failed")
    assert (failed.guard, "secret" in failed.reason) == (guard, False)


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


DISCLOSED = "This message was prepared by an automated assistant."


async def test_a_text_is_written_ahead_where_it_will_say_the_same_when_it_is_due(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    texts = {
        "plain": "It is done.",
        "counting": "Asked {{ visits.deciding }} times.",
        "guarded": "{% if visits is defined %}Soon.{% endif %}",
        "including": "{% include 'counting' %}",
        "choosing": "{% include proposal.event %}",
        "lacking": "{{ no_such_fact }}",
    }
    for name, said in texts.items():
        (tmp_path / f"{name}.md").write_text(said)
    monkeypatch.setattr(replying, "FOLDER", tmp_path)
    facts = {name: value for name, value in FACTS.items() if name != "visits"}
    templates = (*texts, "absent")
    replies = replying.foretold("a", "no_such_action", RepliesRequest(templates=templates, facts=facts))
    assert [reply and reply.text for reply in replies] == ["It is done.\n\n" + DISCLOSED, *[None] * 6]


async def test_every_text_says_who_wrote_it() -> None:
    texts = {path.stem for path in FOLDER.glob("*.md")} - {"disclosure"}
    assert len(texts) >= 6 * len(ASSISTANT)
    for language, said in ASKED.items():
        for template in ("blocked", "withheld", "rejected"):
            written = await replied(template, {"messages": [said]}, action="something_new")
            assert written.text.count(ASSISTANT[language]) == 1
