"""The operators' directory: who may decide. Anything doubtful in it stops the role from starting."""

from pathlib import Path

import pytest

from leverframe.operators import InvalidOperators, Operators
from worker.testing.keys import OLGA, RITA

OLGAS, RITAS = (str(key) for ring in (OLGA, RITA) for key in ring.public.values())
DIRECTORY = f"""
[olga]
roles = ["support", "support_lead"]
principals = ["jwt:olga"]
names = ["Olga@Support", "o.berg"]
keys = ["{OLGAS}"]

[rita]
roles = ["support"]
"""


def written(folder: Path, text: str) -> Path:
    path = folder / "operators.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_people_are_found_by_each_of_their_names(tmp_path: Path) -> None:
    operators = Operators.load(written(tmp_path, DIRECTORY), "signed")
    olga = operators.by_principal("jwt:olga")
    assert olga is not None
    assert olga.person == "olga"
    assert olga.roles == {"support", "support_lead"}
    assert [str(key) for key in olga.keys] == [OLGAS]
    for name in ("olga@support", " OLGA@SUPPORT ", "O.Berg", "\uff4f.berg", "o.b\u0435rg", "o.be\u200brg"):
        assert operators.by_name(name) is olga
    assert not operators.everyone


def test_a_principal_is_matched_letter_by_letter(tmp_path: Path) -> None:
    operators = Operators.load(written(tmp_path, DIRECTORY), "signed")
    for principal in ("jwt:OLGA", "users:olga", "olga", "olga@support", " jwt:olga"):
        assert operators.by_principal(principal) is None
    assert operators.by_name("jwt:olga") is None
    assert operators.by_name("olga") is None


def test_without_a_directory_everyone_may_decide_where_names_need_not_be_proved() -> None:
    assert Operators.load(None, "claimed").everyone
    for least in ("signed", "principal"):
        with pytest.raises(InvalidOperators, match=f"'{least}', and there is no operators' directory"):
            Operators.load(None, least)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "names nobody"),
        ("[olga", "cannot be read"),
        ("[olga]\nroles = []", r"\[olga\]: roles"),
        ("[olga]\nnames = ['olga']", r"\[olga\]: roles: Field required"),
        ("[olga]\nroles = 'support'", r"\[olga\]: roles"),
        ("[olga]\nroles = ['support']\nmail = 'olga@example.org'", r"\[olga\]: mail"),
        ("olga = 'support'", r"\[olga\]"),
        ("[olga]\nroles = ['support']\nkeys = ['ed25519-private/00']", r"\[olga\]: a key cannot be read"),
        ("[olga]\nroles = ['support']\nnames = [' ']", r"\[olga\]: a name, principal or role is empty"),
        ("[olga]\nroles = ['']", r"\[olga\]: a name, principal or role is empty"),
        ("[olga]\nroles = ['a']\n[OLGA]\nroles = ['a']", r"\[olga\] and \[OLGA\] share"),
        ("[olga]\nroles = ['a']\n[rita]\nroles = ['a']\nnames = ['Olga']", "share a name"),
        (f"[a]\nroles = ['a']\nkeys = ['{OLGAS}']\n[b]\nroles = ['a']\nkeys = ['{OLGAS}']", "share"),
        ("[a]\nroles = ['a']\nprincipals = ['jwt:x']\n[b]\nroles = ['a']\nprincipals = ['jwt:X']", "share"),
        ("[olga]\nroles = ['a']\n['\u043elga']\nroles = ['a']".replace("'\u043elga'", '"\u043elga"'), "share a name"),
        ("[a]\nroles = ['a']\nprincipals = ['x']\n[b]\nroles = ['a']\nnames = ['x']", "share"),
    ],
)
def test_a_doubtful_directory_is_refused(tmp_path: Path, text: str, expected: str) -> None:
    with pytest.raises(InvalidOperators, match=expected):
        Operators.load(written(tmp_path, text), "claimed")


def test_a_directory_that_is_missing_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidOperators, match=r"nobody\.toml cannot be read"):
        Operators.load(tmp_path / "nobody.toml", "claimed")


def test_a_key_is_not_quoted(tmp_path: Path) -> None:
    text = f"[olga]\nroles = ['support']\nkeys = ['{RITAS}x', 'ed25519-private/{'7' * 64}']"
    with pytest.raises(InvalidOperators) as refused:
        Operators.load(written(tmp_path, text), "signed")
    assert RITAS not in str(refused.value)
    assert "7777" not in str(refused.value)


def test_anybody_has_roles_only_where_names_are_claimed(tmp_path: Path) -> None:
    anybody = '\n["*"]\nroles = ["support"]\n'
    operators = Operators.load(written(tmp_path, DIRECTORY + anybody), "claimed")
    assert operators.anybody == {"support"}
    for text, least in ((anybody, "signed"), (f'{anybody}names = ["x"]', "claimed")):
        with pytest.raises(InvalidOperators, match="only where names that are claimed count"):
            Operators.load(written(tmp_path, DIRECTORY + text), least)  # type: ignore[arg-type]
