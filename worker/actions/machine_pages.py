"""What is generated from a machine for people to read, and the pages of docs that hold it."""

import re
from collections.abc import Mapping
from pathlib import Path

from machines.base import ActionMachine
from machines.picture import diagram, table

FOLDER = Path(__file__).parents[2] / "docs" / "actions"
GENERATED = re.compile(r"(<!-- generated: (diagram|table) -->\n)(?:(?!<!-- ).)*+(<!-- end -->)", re.DOTALL)


def filled(page: str, machine: type[ActionMachine]) -> str:
    """The page with what is generated in it anew."""
    parts = {"diagram": f"```mermaid\n{diagram(machine)}\n```", "table": table(machine)}
    return GENERATED.sub(lambda found: f"{found[1]}{parts[found[2]]}\n{found[3]}", page)


def page_of(action: str, folder: Path = FOLDER) -> Path:
    """Where the page of an action is."""
    return folder / f"{action}.md"


def write_pages(machines: Mapping[str, type[ActionMachine]], folder: Path = FOLDER) -> list[str]:
    """Bring the pages of a folder up to date; returns the actions that have none."""
    missing = []
    for action, machine in sorted(machines.items()):
        path = page_of(action, folder)
        if path.is_file():
            path.write_text(filled(path.read_text(encoding="utf-8"), machine), encoding="utf-8")
        else:
            missing.append(action)
    return missing
