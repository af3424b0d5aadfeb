"""The dashboards and the rules of docker/, read as what they are: data."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

ROOT = Path(__file__).parents[2]
GRAFANA = ROOT / "docker" / "grafana"
RULES = ROOT / "docker" / "prometheus" / "rules"

Json = dict[str, Any]


def read_yaml(path: Path) -> Json:
    loaded: Json = YAML(typ="safe", pure=True).load(path)
    return loaded


def dashboards() -> list[Json]:
    return [json.loads(path.read_text(encoding="utf-8")) for path in sorted((GRAFANA / "dashboards").glob("*.json"))]


def panels() -> Iterator[tuple[str, Json]]:
    """Every panel, under the name of its dashboard and its own."""
    for dashboard in dashboards():
        for panel in dashboard["panels"]:
            yield f"{dashboard['title']} / {panel['title']}", panel


def rules(kind: str) -> list[Json]:
    """``alert`` or ``record``: the rules of all groups of that kind."""
    groups = [group for path in sorted(RULES.glob("*.yaml")) for group in read_yaml(path)["groups"]]
    return [rule for group in groups for rule in group["rules"] if kind in rule]


def queries() -> Iterator[tuple[str, str, str]]:
    """Each PromQL query of the dashboards and the rules: where it stands, it, and the texts that show its labels."""
    for dashboard in dashboards():
        for variable in dashboard["templating"]["list"]:
            if variable["type"] == "query":
                metric, label = variable["query"]["query"].removeprefix("label_values(").removesuffix(")").split(", ")
                yield f"{dashboard['title']} / {variable['name']}", f"sum by ({label}) ({metric})", ""
    for where, panel in panels():
        for target in panel["targets"]:
            if panel["datasource"]["type"] == "prometheus":
                yield where, target["expr"], target.get("legendFormat", "")
    for rule in rules("alert"):
        yield rule["alert"], rule["expr"], " ".join(rule["annotations"].values())
    for rule in rules("record"):
        yield rule["record"], rule["expr"], ""
