"""With whose rights a system is asked is declared, and what a service account brings is the user's or is not used."""

import pytest
from pydantic import JsonValue

from tools.credential import ServiceAccount, UserToken
from tools.errors import NotTheirs

ACCOUNT = ServiceAccount("customer", "order.customer.id")
ANSWERS: dict[str, JsonValue] = {
    "somebody else's": {"order": {"customer": {"id": "bob"}}},
    "nobody's": {"order": {"customer": {"id": None}}},
    "without an owner": {"order": {}},
    "a list of theirs": {"order": {"customer": {"id": ["ann"]}}},
    "theirs among others": [{"order": {"customer": {"id": "ann"}}}],
    "no object": "ann",
    "yes": {"order": {"customer": {"id": True}}},
    "theirs in other letters": {"order": {"customer": {"id": "Ann"}}},
}


def test_what_is_theirs_is_used() -> None:
    ACCOUNT.require_owner("ann", {"order": {"customer": {"id": "ann"}}})
    ACCOUNT.require_owner("7", {"order": {"customer": {"id": 7}}})


@pytest.mark.parametrize("case", ANSWERS)
def test_what_is_not_theirs_is_not(case: str) -> None:
    with pytest.raises(NotTheirs, match=r"does not say in 'order\.customer\.id' that it is of the user") as refused:
        ACCOUNT.require_owner("ann", ANSWERS[case])
    assert "bob" not in str(refused.value)


@pytest.mark.parametrize("scope", [(), ("",), ("two words",), ("a\nb",)])
def test_a_scope_is_words(scope: tuple[str, ...]) -> None:
    with pytest.raises(ValueError, match="an audience and one or more scopes"):
        UserToken("https://crm.example", scope)


def test_a_declaration_is_whole() -> None:
    with pytest.raises(ValueError, match="an audience"):
        UserToken("", ("read",))
    for states, owner in (("", "owner"), ("customer", "")):
        with pytest.raises(ValueError, match="states the user's id in a field"):
            ServiceAccount(states, owner)
