"""The skeleton of a new action: every file that it needs, and its places in the registry and the catalogue."""

import re
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

ROOT = Path(__file__).parents[2]
NAME = re.compile(r"[a-z][a-z0-9]{0,40}+(_[a-z0-9]{1,40}+){1,5}")
FILES = {
    "machine.py.txt": "machines/shop/{name}.py",
    "tool.py.txt": "tools/shop/{name}.py",
    "prompt.md.txt": "texts/shop/prompts/{name}.md",
    "policy.md.txt": "texts/shop/policies/{name}.md",
    "docs.md.txt": "docs/actions/{name}.md",
    "test.py.txt": "tests/workflows/test_{name}.py",
    **{
        f"done.{end}.txt": f"texts/shop/replies/{{name}}/done.{end}"
        for end in ("md", "de.md", "es.md", "fr.md", "zh.md")
    },
}
REGISTRY, CATALOGUE = "machines/shop/catalogue.py", "tools/shop/catalogue.py"


class ActionRefused(Exception):
    """No skeleton can be written; the message says why, and nothing was written."""


def write_skeleton(name: str, root: Path = ROOT) -> list[Path]:
    """Write the files of a new action and register it; returns what was written or changed, in the checkout ``root``.

    Raises:
        ActionRefused: for a name that is none, or that is taken.
    """
    if not NAME.fullmatch(name) or len(name) > 40:
        raise ActionRefused(f"{name!r} is no name of an action; expected words such as gift_card_top_up")
    files = {root / path.format(name=name): template for template, path in FILES.items()}
    if taken := [path for path in files if path.exists()]:
        raise ActionRefused(f"there is {taken[0].relative_to(root)} already; nothing was written")
    machine = "".join(word.capitalize() for word in name.split("_"))
    changed = {
        root / REGISTRY: _registered(
            (root / REGISTRY).read_text(encoding="utf-8"),
            f"from machines.shop.{name} import {machine}",
            machine,
            "machine",
        ),
        root / CATALOGUE: _registered(
            (root / CATALOGUE).read_text(encoding="utf-8"), f"from tools.shop.{name} import {name}", name, "tool"
        ),
    }
    values = {
        "name": name,
        "machine": machine,
        "title": name.replace("_", " ").capitalize(),
        "clause": name.upper().replace("_", "-"),
    }
    templates = Environment(
        loader=FileSystemLoader(Path(__file__).parent / "skeleton"),
        undefined=StrictUndefined,
        autoescape=False,  # noqa: S701 - it is Python and Markdown that is written
    )
    for path, template in files.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(templates.get_template(template).render(values).rstrip() + "\n", encoding="utf-8")
    for path, text in changed.items():
        path.write_text(text, encoding="utf-8")
    return [*files, *changed]


def _registered(source: str, imported: str, entry: str, what: str) -> str:
    """The file with one import more, and one entry more before the line that says where new ones go."""
    lines = source.splitlines(keepends=True)
    goal = f"# A new {what} goes above this line.\n"
    mark = next((number for number, line in enumerate(lines) if line.lstrip() == goal), None)
    if mark is None:
        raise ActionRefused(f"the line {goal.strip()!r} is missing; nothing was written")
    lines.insert(mark, lines[mark].replace(goal, f"{entry},\n"))
    package = imported.split()[1].partition(".")[0]
    imports = [number for number, line in enumerate(lines) if re.match(rf"from {package}[. ]", line)]
    # In the order that the linter wants.
    end = next(number for number in range(imports[-1], len(lines)) if not lines[number].strip())
    place = next((number for number in imports if lines[number] > imported), end)
    lines.insert(place, f"{imported}\n")
    return "".join(lines)
