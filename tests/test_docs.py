"""The threat model names tests that exist, and leaves out no component and no test of one."""

import ast
import re
from pathlib import Path

import pytest

from leverframe.contracts.names import ROLES

TESTS = Path(__file__).parent
PAGE = (TESTS.parent / "docs" / "threat-model.md").read_text(encoding="utf-8")
NAMED = sorted(set(re.findall(r"`((?:\w+/)*test_\w+\.py)(?:::(\w+))?`", PAGE)))
THREATS = sorted(path.relative_to(TESTS).as_posix() for path in (TESTS / "threats").glob("test_*.py"))


def functions_of(file: Path) -> set[str]:
    """The test functions of a file."""
    tree = ast.parse(file.read_text(encoding="utf-8"))
    functions = (ast.FunctionDef, ast.AsyncFunctionDef)
    return {node.name for node in tree.body if isinstance(node, functions) and node.name.startswith("test_")}


def test_the_page_names_tests() -> None:
    assert len(NAMED) > 30


@pytest.mark.parametrize(("file", "test"), NAMED)
def test_a_test_that_the_threat_model_names_exists(file: str, test: str) -> None:
    assert (TESTS / file).is_file()
    assert not test or test in functions_of(TESTS / file)


@pytest.mark.parametrize("file", THREATS)
def test_every_component_that_is_taken_over_in_a_test_is_in_the_threat_model(file: str) -> None:
    assert file in {named for named, _ in NAMED}


def test_every_role_and_every_owasp_risk_is_answered() -> None:
    rows = [line.split("|")[1].strip() for line in PAGE.splitlines() if line.startswith("| ")]
    for role in ROLES:
        assert any(row.startswith(role.removesuffix("s")) for row in rows), role
    for risk in (f"{kind}{number:02}" for kind in ("LLM", "ASI") for number in range(1, 11)):
        assert any(row.startswith(f"{risk} ") for row in rows), risk


def test_the_page_is_short_enough_to_be_read() -> None:
    assert len(PAGE.splitlines()) < 250
