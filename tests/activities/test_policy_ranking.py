"""Which clauses bear on a message: BM25, measured against PostgreSQL's full text over the same clauses."""

import time
import tomllib
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from pydantic import RootModel
from sqlalchemy import text

from activities.policy import load_policy
from activities.policy.clauses import read_policy
from activities.policy.ranking import Ranking, terms
from activities.texts import folders
from evals.jsonl import read_lines
from tools.scope import create_engine
from worker.testing.postgres import Database

MESSAGES: dict[str, dict[str, str]] = tomllib.loads(
    (Path(__file__).parent / "policy_messages.toml").read_text(encoding="utf-8")
)
OWN = [(message, {clause}) for cases in MESSAGES.values() for message, clause in cases.items()]
TASKS = Path(__file__).parents[3] / "shared" / "data" / "retail" / "tasks.jsonl"
CALLS = {
    "cancel_pending_order": {"CANCEL-PENDING"},
    "return_delivered_order_items": {"RETURN-DELIVERED"},
    "exchange_delivered_order_items": {"EXCHANGE-DELIVERED"},
    "modify_pending_order_items": {"MODIFY-ITEMS"},
    "modify_pending_order_address": {"MODIFY-ADDRESS"},
    "modify_pending_order_payment": {"MODIFY-PAYMENT"},
}
"""The clause behind each right call of the outside tasks."""

Labelled = list[tuple[str, set[str]]]

# The message's words, any of which may match: a message is no list of things that must all be there.
FULL_TEXT = """
    WITH asked AS (
        SELECT string_agg(quote_literal(lexeme), ' | ')::tsquery AS query
        FROM unnest(to_tsvector(CAST(:configuration AS regconfig), :message))
    )
    SELECT id FROM clauses, asked
    WHERE to_tsvector(CAST(:configuration AS regconfig), words) @@ query
    ORDER BY ts_rank_cd(to_tsvector(CAST(:configuration AS regconfig), words), query, 1) DESC, id
"""


def outside() -> Labelled:
    """Customers of the retail tasks that want one kind of thing done: long stories, in English, by other hands."""
    if not TASKS.is_file():
        pytest.skip("the outside data are not here")
    tasks = [row.root for row in read_lines(TASKS, RootModel[dict[str, Any]])]
    wanted = [(task["instruction"], {call["name"] for call in task["actions"]} & CALLS.keys()) for task in tasks]
    return [(text, CALLS[calls.pop()]) for text, calls in wanted if len(calls) == 1]


async def hits(nearest: Callable[[str], Awaitable[list[str]]], labelled: Labelled, name: str) -> tuple[float, float]:
    """Shares of the messages whose clause is first, and among the first three; prints both and the time."""
    started = time.perf_counter()
    ranks = [(await nearest(message), right) for message, right in labelled]
    each = (time.perf_counter() - started) / len(ranks) * 1000
    first, third = (sum(bool(right & set(found[:k])) for found, right in ranks) / len(ranks) for k in (1, 3))
    print(f"{name}: hit@1 {first:.2f}, hit@3 {third:.2f}, {each:.2f} ms, {len(ranks)} messages")
    return first, third


async def bm25(message: str) -> list[str]:
    return [clause.id for clause in load_policy().nearest(message)]


def test_each_message_is_about_a_clause_that_there_is() -> None:
    assert set().union(*(right for _, right in OWN), *CALLS.values()) <= load_policy().clauses.keys()


@pytest.mark.parametrize(
    ("labelled", "least"), [(lambda: OWN, (0.80, 0.94)), (outside, (0.15, 0.78))], ids=["own", "outside"]
)
async def test_bm25_finds_the_clause_and_full_text_finds_fewer(
    database: Database, labelled: Callable[[], Labelled], least: tuple[float, float]
) -> None:
    """Why it is BM25: full text stems one language at a time, cuts no Chinese, and needs a login to the database."""
    cases, engine = labelled(), create_engine(database.owner_url)
    try:
        async with engine.begin() as connection:
            await connection.execute(text("CREATE TEMPORARY TABLE clauses (id text, words text)"))
            for entry in (entry for entry in read_policy(folders()["shop"] / "policies").entries if entry.words):
                row = {"id": entry.clause.id, "words": entry.searched}
                await connection.execute(text("INSERT INTO clauses VALUES (:id, :words)"), row)

            async def full_text(configuration: str, message: str) -> list[str]:
                found = await connection.execute(text(FULL_TEXT), {"configuration": configuration, "message": message})
                return list(found.scalars())

            english = await hits(lambda message: full_text("english", message), cases, "full text, english")
            simple = await hits(lambda message: full_text("simple", message), cases, "full text, simple")
    finally:
        await engine.dispose()
    first, third = await hits(bm25, cases, "BM25")
    assert (first >= least[0], third >= least[1]) == (True, True)
    assert first > max(english[0], simple[0])
    assert third > max(english[1], simple[1])


@pytest.mark.parametrize("language", ["en", "de", "fr", "es", "zh"])
def test_no_language_that_the_clauses_have_words_for_falls_behind(language: str) -> None:
    found = [
        clause in [c.id for c in load_policy().nearest(message)][:3] for message, clause in MESSAGES[language].items()
    ]
    assert sum(found) >= 0.9 * len(found)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("cancelled", "Cancellation!"),
        ("storniere", "STORNIEREN"),
        ("dirección", "direccion"),
        ("ＣＡＮＣＥＬ", "cancel"),
        ("请取消订单", "取消"),
        ("취소해", "취소"),
    ],
)
def test_words_meet_across_endings_accents_and_unspaced_writing(one: str, other: str) -> None:
    assert set(terms(one)) & set(terms(other))


@pytest.mark.parametrize("message", ["", "   ", "!!!", "🙂", "zzzzz qqqqq"])
def test_a_message_without_a_known_word_finds_nothing(message: str) -> None:
    assert load_policy().nearest(message) == []


def test_of_equal_texts_the_first_stays_first_and_rare_words_count_more() -> None:
    ranking = Ranking({"b": "order lamp", "a": "order lamp", "c": "order"})
    assert ranking.nearest("lamp") == ["b", "a"]
    assert ranking.nearest("order lamp")[:2] == ["b", "a"]


def test_a_policy_without_texts_ranks_nothing() -> None:
    assert Ranking({}).nearest("cancel") == []
