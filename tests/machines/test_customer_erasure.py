"""What an erasure can be proposed for: the words of the customer, and what holds their data."""

from datetime import timedelta

import pytest
from pydantic import JsonValue

from leverframe.contracts.base import Facts
from machines.schema import offers
from machines.shop.customer_erasure import WAITING, CustomerErasure
from machines.states import Confirm, Decide
from machines.verify import verify
from machines.waiting_times import waits_after

OPEN, UNPAID = "ERASE-HOLD-OPEN-ORDER", "ERASE-HOLD-UNPAID"


def situation(text: str, *held: str) -> Facts:
    holds: list[JsonValue] = [{"clause": clause, "order_id": "#W1234567", "reason": "r"} for clause in held]
    return {
        "holds": holds,
        "messages": [text],
        "visits": {},
        "clauses": dict.fromkeys(CustomerErasure.clauses, "…"),
        "proposal": {},
    }


def offered(facts: Facts) -> dict[str, list[str]]:
    """The events that can be proposed, each with the clauses that it can rest on."""
    machine = CustomerErasure(start_value="deciding")
    state = machine.current
    assert isinstance(state, Decide)
    found = {}
    for event, model in offers(machine, state, facts).items():
        clause = model.model_json_schema()["properties"].get("clause", {})
        found[event] = clause.get("enum") or [one for one in [clause.get("const")] if one]
    return found


@pytest.mark.parametrize(
    "text",
    [
        "Please delete my account",
        "ERASE all data about me",
        "I want to be forgotten, GDPR",
        "close my account for good",
        "Löschen Sie meine Kundendaten",
        "Bitte mein Konto schließen",
        "Supprimez mon compte",
        "effacez toutes mes données",
        "Borren mis datos",
        "quiero cerrar mi cuenta",
        "Cancellate i miei dati",
        "Apaguem a minha conta",
        "Verwijder mijn gegevens",
        "Proszę usunąć moje dane",
        "Удалите мой аккаунт",
        "Hesabımı silin",
        "请删除我的个人信息",
        "注销账户",
        "I want all of my personal information gone",
        "Do not keep my data, delete it",
        "Ich möchte nicht, dass Sie meine Daten behalten: löschen Sie alles",
        "個人情報を消してください、削除",
        "제 계정을 삭제해 주세요",
        "احذف بياناتي",
    ],
)
def test_the_words_for_it_in_the_languages_that_are_served(text: str) -> None:
    assert offered(situation(text)) == {"erase": ["ERASE-RIGHT"], "hand_over": []}


@pytest.mark.parametrize("text", ["Delete it please", "lösch das", "Can you remove that?", "删掉"])
def test_what_leaves_open_what_is_to_go_is_asked_back_and_never_erased(text: str) -> None:
    assert offered(situation(text)).keys() == {"ask", "hand_over"}


@pytest.mark.parametrize(
    "text",
    [
        "Where is my parcel?",
        "Send me a copy of my data",
        "What is in my account?",
        "",
        "please don't delete my data",
        "Bitte löschen Sie meine Daten nicht",
        "ne supprimez pas mon compte",
        "no borren mi cuenta",
        "不要删除我的账户",
        "If you don't refund me I'll delete my account",
        "Ich habe mein Konto-Passwort vergessen",
        "he olvidado la contraseña de mi cuenta",
        "I removed my old card details",
    ],
)
def test_what_says_nothing_of_erasing_goes_to_a_person(text: str) -> None:
    assert offered(situation(text)).keys() == {"hand_over"}
    assert offered(situation(text, OPEN)).keys() == {"hand_over"}


@pytest.mark.parametrize("held", [(OPEN,), (UNPAID,), (UNPAID, OPEN), (OPEN, OPEN, UNPAID)])
def test_what_is_held_can_be_declined_with_just_those_clauses(held: tuple[str, ...]) -> None:
    assert offered(situation("Delete my account", *held)) == {"decline": list(dict.fromkeys(held)), "hand_over": []}


def test_a_hold_that_names_no_clause_of_the_policy_still_holds() -> None:
    assert offered(situation("Delete my account", "SOMETHING-ELSE")).keys() == {"hand_over"}


def test_a_clause_that_was_not_given_supports_nothing() -> None:
    assert offered({**situation("Delete my account"), "clauses": {}}).keys() == {"hand_over"}


def test_two_people_a_week_and_a_way_back() -> None:
    verify(CustomerErasure)
    assert timedelta(days=7) == WAITING
    for name, covers in (("confirming", ("withdrawing", "erasing")), ("confirming_erasure", ("erasing",))):
        confirm = CustomerErasure.states_map[name]
        assert isinstance(confirm, Confirm)
        assert (confirm.covers, confirm.quorum, confirm.role) == (covers, 2, "support")
        assert waits_after(confirm) == WAITING
