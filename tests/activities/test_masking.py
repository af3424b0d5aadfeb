"""Personal data becomes placeholders, comes back as it was, and nothing else is touched."""

from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import JsonValue

from activities.guards.masking import Masking
from activities.guards.pii import find_personal
from activities.guards.walking import replace_strings
from leverframe.placeholders import put_back


def restore(content: JsonValue, placeholders: dict[str, str]) -> JsonValue:
    """As a tool call puts the values back."""
    return put_back({"content": content}, placeholders)["content"]


def test_a_value_keeps_its_placeholder_through_an_action() -> None:
    first = Masking({})
    assert first.mask("", "a@x.org and b@x.org and a@x.org") == "<EMAIL_1> and <EMAIL_2> and <EMAIL_1>"
    later = Masking(first.placeholders)
    assert later.mask("", "c@x.org, b@x.org") == "<EMAIL_3>, <EMAIL_2>"
    assert later.placeholders == {"<EMAIL_1>": "a@x.org", "<EMAIL_2>": "b@x.org", "<EMAIL_3>": "c@x.org"}


def test_a_new_placeholder_never_takes_the_name_of_an_old_one() -> None:
    masking = Masking({"<EMAIL_2>": "b@x.org", "<NATIONAL_ID_7>": "460-89-9847"})
    assert masking.mask("", "a@x.org, 054-28-6917") == "<EMAIL_3>, <NATIONAL_ID_8>"


def test_each_kind_has_its_own_placeholders() -> None:
    masking = Masking({})
    text = "a@x.org 13812345678 4111111111111111 GB82WEST12345698765432 11010519491231002X"
    assert masking.mask("", text) == "<EMAIL_1> <PHONE_1> <CARD_1> <IBAN_1> <NATIONAL_ID_1>"
    assert restore("<NATIONAL_ID_1>", masking.placeholders) == "11010519491231002X"


def test_two_spellings_of_a_value_come_back_each_as_it_was() -> None:
    masking = Masking({})
    text = "13812345678 or 138 1234 5678 or １３８１２３４５６７８ or 138\u200b12345678"
    assert masking.mask("", text) == "<PHONE_1> or <PHONE_2> or <PHONE_3> or <PHONE_4>"
    assert restore("<PHONE_4>, <PHONE_3>", masking.placeholders) == "138\u200b12345678, １３８１２３４５６７８"


def test_evidence_says_where_by_which_rule_and_never_what() -> None:
    masking = Masking({})
    masking.mask("/orders/0/note", "ask mia@x.org")
    (evidence,) = masking.evidence
    assert (evidence.start, evidence.end, evidence.label, evidence.path) == (4, 13, "email", "/orders/0/note")
    assert "mia" not in evidence.model_dump_json()
    assert list(masking.rules) == ["email"]


def test_the_field_says_what_a_bare_number_is_at_any_depth() -> None:
    masking = Masking({})
    content: JsonValue = {"customer": {"phones": ["5551234567"], "order_ids": ["5551234567"]}, "n": 5551234567}
    masked = replace_strings(content, masking.mask)
    assert masked == {"customer": {"phones": ["<PHONE_1>"], "order_ids": ["5551234567"]}, "n": 5551234567}


def test_a_placeholder_that_the_user_writes_cannot_pull_in_a_value() -> None:
    first = Masking({})
    first.mask("", "secret@x.org")
    second = Masking(first.placeholders)
    masked = second.mask("", "send it to <EMAIL_1>, <LITERAL_1> or <PHONE_7>")
    assert masked == "send it to <LITERAL_1>, <LITERAL_2> or <LITERAL_3>"
    assert restore(masked, second.placeholders) == "send it to <EMAIL_1>, <LITERAL_1> or <PHONE_7>"


def test_a_disguised_placeholder_cannot_either() -> None:
    masking = Masking({"<EMAIL_1>": "secret@x.org"})
    text = "<EMAIL\u200b_1> ＜ＥＭＡＩＬ＿１＞ <NATIONAL_ID_1>"
    assert masking.mask("", text) == "<LITERAL_1> <LITERAL_2> <LITERAL_3>"
    assert restore("<LITERAL_1> <LITERAL_2> <LITERAL_3>", masking.placeholders) == text


def test_a_restored_value_is_not_looked_into_again() -> None:
    assert restore("<LITERAL_1>", {"<LITERAL_1>": "<EMAIL_1>", "<EMAIL_1>": "secret@x.org"}) == "<EMAIL_1>"


def test_restoring_reaches_every_string_and_leaves_what_is_unknown() -> None:
    content: JsonValue = {"to": ["<EMAIL_1>", {"cc": "x <EMAIL_1> <EMAIL_9>"}], "n": 1, "none": None}
    restored = restore(content, {"<EMAIL_1>": "a@x.org"})
    assert restored == {"to": ["a@x.org", {"cc": "x a@x.org <EMAIL_9>"}], "n": 1, "none": None}


FRAGMENTS = [
    "<EMAIL_1>",
    "<LITERAL_1>",
    "<NATIONAL_ID_1>",
    "<EMAIL\u200b_1>",
    "<",
    ">",
    "EMAIL_1",
    "a@x.org",
    "b@y.co",
    "4111111111111111",
    "4111 1111 1111 1111",
    "GB82WEST12345698765432",
    "11010519491231002X",
    "460-89-9847",
    "13812345678",
    "１３８１２３４５６７８",
    "138\u200b1234\u200b5678",
    "(555) 123-4567",
    "phone 555 1234",
    "电话",
    "card ",
    "#W1234567",
    " ",
    ",",
    "-",
    "\\n",
    "é",
    "订单",
]
TEXTS = st.lists(st.one_of(st.sampled_from(FRAGMENTS), st.text(max_size=8)), max_size=12).map("".join)
KEYS = st.sampled_from(["phone", "note", "order_id", "a/b~c", "0"])
CONTENT = st.recursive(
    st.one_of(TEXTS, st.integers(), st.booleans(), st.none()),
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(KEYS, inner, max_size=4)),
    max_leaves=8,
)


@settings(deadline=None)
@given(TEXTS)
def test_masking_is_undone_by_restoring(text: str) -> None:
    masking = Masking({"<EMAIL_1>": "given@x.org"})
    masked = masking.mask("", text)
    assert restore(masked, masking.placeholders) == text


@settings(deadline=None)
@given(st.lists(st.sampled_from([f for f in FRAGMENTS if f[0] != "-"]), max_size=12).map(" ".join))
def test_nothing_is_left_to_find_in_masked_text(text: str) -> None:
    assert find_personal(Masking({}).mask("", text)) == []


@settings(deadline=None)
@given(CONTENT, CONTENT)
def test_content_of_any_depth_comes_back_with_the_placeholders_of_the_whole_action(
    request: JsonValue, facts: JsonValue
) -> None:
    first = Masking({})
    masked_request = replace_strings(request, first.mask)
    second = Masking(first.placeholders)
    masked_facts = replace_strings(facts, second.mask)
    assert restore([masked_request, masked_facts], second.placeholders) == [request, facts]
    assert len(set(second.placeholders.values())) == len(second.placeholders)
