"""A prompt or a clause that changed has a new version: what a ledger entry names can be looked up for good.

When a test here fails, raise the version in the file and add it with its hash to ``versions.toml``. What stands
there stays as it is once it has been released.
"""

import hashlib
import tomllib
from pathlib import Path

from activities.policy import load_policy
from activities.prompts.prompt import load_prompt
from activities.texts import folders

PROMPTS = folders()["shop"] / "prompts"

STORED = tomllib.loads((Path(__file__).parent / "versions.toml").read_text(encoding="utf-8"))


def test_each_prompt_is_what_its_version_was() -> None:
    prompts = [load_prompt(path.stem) for path in sorted(PROMPTS.glob("*.md"))]
    assert {prompt.id: STORED["prompts"].get(prompt.id, {}).get(str(prompt.version)) for prompt in prompts} == {
        prompt.id: prompt.hash for prompt in prompts
    }


def test_each_clause_is_what_its_version_was() -> None:
    clauses = load_policy().clauses.values()
    assert {clause.id: STORED["clauses"].get(clause.id, {}).get(str(clause.version)) for clause in clauses} == {
        clause.id: hashlib.sha256(clause.text.encode()).hexdigest()[:12] for clause in clauses
    }


def test_no_version_is_skipped_and_the_newest_is_in_use() -> None:
    current = {clause.id: clause.version for clause in load_policy().clauses.values()}
    current |= {path.stem: load_prompt(path.stem).version for path in PROMPTS.glob("*.md")}
    for name, versions in [*STORED["prompts"].items(), *STORED["clauses"].items()]:
        assert sorted(map(int, versions)) == list(range(1, len(versions) + 1)), name
        assert current.get(name, len(versions)) == len(versions), f"{name} went back to an older version"
