"""Passages that public bodies wrote, and questions put to them: how well they are found, and when none is.

The data lies beside the checkout, and comes with figures of other ways (its README); here are the goals for ours.
"""

import json
from pathlib import Path
from typing import Any

import pytest

from evals.suites.choice import measure_suite
from worker.cli.evaluating import empty_database

DATA = Path(__file__).parents[3] / "shared" / "data" / "retrieval"


@pytest.mark.heavy
@pytest.mark.timeout(3600)
@pytest.mark.skipif(not DATA.is_dir(), reason=f"the outside set of passages is not at {DATA}")
def test_passages_are_found_and_what_nothing_answers_is_refused() -> None:
    figures: dict[str, Any] = json.loads(json.dumps(measure_suite("retrieval", DATA, empty_database)))
    found = figures["by_kind"]
    english, german = found["answerable/en"], found["answerable/de"]
    assert english["hit@3"] >= 0.70
    assert english["mrr"] >= 0.60
    assert german["hit@3"] >= 0.72
    assert german["mrr"] >= 0.63
    assert min(english["kept"], german["kept"]) >= 0.90
    assert found["unanswerable-far/en"]["refused"] >= 0.85
    assert found["unanswerable-near/en"]["refused"] >= 0.40
    # As well as the first question of a conversation, with what was said before.
    assert found["follow-up/en"]["mrr"] >= 0.55
