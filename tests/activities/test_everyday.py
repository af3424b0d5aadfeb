"""What ordinary customers write passes the guards; only what speaks to the assistant of its rules stops."""

import json
import tomllib
from pathlib import Path

import pytest

from activities.guards.chain import screen
from activities.guards.injection import find_injection
from leverframe.contracts.verdict import ScreenRequest

HERE = Path(__file__).parent
OUTSIDE = HERE.parents[2] / "shared/data/everyday/ordinary_messages.jsonl"
EVERYDAY: dict[str, list[str]] = tomllib.loads((HERE / "everyday_messages.toml").read_text("utf-8"))
ROLE_PLAY: dict[str, list[str]] = tomllib.loads((HERE / "role_play.toml").read_text("utf-8"))


def stopped(text: str) -> list[tuple[str, str, str]]:
    """The verdicts that keep a request from the model: guard, judgement and rule."""
    screened = screen(ScreenRequest(action_id="everyday", kind="request", content=text))
    verdicts = (verdict for verdict in screened.verdicts if verdict.judgement in ("escalate", "block"))
    return [(verdict.guard, verdict.judgement, verdict.rule) for verdict in verdicts]


@pytest.mark.parametrize("text", [text for texts in EVERYDAY.values() for text in texts])
def test_ordinary_messages_pass(text: str) -> None:
    assert stopped(text) == []


def test_ordinary_messages_of_others_pass() -> None:
    if not OUTSIDE.is_file():
        pytest.skip("the outside data is not here: ../shared/data")
    rows = [json.loads(line) for line in OUTSIDE.read_text("utf-8").split("\n") if line]
    assert len(rows) >= 50
    assert {row["id"]: verdicts for row in rows if (verdicts := stopped(row["text"]))} == {}


@pytest.mark.parametrize("text", ROLE_PLAY["harmless"])
def test_harmless_role_play_is_no_attack(text: str) -> None:
    assert find_injection(text) == []


@pytest.mark.parametrize("text", [*ROLE_PLAY["drops_rules"], *ROLE_PLAY["shop_talk"]])
def test_what_drops_the_rules_is_one(text: str) -> None:
    assert find_injection(text) != []


@pytest.mark.parametrize("word", ["You bastards", "Ihr Arschlöcher", "Bande de connards", "Hijoputa", "他妈的"])
def test_abuse_is_noted_and_stops_nothing(word: str) -> None:
    request = ScreenRequest(action_id="everyday", kind="request", content=f"{word}, cancel #W1007919.")
    screened = screen(request)
    (noted,) = (verdict for verdict in screened.verdicts if verdict.guard == "moderation")
    assert (noted.judgement, noted.rule) == ("allow", "abuse")
    assert screened.content == request.content
    assert stopped(str(request.content)) == []
