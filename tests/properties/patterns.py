"""Every regular expression of the product and how it is used: found where it is compiled, so that none is listed."""

import ast
import json
import re
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from pathlib import Path

PACKAGES = ("leverframe", "machines", "activities", "workflows", "tools", "audit", "desk", "worker", "evals")
ROOT = Path(__file__).parents[2]
UNREACHED = frozenset({"activities/permission.py", "tools/open_actions.py", "worker/actions/new_action.py"})
"""Where an escaped name, which is no user's text, makes a pattern at run time."""
COMPILED = """
import functools, importlib, json, pkgutil, re, sys

root, packages, found = sys.argv[1], sys.argv[2:], []
compiled = re._compile

def noted(pattern, flags):
    made, frame = compiled(pattern, flags), sys._getframe(2)
    file = frame.f_code.co_filename
    if file.startswith(root) and "site-packages" not in file and isinstance(made.pattern, str):
        found.append((file[len(root) + 1:], frame.f_lineno, made.pattern, made.flags))
    return made

re._compile = noted
for name in [name for each in packages for _, name, _ in pkgutil.walk_packages([f"{root}/{each}"], f"{each}.")]:
    if not name.endswith(("__main__", "gguf_to_hf", "env")):
        for each in list(vars(importlib.import_module(name)).values()):
            if isinstance(each, functools._lru_cache_wrapper) and not each.__wrapped__.__code__.co_argcount:
                each.cache_clear()
                each()
json.dump(found, sys.stdout)
"""
"""Imports everything, calls what compiles patterns when it is first asked, and notes each pattern."""


@dataclass(frozen=True)
class Found:
    """A pattern of the product."""

    where: str
    pattern: re.Pattern[str]
    anchored: bool
    """Whether it is only tried at a text's beginning."""


@cache
def patterns() -> tuple[Found, ...]:
    """All of them, each once."""
    run = [sys.executable, "-c", COMPILED, str(ROOT), *PACKAGES]
    compiled = json.loads(subprocess.run(run, capture_output=True, text=True, check=True).stdout)
    calls = {(path, node.lineno): (node, owner) for path, node, owner in _calls()}
    used = _methods()
    found = {}
    for path, line, pattern, flags in compiled:
        node, owner = calls.get((path, line), (None, ""))
        inline = {_name(node)} if node is not None else set()
        found[pattern, flags] = Found(f"{path}:{line}", re.compile(pattern, flags), _anchored(inline, used[owner]))
    seen = {(path, line) for path, line, *_ in compiled}
    for (path, line), (node, owner) in calls.items():
        if (path, line) not in seen and path not in UNREACHED:
            made = _evaluated(path, node)
            found[made.pattern, made.flags] = Found(f"{path}:{line}", made, _anchored({_name(node)}, used[owner]))
    return tuple(found.values())


def _anchored(inline: set[str], methods: set[str]) -> bool:
    asked = (inline - {"compile"}) or methods
    return bool(asked) and asked <= {"match", "fullmatch"}


def _evaluated(path: str, node: ast.Call) -> re.Pattern[str]:
    """A pattern that stands in a function: of constants alone, or it could not be measured."""
    module = vars(import_module(path.removesuffix(".py").replace("/", ".")))
    try:
        made = eval(compile(ast.Expression(node.args[0]), path, "eval"), module)
        flags = [word.value for word in node.keywords if word.arg == "flags"] or node.args[1:] * (
            _name(node) == "compile"
        )
        return re.compile(made, eval(compile(ast.Expression(flags[0]), path, "eval"), module) if flags else 0)
    except NameError as error:
        raise AssertionError(f"{path}:{node.lineno}: expected a pattern of the module's own names: {error}") from None


def _trees() -> Iterator[tuple[str, ast.Module]]:
    for package in PACKAGES:
        for file in sorted((ROOT / package).rglob("*.py")):
            yield file.relative_to(ROOT).as_posix(), ast.parse(file.read_text(encoding="utf-8"))


def _calls() -> Iterator[tuple[str, ast.Call, str]]:
    """Each call of the module ``re``, and the name of the constant or function that it stands in."""
    for path, tree in _trees():
        for top in tree.body:
            target = top.targets[0] if isinstance(top, ast.Assign) else getattr(top, "target", None)
            owner = str(getattr(top, "name", None) or getattr(target, "id", ""))
            for node in ast.walk(top):
                if isinstance(node, ast.Call) and _name(node) not in ("escape", "") and node.args:
                    yield path, node, owner


def _name(node: ast.Call) -> str:
    function = node.func
    inside = isinstance(function, ast.Attribute) and isinstance(function.value, ast.Name) and function.value.id == "re"
    return function.attr if inside and isinstance(function, ast.Attribute) else ""


def _methods() -> dict[str, set[str]]:
    """Which methods are called of each constant, or of what a function returns."""
    used: dict[str, set[str]] = defaultdict(set)
    for _, tree in _trees():
        for node in ast.walk(tree):
            if isinstance(node, ast.Attribute):
                owner = node.value.func if isinstance(node.value, ast.Call) else node.value
                name = owner.attr if isinstance(owner, ast.Attribute) else getattr(owner, "id", None)
                if name is not None and name != "re" and node.attr in dir(re.Pattern):
                    used[name].add(node.attr)
    return used
