"""How well passages are found: a folder with ``passages.jsonl`` and questions whose passages somebody has marked.

Of passages ``{"id", "text", "title", "document", "lang"}``, of questions ``{"text", "lang", "passages", "kind",
"history"?}``: a kind that begins with ``unanswerable`` is to be refused, whatever else has no passages is left out.
"""

import asyncio
import statistics
import time
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from pydantic import BaseModel
from sqlalchemy.ext.asyncio import AsyncSession

from audit.rates import Rate
from evals.jsonl import read_lines
from evals.suites.figures import Figures
from tools.documents.cutting import Piece
from tools.documents.kept import Document, prepare
from tools.documents.language import CONFIGURATIONS, OTHER
from tools.documents.meaning import NAME, Meaning
from tools.documents.searching import ranked
from tools.documents.taking import take_in_pieces
from tools.scope import create_engine

DEPTH = 100
"""How many passages count for the mean reciprocal rank."""
QUESTIONS = ("questions*.jsonl", "extra/followups*.jsonl")


class PassageRow(BaseModel):
    id: str
    text: str
    title: str
    document: str
    lang: str


class QuestionRow(BaseModel):
    text: str
    lang: str = "en"
    passages: tuple[str, ...]
    kind: str
    history: tuple[str, ...] = ()


@dataclass(frozen=True)
class Question:
    text: str
    lang: str
    kind: str
    passages: frozenset[str]
    before: tuple[str, ...] = ()
    """What the same person wrote before it."""


@dataclass(frozen=True)
class Answered:
    """What became of a question."""

    question: Question
    rank: int
    """Of the first passage that answers it; 0 where none of the first hundred does."""
    kept: bool
    ms: float


def measure(folder: Path, owner_url: str) -> Figures:
    """Ranks, refusals and times over a folder, in a database that is empty before; raises MalformedData."""
    questions = [one for pattern in QUESTIONS for file in sorted(folder.glob(pattern)) for one in _questions(file)]
    return asyncio.run(_measure(folder / "passages.jsonl", questions, owner_url))


async def _measure(passages: Path, questions: Sequence[Question], owner_url: str) -> Figures:
    prepare(owner_url)
    meaning, engine = Meaning(), create_engine(owner_url)
    try:
        for document, pieces in _documents(passages):
            await take_in_pieces(owner_url, meaning, document, pieces)
        async with AsyncSession(engine) as session:
            return figures([await _ask(session, meaning, question) for question in questions])
    finally:
        await meaning.close()
        await engine.dispose()


async def _ask(session: AsyncSession, meaning: Meaning, question: Question) -> Answered:
    began = time.perf_counter()
    found = await ranked(session, meaning, [*question.before, question.text], DEPTH)
    ms = (time.perf_counter() - began) * 1000
    # The data's own ids stand behind the document's.
    ids = [one.id.partition("#")[2] for one in found.passages]
    rank = next((place for place, id in enumerate(ids, 1) if id in question.passages), 0)
    return Answered(question, rank, found.answers, ms)


def figures(answered: Sequence[Answered]) -> Figures:
    """By kind and language: ``hit@k``, ``mrr`` and ``kept``; of what nothing answers ``refused``."""
    groups = defaultdict[str, list[Answered]](list)
    for one in answered:
        groups[f"{one.question.kind}/{one.question.lang}"].append(one)
    return {
        "suite": "retrieval",
        "version": NAME,
        "p50_ms": round(statistics.median(one.ms for one in answered), 1) if answered else None,
        "by_kind": {name: _group(some) for name, some in sorted(groups.items())},
    }


def _group(some: Sequence[Answered]) -> Figures:
    kept = Rate(count=sum(one.kept for one in some), of=len(some))
    if not some[0].question.passages:
        return {"questions": len(some), "refused": round(1 - kept.rate, 3)} if kept.rate is not None else {}
    hits = {f"hit@{most}": round(sum(0 < one.rank <= most for one in some) / len(some), 3) for most in (1, 3, 10)}
    mrr = round(sum(1 / one.rank for one in some if one.rank) / len(some), 3)
    return {"questions": len(some), **hits, "mrr": mrr, "kept": round(kept.count / kept.of, 3)}


def _documents(file: Path) -> Iterable[tuple[Document, list[Piece]]]:
    cut = defaultdict[tuple[str, str], list[Piece]](list)
    for row in read_lines(file, PassageRow):
        cut[row.document, row.lang].append(Piece(f"{row.document}#{row.id}", row.title, row.text))
    for (name, lang), pieces in cut.items():
        language = CONFIGURATIONS.get(lang, OTHER)
        yield Document(name, name, file.name, date(2000, 1, 1), "outside", language=language), pieces


def _questions(file: Path) -> Iterable[Question]:
    for row in read_lines(file, QuestionRow):
        if row.passages or row.kind.startswith("unanswerable"):
            before = tuple(turn.partition(":")[2] for turn in row.history if turn.startswith("user:"))
            yield Question(row.text, row.lang, row.kind, frozenset(row.passages), before)
