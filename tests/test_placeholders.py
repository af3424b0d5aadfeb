from pydantic import JsonValue

from leverframe.placeholders import put_back

KNOWN = {"<EMAIL_1>": "ann@example.com", "<EMAIL_10>": "bob@example.com", "<NAME_1>": "<EMAIL_1>"}


def test_placeholders_are_put_back_in_every_string_and_only_there() -> None:
    arguments: dict[str, JsonValue] = {
        "to": "<EMAIL_1>",
        "note": "for <EMAIL_10>, not <EMAIL_2>",
        "n": 1,
        "deep": [{"a": ["<EMAIL_1>"]}],
    }
    assert put_back(arguments, KNOWN) == {
        "to": "ann@example.com",
        "note": "for bob@example.com, not <EMAIL_2>",
        "n": 1,
        "deep": [{"a": ["ann@example.com"]}],
    }


def test_a_value_that_looks_like_a_placeholder_is_not_replaced_again() -> None:
    assert put_back({"name": "<NAME_1>"}, KNOWN) == {"name": "<EMAIL_1>"}


def test_without_placeholders_nothing_changes() -> None:
    assert put_back({"name": "<NAME_1>"}, {}) == {"name": "<NAME_1>"}
