"""Finds the passages that answer a question, by words and by meaning, among those that its session may read."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncSession

from tools.documents.meaning import NAME, Meaning
from tools.documents.ranking import DEPTH, SURE, fused

ASKED = 2000
"""Characters of a question that are looked for, the newest."""

# BM25 (Robertson and Zaragoza 2009) with the usual 1.2, and half of the usual weight of a passage's length: passages
# are cut to be about equally long. Each language for itself, with its stems and stop words, as PostgreSQL knows them.
# What was said before the newest message counts half.
BY_WORDS = text("""WITH kept AS (
        SELECT language, count(*) AS texts, avg(length) AS mean FROM leverframe.passages
        WHERE until IS NULL GROUP BY language
    ), found AS (
        SELECT w.passage, w.times, kept.texts, kept.mean,
            CASE WHEN 'A' = ANY (asked.weights) THEN 1 ELSE 0.5 END AS counts,
            count(*) OVER (PARTITION BY w.language, w.word) AS with_it
        FROM kept, unnest(setweight(to_tsvector(kept.language, :earlier), 'D')
            || setweight(to_tsvector(kept.language, :newest), 'A')) AS asked
        JOIN leverframe.passage_words w ON w.word = asked.lexeme
        WHERE w.language = kept.language
    ) SELECT f.passage FROM found f JOIN leverframe.passages p ON p.number = f.passage
    GROUP BY f.passage
    ORDER BY sum(f.counts * ln(1 + (f.texts - f.with_it + 0.5) / (f.with_it + 0.5))
        * f.times * 2.2 / (f.times + 1.2 * (0.5 + 0.5 * p.length / f.mean))) DESC, f.passage
    LIMIT :depth""")
BY_MEANING = text("""SELECT number, 1 - (meaning <=> CAST(:meaning AS vector)) AS likeness FROM leverframe.passages
    WHERE until IS NULL AND model = :model ORDER BY meaning <=> CAST(:meaning AS vector), number LIMIT :depth""")
PASSAGES = """SELECT p.number, p.id, p.version, p.heading, p.body, d.source, d.dated, d.owner
    FROM leverframe.passages p JOIN leverframe.documents d ON d.id = p.document AND d.version = p.document_version"""
READ = text(f"""{PASSAGES}
    WHERE p.number = ANY (:numbers)""")
CURRENT = text(f"""{PASSAGES}
    WHERE p.id = :id AND p.until IS NULL""")


@dataclass(frozen=True)
class Passage:
    """A passage, with where it is from."""

    id: str
    version: int
    heading: str
    body: str
    source: str
    dated: str
    """ISO 8601."""
    owner: str

    @property
    def cited(self) -> str:
        """How it is named in arguments and in the ledger: ``returns#refunds-by-card@3``."""
        return f"{self.id}@{self.version}"


@dataclass(frozen=True)
class Ranked:
    """What was found, best first, whether or not it answers the question."""

    passages: tuple[Passage, ...]
    likeness: float
    """Cosine of the question and the passage that is nearest by meaning; -1 where there is no passage."""

    @property
    def answers(self) -> bool:
        """Whether the nearest is near enough to be an answer."""
        return self.likeness >= SURE


async def ranked(session: AsyncSession, meaning: Meaning, messages: Sequence[str], most: int) -> Ranked:
    """The best passages for what somebody wrote, oldest message first; raises MeaningUnknown."""
    *_, newest = messages
    asked = "\n".join(messages)[-ASKED:]
    said = {"newest": newest[-ASKED:], "earlier": "\n".join(messages[:-1])[-ASKED:], "depth": DEPTH}
    asking = asyncio.create_task(meaning.of("query", [asked]))
    try:
        words = (await session.execute(BY_WORDS, said)).scalars().all()
    except BaseException:
        asking.cancel()
        raise
    (vector,) = await asking
    given = {"meaning": str(vector), "model": NAME, "depth": DEPTH}
    near = (await session.execute(BY_MEANING, given)).all()
    best = fused([row.number for row in near], words)[:most]
    rows = {row.number: row for row in (await session.execute(READ, {"numbers": best})).all()}
    return Ranked(
        tuple(_passage(rows[number]) for number in best),
        near[0].likeness if near else -1.0,
    )


async def current(session: AsyncSession, id: str) -> Passage | None:
    """The passage of that id as it is in force; ``None`` where there is none, or it is somebody else's."""
    row = (await session.execute(CURRENT, {"id": id})).one_or_none()
    return _passage(row) if row else None


def _passage(row: Row[Any]) -> Passage:
    return Passage(row.id, row.version, row.heading, row.body, row.source, row.dated.isoformat(), row.owner)
