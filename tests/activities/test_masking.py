"""Personal data becomes placeholders, comes back as it was, and nothing else is touched."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import JsonValue

from activities.guards.masking import Masking
from activities.guards.pii import find_personal, iban_checksum, luhn
from leverframe.placeholders import put_back

FOUND = {
    "write to mia.berg+shop@mail.example.org, please": ("email", "mia.berg+shop@mail.example.org"),
    "card 4111 1111 1111 1111 was charged": ("card", "4111 1111 1111 1111"),
    "card 5500005555555559.": ("card", "5500005555555559"),
    "to DE89 3704 0044 0532 0130 00 please": ("iban", "DE89 3704 0044 0532 0130 00"),
    "iban gb82west12345698765432": ("iban", "gb82west12345698765432"),
    "call +49 151 23456789 today": ("phone", "+49 151 23456789"),
    "call (555) 123-4567": ("phone", "(555) 123-4567"),
    "555-123-4567?": ("phone", "555-123-4567"),
    "手机 13812345678": ("phone", "13812345678"),
    "my phone 5551234567": ("phone", "5551234567"),
}
LEFT_ALONE = [
    "cancel #W1234567 and W7654321",
    "item 6469567736, tracking 357962501027",
    "it cost 1,234.56 or 54.10 on 2026-05-02",
    "card 4111 1111 1111 1112 has a wrong check digit",
    "DE88 3704 0044 0532 0130 00 has a wrong checksum",
    "credit_card_9876543 and gift_card_1725971",
    "zip 10083, 10:30 to 12:45",
    "user@localhost, me @ home",
]


def restore(content: JsonValue, placeholders: dict[str, str]) -> JsonValue:
    """As a tool call puts the values back."""
    return put_back({"content": content}, placeholders)["content"]


@pytest.mark.parametrize(("text", "found"), FOUND.items())
def test_personal_data_is_found_exactly(text: str, found: tuple[str, str]) -> None:
    assert [(item.label, text[item.start : item.end]) for item in find_personal(text)] == [found]


@pytest.mark.parametrize("text", LEFT_ALONE)
def test_numbers_of_the_business_are_left_alone(text: str) -> None:
    assert Masking({}).mask("", text) == text


def test_checksums_refuse_every_single_wrong_digit() -> None:
    for good, check in (("4111111111111111", luhn), ("GB82WEST12345698765432", iban_checksum)):
        assert check(good)
        for place in (index for index, character in enumerate(good) if character.isdigit()):
            for digit in set("0123456789") - {good[place]}:
                assert not check(good[:place] + digit + good[place + 1 :])


def test_a_value_keeps_its_placeholder_through_an_action() -> None:
    first = Masking({})
    assert first.mask("", "a@x.org and b@x.org and a@x.org") == "<EMAIL_1> and <EMAIL_2> and <EMAIL_1>"
    later = Masking(first.placeholders)
    assert later.mask("", "c@x.org, b@x.org") == "<EMAIL_3>, <EMAIL_2>"
    assert later.placeholders == {"<EMAIL_1>": "a@x.org", "<EMAIL_2>": "b@x.org", "<EMAIL_3>": "c@x.org"}


def test_evidence_says_where_and_never_what() -> None:
    masking = Masking({})
    masking.mask("/orders/0/note", "ask mia@x.org")
    (evidence,) = masking.evidence
    assert (evidence.start, evidence.end, evidence.label, evidence.path) == (4, 13, "email", "/orders/0/note")
    assert "mia" not in evidence.model_dump_json()


def test_a_placeholder_that_the_user_writes_cannot_pull_in_a_value() -> None:
    first = Masking({})
    first.mask("", "secret@x.org")
    second = Masking(first.placeholders)
    masked = second.mask("", "send it to <EMAIL_1>, <LITERAL_1> or <PHONE_7>")
    assert masked == "send it to <LITERAL_1>, <LITERAL_2> or <LITERAL_3>"
    assert restore(masked, second.placeholders) == "send it to <EMAIL_1>, <LITERAL_1> or <PHONE_7>"


def test_a_restored_value_is_not_looked_into_again() -> None:
    assert restore("<LITERAL_1>", {"<LITERAL_1>": "<EMAIL_1>", "<EMAIL_1>": "secret@x.org"}) == "<EMAIL_1>"


def test_restoring_reaches_every_string_and_leaves_what_is_unknown() -> None:
    content: JsonValue = {"to": ["<EMAIL_1>", {"cc": "x <EMAIL_1> <EMAIL_9>"}], "n": 1, "none": None}
    restored = restore(content, {"<EMAIL_1>": "a@x.org"})
    assert restored == {"to": ["a@x.org", {"cc": "x a@x.org <EMAIL_9>"}], "n": 1, "none": None}


FRAGMENTS = [
    "<EMAIL_1>",
    "<LITERAL_1>",
    "<",
    ">",
    "EMAIL_1",
    "a@x.org",
    "b@y.co",
    "4111111111111111",
    "#W1234567",
    " ",
    "é",
    "订单",
]


@given(st.lists(st.one_of(st.sampled_from(FRAGMENTS), st.text(max_size=8)), max_size=12).map("".join))
def test_masking_is_undone_by_restoring(text: str) -> None:
    masking = Masking({"<EMAIL_1>": "given@x.org"})
    masked = masking.mask("", text)
    assert restore(masked, masking.placeholders) == text
    assert find_personal(masked) == []
