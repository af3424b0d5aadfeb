"""``python -m worker eval suite``: any valid JSON lines are read, and what is wrong with others is said in words."""

import json
from pathlib import Path

import pytest

from tests.evals.test_cli import evaluate

UNUSUAL = "a\u2028b\u2029c\x85d\x1ce\x1df\x1eg\x0bh\x0ci"
"""Characters at which ``str.splitlines`` splits, and JSON lines do not."""
INJECTION = {"id": "1", "source": "s", "kind": "talk", "label": 0, "text": f"Where is my parcel? {UNUSUAL}"}
PII = {"id": "1", "source": "s", "text": f"Where is my parcel? {UNUSUAL}", "spans": []}
TASK = {"task_id": "1", "instruction": f"Cancel my lamp. {UNUSUAL}"}
CASE = {
    "case_id": f"1{UNUSUAL}",
    "kind": "wrong",
    "as_user": "ann",
    "call": {"name": "cancel_pending_order", "arguments": {"order_id": "#W0000001", "reason": "no longer needed"}},
    "expected": "deny",
}


def line(row: object) -> str:
    # What JSON must escape within strings is escaped; U+2028 and the like may stand as they are.
    return json.dumps(row, ensure_ascii=False)


async def suite(name: str, folder: Path) -> tuple[int, str]:
    code, told = await evaluate("suite", "--suite", name, "--data", str(folder))
    assert "Traceback" not in told, told
    return code, " ".join(told.split())


def fill(folder: Path, name: str, content: bytes) -> Path:
    """A folder of the suite's form whose first file holds that content."""
    file = folder / {"injection": "texts.jsonl", "pii": "texts.jsonl", "retail": "tasks.jsonl"}[name]
    file.write_bytes(content)
    if name == "retail":
        (folder / "decision_cases.jsonl").write_text(f"{line(CASE)}\n", "utf-8")
        (folder / "db.json").write_text('{"orders": {}}')
    return file


ROWS = {"injection": INJECTION, "pii": PII, "retail": TASK}


@pytest.mark.parametrize("name", ROWS)
@pytest.mark.parametrize(
    ("before", "end"),
    [("", "\n"), ("", "\r\n"), ("\ufeff", "\n"), ("\n \n", "\n\n"), ("", "")],
    ids=["LF", "CRLF", "BOM", "empty lines", "no end"],
)
async def test_any_valid_file_is_read(name: str, before: str, end: str, tmp_path: Path) -> None:
    fill(tmp_path, name, f"{before}{line(ROWS[name])}{end}".encode())
    code, told = await suite(name, tmp_path)
    assert (code, f"{name} " in told) == (0, True), told


BAD = [
    (b"", "holds no line; expected"),
    (b"\n \r\n", "holds no line; expected"),
    (b"\xff\xfe{\x00}\x00", "expected UTF-8 text; byte 0 is not"),
    (b'{"text": "\xe9"}\n', "expected UTF-8 text; byte 10 is not"),
    (b"{} {}\n", ", line 1: the line: Invalid JSON"),
    (b"{'a': 1}\n", ", line 1: the line: Invalid JSON"),
    (b"[1]\n", ", line 1: the line: Input should be an object"),
    (b"null\n", ", line 1: the line: Input should be an object"),
    (b"[" * 100_000 + b"\n", ", line 1: the line: Invalid JSON"),
    (b'\n\n{"text": 7}\n', ", line 3: text: Input should be a valid string"),
]


@pytest.mark.parametrize(("content", "says"), BAD, ids=[says for _, says in BAD])
async def test_a_bad_file_is_told_in_words(content: bytes, says: str, tmp_path: Path) -> None:
    file = fill(tmp_path, "injection", content)
    code, told = await suite("injection", tmp_path)
    assert (code, f"{file}" in told, says in told) == (2, True, True), told


MISTAKES = [
    ("injection", {**INJECTION, "source": None}, "line 2: source: Input should be a valid string"),
    ("injection", {**INJECTION, "attack": True}, "line 2: attack: Input should be a valid string"),
    ("injection", {**INJECTION, "kind": 5}, "line 2: kind: Input should be a valid string"),
    ("injection", {**INJECTION, "label": "yes"}, "line 2: label: Input should be 0 or 1"),
    ("injection", {"label": 1, "text": "x"}, "line 2: the line: Value error, a labelled text needs its source"),
    ("pii", {**PII, "spans": [{"type": "EMAIL"}]}, "line 2: spans.0.start: Field required"),
    ("pii", {"id": "2"}, "line 2: source: Field required"),
    ("retail", {"task_id": "2"}, "line 2: instruction: Field required"),
]


@pytest.mark.parametrize(("name", "row", "says"), MISTAKES, ids=[says for *_, says in MISTAKES])
async def test_a_line_that_lacks_something_is_named(name: str, row: object, says: str, tmp_path: Path) -> None:
    fill(tmp_path, name, f"{line(ROWS[name])}\n{line(row)}\n".encode())
    code, told = await suite(name, tmp_path)
    assert (code, says in told) == (2, True), told


async def test_a_name_in_a_file_is_shown_as_it_is(tmp_path: Path) -> None:
    fill(tmp_path, "injection", line({**INJECTION, "source": "[/red]", "kind": "[bold]x"}).encode())
    code, told = await suite("injection", tmp_path)
    assert (code, "[/red]/[bold]x" in told) == (0, True), told


async def test_a_shop_that_is_no_utf_8_is_told_in_words(tmp_path: Path) -> None:
    fill(tmp_path, "retail", line(TASK).encode())
    (tmp_path / "db.json").write_bytes(b'{"orders": "\xff"}')
    code, told = await suite("retail", tmp_path)
    assert (code, f"{tmp_path / 'db.json'}: " in told) == (2, True), told
