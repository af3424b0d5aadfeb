"""Who imports whom in this repository, read from the files."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

ROOT = Path(__file__).parents[2]
PACKAGES = (
    "leverframe", "machines", "workflows", "tools", "activities", "audit", "desk", "api", "evals", "worker",
    "benchmarks", "tests",
)  # fmt: skip


@dataclass(frozen=True)
class Import:
    """One module's import of another of this repository."""

    by: str
    of: str
    lazy: bool
    """Whether it is carried out only when a function is called."""

    def __str__(self) -> str:
        return f"{self.by} -> {self.of}"


@cache
def modules() -> dict[str, Path]:
    """All modules by their dotted names."""
    return {
        ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): path
        for package in PACKAGES
        for path in sorted((ROOT / package).rglob("*.py"))
    }


@cache
def imports() -> tuple[Import, ...]:
    """All imports between modules, without those that only a type checker carries out."""
    return tuple(found for name in modules() for found in _imports_of(name))


def _imports_of(name: str) -> Iterator[Import]:
    path = modules()[name]
    package = name if path.name == "__init__.py" else name.rpartition(".")[0]
    for statement, lazy in _statements(ast.parse(path.read_text(encoding="utf-8")).body, lazy=False):
        for target in _targets(statement, package):
            known = _module(target)
            if known and known != name:
                yield Import(name, known, lazy)


def _statements(body: list[ast.stmt], lazy: bool) -> Iterator[tuple[ast.stmt, bool]]:
    for statement in body:
        yield statement, lazy
        if isinstance(statement, ast.If) and "TYPE_CHECKING" in ast.dump(statement.test):
            continue
        inner = lazy or isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef)
        for child in ast.iter_child_nodes(statement):
            below = [child] if isinstance(child, ast.stmt) else getattr(child, "body", [])
            yield from _statements(below if isinstance(below, list) else [], inner)


def _targets(statement: ast.stmt, package: str) -> Iterator[str]:
    if isinstance(statement, ast.Import):
        yield from (alias.name for alias in statement.names)
    elif isinstance(statement, ast.ImportFrom):
        base = statement.module or ""
        if statement.level:
            above = package.split(".")[: len(package.split(".")) - statement.level + 1]
            base = ".".join([*above, *([base] if base else [])])
        yield from (f"{base}.{alias.name}" for alias in statement.names)


def _module(dotted: str) -> str | None:
    """The module that a dotted name is, or is in; None for what is not of this repository."""
    while dotted:
        if dotted in modules():
            return dotted
        dotted = dotted.rpartition(".")[0]
    return None


def cycle() -> list[str]:
    """Modules that import each other when they are loaded, however long the way round; empty where none do."""
    edges: dict[str, set[str]] = {name: set() for name in modules()}
    for found in imports():
        if not found.lazy:
            edges[found.by].add(found.of)
    try:
        TopologicalSorter(edges).prepare()
    except CycleError as error:
        return list(error.args[1])
    return []
