"""LEVERFRAME_MODELS: a file that says something else than what runs here is refused before anything is asked."""

import json
from pathlib import Path

import pytest

from machines.registry import machines
from worker.actions.model_check import ModelMismatch, check_models
from worker.settings.base import SettingsError
from worker.settings.models import Models, load_models

TEXT = """
currency = "EUR"
[endpoints.small]
url = "http://vllm:8000/v1"
model = "Qwen/Qwen2.5-7B-Instruct"
revision = "a09a354"
evaluation = "small.json"
key_file = "small.key"
input_price = 0.1
output_price = 0.3
[endpoints.large]
url = "https://gateway.example.com/v1"
model = "big"
revision = "2026-11-01"
evaluation = "large.json"
[routes]
default = ["small", "large"]
"payment_refund.deciding" = ["large"]
"""


def read(folder: Path, text: str = TEXT) -> Models:
    file = folder / "models.toml"
    file.write_text(text, encoding="utf-8")
    return Models.read(file)


def evaluated(folder: Path, name: str, model: str, revision: str, *, without: str = "") -> None:
    found = {"model": model, "revision": revision, "actions": {one: {} for one in machines() if one != without}}
    (folder / f"{name}.json").write_text(json.dumps(found))


def test_a_file_gives_endpoints_keys_prices_and_routes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "small.key").write_text("secret\n")
    read(tmp_path)
    monkeypatch.setenv("LEVERFRAME_MODELS", str(tmp_path / "models.toml"))
    models = load_models()
    routes = models.routing()
    assert [one.name for one in routes.default] == ["small", "large"]
    assert [one.name for one in routes.of("payment_refund", "deciding")] == ["large"]
    assert routes.default[0].key() == "secret"
    assert (models.currency, routes.default[0].micros(1_000_000, 1_000_000)) == ("EUR", 400_000)


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (("url =", "uri ="), "endpoints.small.uri"),
        (('"small", "large"', '"small", "lrge"'), "there is no endpoint 'lrge'; expected some of small, large"),
        (('["large"]', "[]"), "in the order in which they are asked"),
        (("default =", "other_thing ="), "default is missing"),
        (("http://vllm", "ftp://vllm"), "endpoints.small.url"),
        (("0.1", "-1"), "endpoints.small.input_price"),
        (("input_price = 0.1", "timeout = 150"), "may take 210 s, one after the other"),
        (("[routes]", "[routes"), "Expected"),
    ],
)
def test_a_file_that_cannot_be_understood_is_refused(tmp_path: Path, change: tuple[str, str], expected: str) -> None:
    with pytest.raises(SettingsError, match="LEVERFRAME_MODELS: ") as refused:
        read(tmp_path, TEXT.replace(*change))
    assert expected in str(refused.value)


def test_an_endpoint_without_its_key_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"endpoints\.small\.key_file: .*small\.key holds no key"):
        read(tmp_path).routing()


def test_a_model_is_asked_only_for_what_it_was_evaluated_for(tmp_path: Path) -> None:
    evaluated(tmp_path, "small", "Qwen/Qwen2.5-7B-Instruct", "a09a354")
    evaluated(tmp_path, "large", "big", "2026-11-01")
    check_models(machines(), read(tmp_path))
    evaluated(tmp_path, "large", "big", "2026-11-01", without="order_return")
    with pytest.raises(ModelMismatch, match=r"large \(big, revision 2026-11-01\) has no evaluation for order_return"):
        check_models(machines(), read(tmp_path))
    evaluated(tmp_path, "large", "big", "2026-10-01")
    with pytest.raises(ModelMismatch, match=r"large\.json is of 'big' at revision '2026-10-01'"):
        check_models(machines(), read(tmp_path))
    (tmp_path / "large.json").unlink()
    with pytest.raises(ModelMismatch, match=r"large\.json cannot be read .*python -m worker eval run --endpoint"):
        check_models(machines(), read(tmp_path))


def test_a_route_of_a_state_that_no_machine_has_is_refused(tmp_path: Path) -> None:
    evaluated(tmp_path, "small", "Qwen/Qwen2.5-7B-Instruct", "a09a354")
    evaluated(tmp_path, "large", "big", "2026-11-01")
    with pytest.raises(ModelMismatch, match=r"payment_refund\.reading: no machine here has that decision"):
        check_models(machines(), read(tmp_path, TEXT.replace("refund.deciding", "refund.reading")))
