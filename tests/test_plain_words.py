"""What operators read says what happened and what to do, in words without names of the code or of settings."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import leverframe.errors
import tools.errors
from leverframe.contracts.case import WORDS
from leverframe.naming import came, ended, stands
from leverframe.reasons import OTHERWISE, REASONS, reason, reason_of
from leverframe.telling import EVENTS, JUDGEMENTS, OUTCOMES, STATES, TRUSTS, UNREADABLE
from machines.base import lever
from machines.picture import diagram, table
from machines.registry import machines
from worker.testing.plain_words import technical
from workflows.wording import step, ways

ROOT = Path(__file__).parents[1]
FOLDERS = ("workflows", "activities", "tools", "machines", "desk", "examples")
SAYING = {"problem": "workflows", "Refusal": "activities", "ToolRefused": "", "Moved": "", "Stale": "", "NotKnown": ""}
"""What makes a text that operators read, and where a call of that name does."""
CODE = re.compile(r"__name__|\bcause\(|\bstr\(error\)|\.tool\b(?!\))|\.type\b")
"""What would put a name of the code, or an error's own words, into such a text."""


def plain(text: str) -> bool:
    return not technical(text)


@pytest.mark.parametrize("action", sorted(machines()))
def test_every_step_event_and_end_of_a_machine_is_told_in_plain_words(action: str) -> None:
    machine = machines()[action]
    for state in machine.states:
        told = [step(lever(state), machine), stands(state.id)]
        told += [word for way in ways(machine, lever(state)) for word in (came(way.event), way.target)]
        told += [came(event) for event in (*lever(state).outcomes, "unfinished", "broke_off")]
        assert [one for one in told if not plain(one)] == []
    pictured = re.findall(r'(?<=state ")[^"]+|(?<= : )[\w ]+\w', diagram(machine))
    listed = [cell for row in table(machine).splitlines() for cell in re.split(r" *\| *", row)[1::2]]
    assert [one for one in (*pictured, *listed) if not plain(one.lower())] == []


def test_what_all_machines_have_in_common_is_plain() -> None:
    tables = (EVENTS, STATES, OUTCOMES, JUDGEMENTS, TRUSTS, UNREADABLE, REASONS, WORDS)
    assert [text for one in tables for text in one.values() if not plain(text)] == []
    assert plain(OTHERWISE)
    assert [ended(outcome) for outcome in OUTCOMES if not plain(ended(outcome))] == []


def kinds() -> set[str]:
    """Names of the errors that activities and tools raise on purpose."""
    classes = {
        name
        for module in (tools.errors, leverframe.errors)
        for name, value in vars(module).items()
        if isinstance(value, type) and issubclass(value, Exception)
    }
    source = "".join(file.read_text() for file in (ROOT / "activities").glob("*.py"))
    return classes | set(re.findall(r'(?:type=|_refuse\(\s*|NoAnswer\(\s*)"(\w+)"', source))


def test_every_error_has_words_and_nothing_else_has() -> None:
    known = kinds() | {"OperationalError", "InterfaceError", "UnreadableAnswer", "LookupError"}
    known |= {"UnknownTemplate", "UnknownPrompt", "InvalidPrompt"}
    assert REASONS.keys() - known == set()
    assert reason("SomethingNew") == reason(None) == reason_of(RuntimeError("secret")) == OTHERWISE
    assert reason_of(leverframe.errors.CapabilityExpired("x")) == REASONS["CapabilityExpired"]
    assert reason_of(KeyError("address")) == REASONS["LookupError"]


def said() -> Iterator[tuple[str, ast.expr]]:
    """Each text that is made for operators, and where."""
    for folder in FOLDERS:
        for file in sorted((ROOT / folder).rglob("*.py")):
            place = str(file.relative_to(ROOT))
            if "/tests/" in place or "/migrations/" in place:
                continue
            for node in ast.walk(ast.parse(file.read_text())):
                if not isinstance(node, ast.Call) or not node.args:
                    continue
                name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
                if name in SAYING and place.startswith(SAYING[name]):
                    yield f"{place}:{node.lineno}", node.args[0]


def test_every_text_that_is_made_for_operators_is_plain() -> None:
    found = list(said())
    assert len(found) > 80
    wrong = []
    for place, text in found:
        constants = [
            one.value for one in ast.walk(text) if isinstance(one, ast.Constant) and isinstance(one.value, str)
        ]
        filled = [ast.unparse(one.value) for one in ast.walk(text) if isinstance(one, ast.FormattedValue)]
        if not all(map(plain, constants)) or any(CODE.search(one) for one in filled):
            wrong.append(place)
    assert wrong == []
