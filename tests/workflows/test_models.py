"""Actions with several models: who answered is recorded, and what every attempt has cost."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from temporalio.testing import WorkflowEnvironment

from leverframe.contracts.names import ROLES
from tests.support.rig import BOS, Rig, cancel, open_rig
from tests.support.sandbox import replay
from worker.settings.models import Models
from worker.testing.postgres import Database
from worker.testing.scripted_model import Behaviour, Raw, ScriptedModel
from worker.testing.serving import serving
from worker.testing.waiting import until

AWAY = Raw(b"", status=503)
FILE = """
[endpoints.small]
url = "{small}"
model = "small-1.5b"
revision = "a1"
input_price = 1
output_price = 10
[endpoints.large]
url = "{large}"
model = "large-70b"
revision = "b2"
input_price = 20
output_price = 200
[routes]
default = ["small", "large"]
"""


class Counting:
    """A model server that keeps its own books: what it has said that its answers cost."""

    def __init__(self, *answers: Behaviour, tokens: tuple[int, int]) -> None:
        """``answers`` in order, the last again and again; each that is an object takes so many tokens."""
        self._answers = answers
        self._tokens = tokens
        self.asked = self.read = self.written = 0

    def __call__(self, request: dict[str, Any]) -> Behaviour:
        answer = self._answers[min(self.asked, len(self._answers) - 1)]
        self.asked += 1
        if not isinstance(answer, dict):
            return answer
        read, written = self._tokens
        self.read, self.written = self.read + read, self.written + written
        return counted(answer, read, written)


def counted(content: dict[str, Any], read: int, written: int) -> Raw:
    """A completion that says how many tokens it took."""
    import json

    message = {"role": "assistant", "content": json.dumps(content)}
    usage = {"prompt_tokens": read, "completion_tokens": written}
    choice = {"index": 0, "finish_reason": "stop", "message": message}
    return Raw(json.dumps({"model": "what it likes", "choices": [choice], "usage": usage}).encode())


@asynccontextmanager
async def models(
    temporal: WorkflowEnvironment, database: Database, folder: Path, small: Counting, large: Counting
) -> AsyncIterator[Rig]:
    async with (
        open_rig(temporal, database, roles=()) as rig,
        ScriptedModel(small) as first,
        ScriptedModel(large) as second,
    ):
        file = folder / "models.toml"
        file.write_text(FILE.format(small=first.base_url, large=second.base_url))
        async with serving(rig.client, replace(rig.settings, model=Models.read(file)), ROLES):
            yield rig


async def attempts(rig: Rig, action_id: str) -> dict[str, tuple[int, int, int, int]]:
    """By endpoint, what the ledger says: attempts, tokens read and written, millionths of a dollar."""
    found: dict[str, tuple[int, int, int, int]] = {}
    for entry in await rig.kinds(action_id, "attempt"):
        before = found.get(entry["endpoint"], (0, 0, 0, 0))
        said = (entry["times"], entry["input_tokens"], entry["output_tokens"], entry["micros"])
        found[entry["endpoint"]] = tuple(map(sum, zip(before, said, strict=True)))  # type: ignore[assignment]
    return found


async def test_the_second_answers_where_the_first_is_down_and_the_ledger_says_so(
    temporal: WorkflowEnvironment, database: Database, tmp_path: Path
) -> None:
    small, large = Counting(AWAY, tokens=(0, 0)), Counting(cancel(), tokens=(800, 40))
    async with models(temporal, database, tmp_path, small, large) as rig:
        action_id = (await rig.waiting()).action_id
        await until(lambda: rig.kinds(action_id, "plan"), bool)
        (proposal,) = await rig.kinds(action_id, "proposal")
        assert [proposal[name] for name in ("endpoint", "model", "revision")] == ["large", "large-70b", "b2"]
        failed, answered = await rig.kinds(action_id, "attempt")
        assert "status 503" in failed["failed"]
        assert (answered["said"], answered["decision"]) == ("what it likes", "deciding#1")
        assert await attempts(rig, action_id) == {"small": (1, 0, 0, 0), "large": (1, 800, 40, 24_000)}
        await replay(rig.client, action_id)


async def test_the_ledger_adds_up_to_what_the_servers_have_counted(
    temporal: WorkflowEnvironment, database: Database, tmp_path: Path
) -> None:
    # Illegal, then away and illegal no more; then both away until the third try.
    small = Counting(cancel(BOS), AWAY, AWAY, AWAY, tokens=(500, 30))
    large = Counting(AWAY, AWAY, AWAY, cancel(), tokens=(800, 40))
    async with models(temporal, database, tmp_path, small, large) as rig:
        action_id = (await rig.waiting()).action_id
        await until(lambda: rig.kinds(action_id, "plan"), bool)
        told = await attempts(rig, action_id)
        assert told == {
            "small": (small.asked, small.read, small.written, 500 * 1 + 30 * 10),
            "large": (large.asked, large.read, large.written, 800 * 20 + 40 * 200),
        }
        assert small.asked > 2, "both were away for a while, which was waited for"


async def test_where_no_model_is_of_use_what_they_cost_is_recorded_all_the_same(
    temporal: WorkflowEnvironment, database: Database, tmp_path: Path
) -> None:
    small, large = Counting({"no": "proposal"}, tokens=(500, 30)), Counting(cancel(BOS), tokens=(800, 40))
    async with models(temporal, database, tmp_path, small, large) as rig:
        action_id = await rig.start()
        assert (await rig.result(action_id)).kind == "handed_over"
        told = await attempts(rig, action_id)
        assert (told["small"][:3], told["large"][:3]) == ((1, 500, 30), (1, 800, 40))
