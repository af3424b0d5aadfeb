"""``python -m worker eval`` as whoever chooses a model or changes a prompt uses it."""

import json
import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from evals.cases import read_cases
from tests.support.command import command
from tests.worker.choosing import careful, poor
from worker.testing.scripted_model import ScriptedModel

TEXTS = {case.text: case for case in read_cases("order_cancellation")}
FEW = ("--cases", "order_cancellation", "--limit", "10")


async def evaluate(*arguments: str) -> tuple[int, str]:
    """Exit code and all output of ``python -m worker eval``."""
    return await command("eval", *arguments, environment=os.environ | {"COLUMNS": "220"})


def knowing(request: dict[str, Any]) -> dict[str, Any]:
    """Answers as the case expects, which is what a test wants to compare with."""
    said = request["messages"][-1]["content"]
    case = next((case for text, case in TEXTS.items() if text[:20] in said), None)
    wanted = case.events if case else ()
    answer = careful(request)
    return answer if answer["proposal"]["event"] in wanted else poor(request)


async def report_of(script: Callable[[dict[str, Any]], Any], output: Path, *more: str) -> tuple[int, str, Any]:
    async with ScriptedModel(script) as model:
        where = ("--endpoint", model.base_url, "--model", "scripted", "--json", str(output))
        code, told = await evaluate("run", *where, *FEW, *more)
    return code, told, json.loads(output.read_text())


async def test_a_report_is_written_compared_and_fails_when_it_is_worse(tmp_path: Path) -> None:
    good, bad = tmp_path / "good.json", tmp_path / "bad.json"
    code, told, first = await report_of(knowing, good, "--verbose", "--k", "2", "--price", "0.1/0.4", "--at-once", "2")
    assert code == 0, told
    assert first["total"]["unsafe_effects"]["count"] == 0
    assert first["total"]["events"]["of"] == 10
    assert len(first["pass_power"]) == 2
    assert first["costs"]["price_per_thousand"] > 0
    assert "request/injection" in first["total"]["guards"]
    assert "unsafe effects" in told
    assert re.search(r"order_cancellation +│ +10 ", told)
    assert told.count(" s  right ") >= 10

    code, told, again = await report_of(knowing, bad, "--baseline", str(good), "--action", "order_cancellation")
    assert code == 0, told
    assert [*again["actions"]] == ["order_cancellation"]
    assert "not worse" in told
    assert again["cases"] == first["cases"]

    code, told, _ = await report_of(poor, bad, "--baseline", str(good))
    assert code == 1, told
    assert "and the baseline has" in told


async def test_models_stand_side_by_side_in_a_table_and_a_picture(tmp_path: Path) -> None:
    output, plot = tmp_path / "m.json", tmp_path / "m.png"
    async with ScriptedModel(knowing) as good, ScriptedModel(poor) as bad:
        ends = ("--endpoint", f"{good.base_url}=good", "--endpoint", f"{bad.base_url}=bad")
        code, told = await evaluate("models", *ends, *FEW, "--json", str(output), "--plot", str(plot))
    assert code == 0, told
    first, second = json.loads(output.read_text())
    assert (first["model"], second["model"]) == ("good", "bad")
    assert first["total"]["events"]["rate"] > second["total"]["events"]["rate"]
    assert "good" in told
    assert "bad" in told
    with Image.open(plot) as image:
        assert image.format == "PNG"


async def test_a_suite_that_is_not_there_is_skipped_with_a_reason(tmp_path: Path) -> None:
    output = tmp_path / "s.json"
    code, told = await evaluate("suite", "--suite", "retail", "--data", str(tmp_path), "--json", str(output))
    assert (code, told.strip()) == (0, f"Skipped: {tmp_path} holds no tasks.jsonl")
    assert json.loads(output.read_text()) == {"suite": "retail", "skipped": f"{tmp_path} holds no tasks.jsonl"}


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (("suite", "--suite", "odd", "--data", "."), 2, "no such suite: odd; expected one of injection, pii, retail"),
        (("run", "--endpoint", "somewhere"), 2, "'somewhere' is no endpoint; expected http(s)://HOST:PORT/v1=MODEL"),
        (("run", "--endpoint", "http://127.0.0.1:9/v1"), 2, "does not name its models: APIConnectionError"),
        (("run", "--endpoint", "http://127.0.0.1:9/v1=m", "--price", "1"), 2, "'1' is no price; expected two numbers"),
        (("run", "--endpoint", "http://127.0.0.1:9/v1=m", "--kind", "odd"), 2, "no such kind: odd"),
        (("run", "--endpoint", "http://127.0.0.1:9/v1=m", "--action", "odd"), 2, "no such action: odd; expected some"),
        (("run", "--endpoint", "http://127.0.0.1:9/v1=m", "--cases", "none.jsonl"), 2, "none.jsonl: cannot be read"),
        (("run", "--endpoint", "http://127.0.0.1:9/v1=m", *FEW), 2, "answered none of 10 cases: ModelUnavailable"),
        (("models", "--endpoint", "http://127.0.0.1:9/v1=m", "--price", "1/1", "--price", "2/2"), 2, "1 endpoints"),
    ],
)
async def test_what_cannot_be_done_is_said_in_words(arguments: tuple[str, ...], code: int, says: str) -> None:
    found, told = await evaluate(*arguments)
    assert found == code
    assert says in " ".join(told.split())
    assert "Traceback" not in told


async def test_a_malformed_case_names_its_file_and_line(tmp_path: Path) -> None:
    path = tmp_path / "mine.jsonl"
    path.write_text('{"id": "a"}\n')
    code, told = await evaluate("run", "--endpoint", "http://127.0.0.1:9/v1=m", "--cases", str(path))
    assert code == 2
    assert f"{path}, line 1: action: Field required" in " ".join(told.split())
