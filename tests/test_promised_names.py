"""What authors import is promised in one list, which is true, and which authors' own files keep to."""

import ast
import importlib
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import leverframe
from tests.support.engine import ENGINE

ROOT = Path(__file__).parent.parent
LIST = (ROOT / "docs" / "promised-names.md").read_text(encoding="utf-8")
PROMISED = {
    (module, name.strip())
    for module, names in re.findall(r"^from ([\w.]+) import (.+)$", LIST, re.MULTILINE)
    for name in names.split(",")
}
INSIDE = {
    "leverframe.errors", "tools.bounded_http", "tools.ledger", "tools.open_actions", "tools.retry_after", "tools.scope",
}  # fmt: skip
"""What the reference shop takes of the engine that no author needs."""
AUTHORS = {
    **{
        str(path.relative_to(ROOT)): path.read_text(encoding="utf-8")
        for folder, kind in (("machines/shop", "*.py"), ("tools/shop", "*.py"), ("examples", "*.py"))
        for path in (ROOT / folder).rglob(kind)
        if not {"migrations", "generator", "retail", "tests"} & {*path.parts}
    },
    **{
        path.name: re.sub(r"{{ \w+ }}", "x_y", path.read_text(encoding="utf-8"))
        for path in (ROOT / "worker" / "actions" / "skeleton").glob("*.py.txt")
    },
    **{
        f"{page}: {name}": source
        for page in ("your-own-business", "systems-outside")
        for name, source in re.findall(
            r"```python (\S+)\n(.*?)```", (ROOT / "docs" / f"{page}.md").read_text(encoding="utf-8"), re.DOTALL
        )
    },
}


def imported(source: str) -> Iterator[tuple[str, str]]:
    """What a file takes of the engine."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.ImportFrom) and node.module and node.module.partition(".")[0] in ENGINE:
            yield from ((node.module, name.name) for name in node.names)


@pytest.mark.parametrize(("module", "name"), sorted(PROMISED))
def test_what_is_promised_is_there(module: str, name: str) -> None:
    assert hasattr(importlib.import_module(module), name)


def test_all_that_the_sdk_exports_is_promised() -> None:
    assert {name for module, name in PROMISED if module == "leverframe"} == {*leverframe.__all__}


@pytest.mark.parametrize("file", sorted(AUTHORS))
def test_an_authors_file_takes_nothing_that_is_not_promised(file: str) -> None:
    own = ("machines.shop", "tools.shop")
    taken = {one for one in imported(AUTHORS[file]) if not one[0].startswith(own) and one[0] not in INSIDE}
    assert taken <= PROMISED
