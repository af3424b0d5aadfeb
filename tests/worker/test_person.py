"""A person asks what is recorded about them: all of it, readable, and nothing of anybody else."""

import json
import os
from pathlib import Path
from typing import Any

import pytest

from leverframe.pseudonym import subject_of
from tests.support.command import command
from tests.support.rig import MIA, Rig
from worker.codec.server import serving
from worker.keys.service import KeyServer
from worker.testing.keys import PAYLOAD_RING
from worker.testing.serving import KEY_SERVICE_TOKEN

SAID = "cancel my lamp, I no longer need it. Thanks, Mia Berg. mia@example.org"
OTHERS = "please cancel it all, says Yusuf Rossi of yusuf@example.org"


async def asked(rig: Rig, folder: Path, who: str, out: Path) -> tuple[int, str]:
    async with serving(KeyServer(rig.keys, KEY_SERVICE_TOKEN).app(), "127.0.0.1", 0) as address:
        own = {
            "LEVERFRAME_KEY_SERVICE_URL": address,
            "LEVERFRAME_KEY_SERVICE_TOKEN": KEY_SERVICE_TOKEN,
            "TEMPORAL_ADDRESS": rig.client.service_client.config.target_host,
            "LEVERFRAME_AUDITOR_DATABASE_URL": rig.database.auditor_url,
            "LEVERFRAME_PAYLOAD_KEYS": PAYLOAD_RING,
            "LEVERFRAME_STATE_DIR": str(folder),
            "COLUMNS": "300",
        }
        return await command("person", who, str(out), environment=os.environ | own, folder=folder)


async def test_everything_about_one_person_is_written_and_nothing_of_anybody_else(rig: Rig, tmp_path: Path) -> None:
    waiting = await rig.waiting(SAID)
    assert waiting.plan is not None
    await rig.operator.approve(waiting.action_id, waiting.plan.code)
    reply = (await rig.result(waiting.action_id)).reply
    other = await rig.start(OTHERS, subject="yusuf_rossi_9620", action="order_cancellation")
    await rig.service.result(other)
    who, out = subject_of(waiting.action_id) or "", tmp_path / "mia"
    code, told = await asked(rig, tmp_path, who, out)
    assert code == 0, told
    found: dict[str, Any] = json.loads((out / "everything.json").read_text())
    (action,) = found["actions"]
    rows = await rig.sql(
        "SELECT count(*) AS entries FROM leverframe.ledger WHERE action_id LIKE :whose", whose=f"%-{who}-%"
    )
    assert len(action["entries"]) == rows[0]["entries"] > 10
    assert all("body" in entry for entry in action["entries"])
    measured: dict[str, Any] = {}
    for entry in action["entries"]:
        measured |= entry["body"].get("measured", {})
    assert measured["language"] == "en"
    assert measured.keys() == {"characters", "language", "unknown_words", "toxicity", "relevance"}
    assert found["words"][waiting.action_id] == {"you wrote": [SAID], "you were told": [reply]}
    assert sorted(file.suffix for file in out.iterdir()) == [".html", ".json"]
    assert all(file.stat().st_mode & 0o777 == 0o600 for file in out.iterdir())
    everything = "".join(file.read_text() for file in out.iterdir())
    for foreign in ("usuf", "Rossi", subject_of(other) or "-", "biscuit"):
        assert foreign not in everything
    assert MIA not in everything
    code, told = await asked(rig, tmp_path, who, out)
    assert code == 2
    assert "is there already" in told


@pytest.mark.parametrize(("who", "code", "said"), [("Mia Berg", 2, "is no pseudonym"), ("0" * 16, 1, "Nothing is")])
async def test_who_is_nobody_here_gets_nothing(rig: Rig, tmp_path: Path, who: str, code: int, said: str) -> None:
    found, told = await asked(rig, tmp_path, who, tmp_path / "out")
    assert (found, said in told) == (code, True), told
    assert not (tmp_path / "out").exists()
