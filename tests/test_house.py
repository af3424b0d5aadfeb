"""The house stays as docs/architecture.md draws it: short files, imports one way, an engine that names no business."""

import re
import subprocess

import pytest

from tests.support.engine import BUSINESS, ENGINE, words_of_the_shop
from tests.support.imports import ROOT, Import, cycle, imports

LONGEST = 300
GENERATED_OR_DATA = (
    ".json", ".jsonl", ".toml", ".txt", ".sql", ".png", ".gz", ".csv",
)  # fmt: skip
LONGER = {
    # One file for all services, as compose reads it.
    "docker-compose.yml",
}

SEES = {
    "leverframe": set[str](),
    "machines": {"leverframe"},
    "workflows": {"leverframe", "machines"},
    "tools": {"leverframe"},
    "activities": {"leverframe", "machines", "tools"},
    "audit": {"leverframe", "machines", "tools"},
    "desk": {"leverframe", "machines", "tools"},
    "api": {"leverframe"},
    "evals": {"leverframe", "machines", "workflows", "tools", "activities", "audit"},
    "worker": {"leverframe", "machines", "workflows", "tools", "activities", "audit", "desk", "api", "evals"},
    "benchmarks": {
        "leverframe",
        "machines",
        "workflows",
        "tools",
        "activities",
        "audit",
        "desk",
        "api",
        "evals",
        "worker",
    },
}
"""Which packages each imports, beside itself; ``tests`` see all, and benchmarks what tests share."""
SHARED = "tests.support."


def tracked(*under: str) -> list[str]:
    listed = subprocess.run(["git", "ls-files", "--", *under], cwd=ROOT, capture_output=True, text=True, check=True)
    return [name for name in listed.stdout.splitlines() if (ROOT / name).exists()]


def test_no_file_is_longer_than_can_be_read_at_once() -> None:
    read = [name for name in tracked() if not name.startswith("tests/") and not name.endswith(GENERATED_OR_DATA)]
    longer = {name for name in read if len((ROOT / name).read_bytes().splitlines()) > LONGEST}
    assert longer == LONGER


def test_no_module_is_loaded_in_a_circle() -> None:
    assert cycle() == []


@pytest.mark.parametrize("package", sorted(SEES))
def test_a_package_imports_only_what_stands_below_it(package: str) -> None:
    allowed = SEES[package] | {package}
    found = [one for one in imports() if _top(one.by) == package and _top(one.of) not in allowed]
    upward = {str(one) for one in found if not (package == "benchmarks" and one.of.startswith(SHARED))}
    assert upward == set()


def test_the_engine_imports_no_business() -> None:
    assert {str(found) for found in imports() if _of_a_business(found)} == set()


def test_the_engine_names_no_business() -> None:
    words = re.compile(rf"(?<![\w.])(?:{'|'.join(map(re.escape, sorted(words_of_the_shop())))})(?!\w)")
    # Rules of the guards are about what people write, to whichever business.
    files = [name for name in _engines_files() if not re.search(r"\.(png|json)$|guards/\w+\.toml$", name)]
    named = {name for name in files if words.search((ROOT / name).read_text(encoding="utf-8"))}
    assert named == set()


def _engines_files() -> list[str]:
    return [name for name in tracked(*ENGINE) if not name.startswith(BUSINESS)]


def _of_a_business(found: Import) -> bool:
    own = tuple(place.removesuffix(".py").replace("/", ".") for place in BUSINESS)
    return _top(found.by) in ENGINE and not f"{found.by}.".startswith(own) and f"{found.of}.".startswith(own)


def _top(module: str) -> str:
    return module.partition(".")[0]
