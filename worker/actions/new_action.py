"""The skeleton of a new action: every file that it needs, in a package of its own or beside the others of one."""

import re
import sys
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from leverframe.business import references

NAME = re.compile(r"[a-z][a-z0-9]{0,40}+(_[a-z0-9]{1,40}+){1,5}")
PACKAGE = re.compile(r"[a-z][a-z0-9]{0,40}+([-_][a-z0-9]{1,40}+){0,5}")
TAKEN = {"leverframe", "machines", "workflows", "tools", "activities", "audit", "desk", "worker", "evals", "texts"}
"""Names of the engine's own packages, which a business's would hide."""
MACHINES, TOOLS = "{business}/machines/__init__.py", "{business}/tools/__init__.py"
ACTION = {
    "machine.py.txt": "{business}/machines/{name}.py",
    "tool.py.txt": "{business}/tools/{name}.py",
    "prompt.md.txt": "{business}/texts/prompts/{name}.md",
    "policy.md.txt": "{business}/texts/policies/{name}.md",
    "cases.jsonl.txt": "{business}/texts/cases/{name}.jsonl",
    "docs.md.txt": "docs/{name}.md",
    "test.py.txt": "tests/test_{name}.py",
    **{
        f"done.{end}.txt": f"{{business}}/texts/replies/{{name}}/done.{end}"
        for end in ("md", "de.md", "es.md", "fr.md", "zh.md")
    },
}
"""What each action has."""
WHOLE = {
    "pyproject.toml.txt": "pyproject.toml",
    "readme.md.txt": "README.md",
    "machines.py.txt": MACHINES,
    "tools.py.txt": TOOLS,
    "conftest.py.txt": "tests/conftest.py",
    "test_package.py.txt": "tests/test_package.py",
}
"""What the package has once."""


class ActionRefused(Exception):
    """No skeleton can be written; the message says why, and nothing was written."""


def write_skeleton(name: str, package: Path) -> list[Path]:
    """Write the files of a new action into a package, which is made where there is none; returns what was written.

    Raises:
        ActionRefused: for a name that is none, or that is taken, and for a folder that is no such package.
    """
    if not NAME.fullmatch(name) or len(name) > 40:
        raise ActionRefused(f"{name!r} is no name of an action; expected words such as plan_change")
    business = business_of(package)
    values = {
        "name": name,
        "business": business,
        "distribution": business.replace("_", "-"),
        "machine": "".join(word.capitalize() for word in name.split("_")),
        "title": name.replace("_", " ").capitalize(),
        "clause": name.upper().replace("_", "-"),
    }
    new = not (package / "pyproject.toml").exists()
    if new and package.exists() and (not package.is_dir() or any(package.iterdir())):
        raise ActionRefused(f"{package} is there, and no package: expected a folder with pyproject.toml, or none")
    files = {package / path.format(**values): text for path, text in _rendered(ACTION | (WHOLE if new else {}), values)}
    if taken := [path for path in files if path.exists()]:
        raise ActionRefused(f"there is {taken[0]} already; nothing was written")
    lists = (
        (MACHINES, f"machines.{name} import {values['machine']}", [values["machine"]], "machine"),
        (TOOLS, f"tools.{name} import {name}, {name}_list", [f"{name}_list", name], "tool"),
    )
    for place, imported, entries, what in lists:
        path = package / place.format(**values)
        files[path] = registered(read(path, files), f"from {business}.{imported}", entries, what, path)
    for path, text in files.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    if new:
        (package / business / "__init__.py").touch()
    return list(files)


def business_of(package: Path) -> str:
    """The name of the business, which is the package's; raises :class:`ActionRefused`."""
    folder = package.resolve().name
    business = folder.replace("-", "_")
    if not PACKAGE.fullmatch(folder) or business in TAKEN | {*references()} | sys.stdlib_module_names:
        raise ActionRefused(f"{folder!r} cannot be a package's name; expected one of your own, such as acme-actions")
    return business


def _rendered(files: dict[str, str], values: dict[str, str]) -> list[tuple[str, str]]:
    templates = Environment(
        loader=FileSystemLoader(Path(__file__).parent / "skeleton"),
        undefined=StrictUndefined,
        autoescape=False,  # noqa: S701 - it is Python and Markdown that is written
    )
    return [(path, templates.get_template(template).render(values).rstrip() + "\n") for template, path in files.items()]


def read(path: Path, files: dict[Path, str]) -> str:
    """A file of a package, as it is to be written; raises :class:`ActionRefused` where there is none."""
    if path not in files and not path.is_file():
        raise ActionRefused(f"there is no {path}, as a package has that new-action made; nothing was written")
    return files[path] if path in files else path.read_text(encoding="utf-8")


def registered(source: str, imported: str, entries: list[str], what: str, path: Path) -> str:
    """The file with one import more, and entries more before the line that says where new ones go.

    Raises :class:`ActionRefused` where there is no such line.
    """
    lines = source.splitlines(keepends=True)
    goal = f"# A new {what} goes above this line.\n"
    mark = next((number for number, line in enumerate(lines) if line.lstrip() == goal), None)
    if mark is None:
        raise ActionRefused(f"the line {goal.strip()!r} is missing in {path}; nothing was written")
    lines[mark:mark] = [lines[mark].replace(goal, f"{entry},\n") for entry in entries]
    # In the order that the linter wants.
    imports = [number for number, line in enumerate(lines[:mark]) if line.startswith("from ")]
    if imports:
        lines.insert(next((one for one in imports if lines[one] > imported), imports[-1] + 1), f"{imported}\n")
    else:
        lines[2:2] = [f"{imported}\n", "\n"]
    return "".join(lines)
