"""What an argument should be, as a case says it. Pure."""

from pydantic import JsonValue

ANY_OF = "any_of"


def fits(expected: JsonValue, value: JsonValue) -> bool:
    """Whether a value is the expected one; a list may come in any order.

    Text may differ in upper and lower case and in the width of spaces, as quotations may.
    """
    return any(_form(each) == _form(value) for each in alternatives(expected))


def alternatives(expected: JsonValue) -> list[JsonValue]:
    """The values that are right: those of ``{"any_of": […]}``, else the one that is given."""
    if isinstance(expected, dict) and expected.keys() == {ANY_OF}:
        several = expected[ANY_OF]
        return several if isinstance(several, list) else []
    return [expected]


def _form(value: JsonValue) -> JsonValue:
    if isinstance(value, list):
        return sorted((_form(each) for each in value), key=repr)
    return " ".join(value.casefold().split()) if isinstance(value, str) else value
