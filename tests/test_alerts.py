"""The alert rules: each says what is wrong and where the help is, and fires when it should and at no other time."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.support.shown import ROOT, RULES, Json, read_yaml, rules

PAGE = (ROOT / "docs" / "observability.md").read_text(encoding="utf-8")
STORIES = Path(__file__).with_name("alerts.promtool.yaml")
ALERTS = {rule["alert"]: rule for rule in rules("alert")}


@pytest.mark.parametrize("rule", ALERTS.values(), ids=list(ALERTS))
def test_an_alert_says_what_is_wrong_and_leads_to_what_to_do(rule: Json) -> None:
    told = rule["annotations"]
    assert len(told["summary"]) < 80
    assert told["description"].endswith(".")
    assert rule["labels"]["severity"] in ("warning", "critical")
    page, _, anchor = told["runbook"].partition("#")
    assert (page, anchor) == ("docs/observability.md", rule["alert"].lower())


def test_the_page_explains_every_alert_and_no_other() -> None:
    explained = re.findall(r"^### (\w+)$", PAGE, re.MULTILINE)
    assert sorted(explained) == sorted(ALERTS)
    assert len(explained) == len(set(explained))


def test_every_alert_has_a_story_in_which_it_fires() -> None:
    told = [case for story in read_yaml(STORIES)["tests"] for case in story.get("alert_rule_test", ())]
    assert {case["alertname"] for case in told if case.get("exp_alerts")} == set(ALERTS)


def test_the_alerts_fire_in_their_stories_and_on_no_calm_day() -> None:
    """As Prometheus evaluates them: its own promtool runs the stories."""
    promtool = shutil.which("promtool")
    if promtool is None:
        pytest.skip("promtool is not installed here; Debian has it in the package prometheus")
    for command in (["check", "rules", *map(str, sorted(RULES.glob("*.yaml")))], ["test", "rules", str(STORIES)]):
        done = subprocess.run([promtool, *command], capture_output=True, text=True, timeout=120)
        assert done.returncode == 0, done.stdout + done.stderr
