"""Tickets become cases: anonymous, each once, and not before a person has confirmed what is right."""

import csv
import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from evals.cases import Case
from evals.jsonl import read_lines
from worker.cli.eval import evaluate

ORDERS = {"orders": [{"order_id": "#W7120045", "status": "pending", "placed_on": "2026-05-11", "total": "39.90"}]}
TEXT = "Hello, my name is Priya Nair. Cancel {} please, write to priya@example.org. Thanks, Priya Nair"
COLUMNS = ("text=body", "did=resolution", "order_id=order", "did.cancel=Refunded", "did.hand_over=Passed on")


def tickets(path: Path, *rows: tuple[str, str, str]) -> Path:
    """What a help desk exports: an order's id, what came of it, and the order that it was about."""
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["id", "body", "resolution", "order", "facts"])
        for number, (order, did, about) in enumerate(rows):
            facts = json.dumps(ORDERS).replace("#W7120045", order)
            writer.writerow([number, TEXT.format(order), did, about, facts])
    return path


def run(*arguments: str | Path, said: str = "") -> tuple[int, str]:
    done = CliRunner().invoke(evaluate, [str(one) for one in arguments], input=said, env={"COLUMNS": "200"})
    return done.exit_code, done.output


def imported(folder: Path, *rows: tuple[str, str, str]) -> tuple[Path, str]:
    out = folder / "candidates.jsonl"
    columns = [one for column in COLUMNS for one in ("--column", column)]
    code, told = run(
        "import", tickets(folder / "t.csv", *rows), "--action", "order_cancellation", *columns, "--out", out
    )
    assert code == 0, told
    return out, told


def test_tickets_become_candidates_without_anything_personal_and_each_once(tmp_path: Path) -> None:
    rows = [("#W7120045", "Refunded", "#W7120045"), ("#W5550123", "refunded", "#W5550123"), ("#W1", "Passed on", "")]
    out, told = imported(tmp_path, *rows, ("#W2", "", ""))
    cancelled, passed_on = read_lines(out, Case)
    assert "1 tickets say the same as another one. Left out: 1 without what people did" in told
    assert (cancelled.events, cancelled.arguments) == (("cancel",), {"order_id": "#W0000001"})
    assert (passed_on.events, passed_on.unconfirmed) == (("hand_over",), "what people did")
    for personal in ("Priya", "Nair", "example.org", "7120045", "5550123", "2026-05-11"):
        assert personal not in out.read_text(encoding="utf-8")


def test_only_what_a_person_has_confirmed_is_a_case(tmp_path: Path) -> None:
    rows = [("#W7120045", "Refunded", "#W7120045"), ("#W1", "Passed on", ""), ("#W22", "Passed on", "")]
    out, _ = imported(tmp_path, *rows)
    code, told = run("run", "--cases", out, "--endpoint", "http://127.0.0.1:1/v1", "--model", "none")
    assert (code, "3 of these are candidates that nobody has confirmed" in told) == (2, True), told
    kept = tmp_path / "confirmed.jsonl"
    code, told = run("confirm", out, "--out", kept, said="y\nexplode\ncancel\nq\n")
    assert code == 0, told
    assert "Suggested from what people did: cancel, order_id #W0000001" in told
    assert "no such event: explode" in told
    first, second = read_lines(kept, Case)
    assert (first.events, first.arguments, first.unconfirmed) == (("cancel",), {"order_id": "#W0000001"}, "")
    assert (second.events, second.arguments, second.unconfirmed) == (("cancel",), {}, "")
    (left,) = read_lines(out, Case)
    assert left.unconfirmed == "what people did"


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        ([("#W1", "Exploded", "")], "row 2: no such event: Exploded"),
        ([("#W1", "Passed on", "#W1")], "no argument of a right event: order_id"),
    ],
)
def test_a_row_that_makes_no_case_is_named(rows: list[tuple[str, str, str]], words: str, tmp_path: Path) -> None:
    path = tickets(tmp_path / "t.csv", *rows)
    columns = [one for column in COLUMNS for one in ("--column", column)]
    code, told = run("import", path, "--action", "order_cancellation", *columns, "--out", tmp_path / "out.jsonl")
    assert code == 2
    assert words in told
    assert "Priya" not in told


@pytest.mark.parametrize(
    ("column", "words"),
    [("text=words", "has no column words; it has id, body"), ("text", "maps nothing; expected NAME=COLUMN")],
)
def test_a_column_that_is_not_there_is_told_with_those_that_are(column: str, words: str, tmp_path: Path) -> None:
    path = tickets(tmp_path / "t.csv", ("#W1", "cancel", ""))
    code, told = run("import", path, "--action", "order_cancellation", "--column", column)
    assert code == 2
    assert words in " ".join(told.replace("│", " ").split())
