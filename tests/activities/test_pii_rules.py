"""Rules are data; a file that says something the guard would not do is refused."""

from pathlib import Path

import pytest

from activities.guards.pii_rules import FILE, load_rules

RULE = '[[rules]]\nid = "a"\nlabel = "phone"\n'


def refused(tmp_path: Path, rules: str) -> str:
    """What is said about the rule file with other rules in it."""
    head = FILE.read_text(encoding="utf-8").partition("[[rules]]")[0]
    file = tmp_path / "rules.toml"
    file.write_text(head + rules, encoding="utf-8")
    with pytest.raises(ValueError, match=r"\S") as error:
        load_rules(file)
    return str(error.value)


def test_every_rule_of_the_file_is_loaded_with_its_version() -> None:
    loaded = load_rules()
    assert loaded.version
    numbers = {"email", "phone", "card", "iban", "national_id", "passport", "bank_account"}
    assert {rule.label for rule in loaded.rules} == {*numbers, "birth_date", "ip_address"}
    assert len({rule.id for rule in loaded.rules}) == len(loaded.rules)


def test_a_rule_that_cannot_work_is_refused_by_name(tmp_path: Path) -> None:
    assert "rule a: no cue ['moon']" in refused(tmp_path, f'{RULE}pattern = "1"\ncue = "moon"')
    assert "rule a: no fragment %moon%" in refused(tmp_path, f"{RULE}pattern = '%moon%'")
    assert "'moon.dust' is neither a check" in refused(tmp_path, f'{RULE}pattern = "1"\ncheck = "moon.dust"')
    assert "two rules have the id a" in refused(tmp_path, f'{RULE}pattern = "1"\n{RULE}pattern = "2"')
    assert "moon" in refused(tmp_path, f'{RULE}pattern = "1"\nmoon = 1')
    assert "rule a" in refused(tmp_path, f"{RULE}pattern = '('")
