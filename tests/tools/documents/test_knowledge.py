"""What a company's documents say: kept in versions, found by words and meaning, cited in plans, each user's own."""

from collections.abc import AsyncIterator
from datetime import date

import pytest

from leverframe.contracts.names import CITE, PASSAGES
from leverframe.contracts.plan import PlannedCall
from tests.support.two_customers import Action, Sql
from tools.documents.kept import Document, Kept, prepare
from tools.documents.meaning import Meaning
from tools.documents.reading import as_html
from tools.documents.taking import take_in
from tools.errors import ToolRefused
from tools.outside import Outside
from worker.testing.postgres import Database

RETURNS = """# Sending things back

## By card

Money for what was paid by card goes back to that card within five working days after the parcel has arrived here.

## Broken on arrival

Whatever arrives broken is replaced free of charge. Send a picture within two weeks, and keep the packaging.
"""
GARDEN = "# Watering plants\n\nWater the plants in the office on Mondays and Thursdays, less in winter."
ANNS = "# Note on Ann Lee\n\nShe was promised a discount of ten percent on her next lamp, as her parcel was late twice."


def document(name: str, subject: str | None = None) -> Document:
    return Document(name, name.title(), f"{name}.md", date(2026, 11, 2), "Customer care", subject, "english")


@pytest.fixture
async def documents(database: Database) -> Database:
    prepare(database.owner_url)
    meaning = Meaning()
    for name, text, subject in (
        ("returns", RETURNS, None),
        ("garden", GARDEN, None),
        ("note", ANNS, "ann_lee_1001"),
        ("bobs", ANNS.replace("Ann Lee", "Bob Ray"), "bob_ray_1002"),
    ):
        await take_in(
            database.owner_url, meaning, document(name, subject=subject), as_html(f"{name}.md", text.encode())
        )
    await meaning.close()
    return database


@pytest.fixture
async def reader(action: Action, documents: Database) -> AsyncIterator[Action]:
    meaning = Meaning()
    action.outside = Outside(meaning)
    yield action
    await meaning.close()


async def asked(reader: Action, *messages: str) -> list[dict[str, str]]:
    call = PlannedCall(call="looking", key="looking#1", tool=PASSAGES, arguments={"messages": list(messages)})
    found = (await reader.run(call)).output["passages"]
    assert isinstance(found, list)
    return found  # type: ignore[return-value]


async def test_a_question_is_answered_by_the_passage_that_means_it(reader: Action) -> None:
    first, *_ = await asked(reader, "When does the money come back to my card?")
    assert first["cited"] == "returns#sending-things-back-by-card@1"
    assert (first["dated"], first["owner"], first["source"]) == ("2026-11-02", "Customer care", "returns.md")
    first, *_ = await asked(reader, "Something arrived broken. Is it replaced free of charge?")
    assert first["cited"] == "returns#sending-things-back-broken-on-arrival@1"
    assert await asked(reader, "How far is the moon from the earth?") == []


async def test_a_document_about_a_person_is_read_in_that_persons_actions_alone(reader: Action) -> None:
    found = await asked(reader, "Was I promised a discount on my next lamp?")
    assert found[0]["cited"] == "note#note-on-ann-lee@1"
    assert "Bob" not in str(found)


async def test_a_passage_that_changes_makes_another_plan(reader: Action, documents: Database, sql: Sql) -> None:
    call = PlannedCall(
        call="citing", key="citing#1", tool=CITE, arguments={"passages": ["returns#sending-things-back-by-card@1"]}
    )
    plan = await reader.preview(call)
    (change,) = plan.calls[0].changes
    assert change.table == "documents.citations"
    assert change.after
    assert (change.after["version"], change.after["dated"]) == (1, "2026-11-02")
    meaning = Meaning()
    newer = RETURNS.replace("five", "nine").encode()
    kept = await take_in(documents.owner_url, meaning, document("returns"), as_html("returns.md", newer))
    assert kept == Kept(version=2, new=0, changed=1, gone=0)
    assert (await reader.run(call, plan)).status == "stale"
    renewed = await reader.preview(call)
    assert renewed.calls[0].changes[0].after["version"] == 2  # type: ignore[index]
    assert (await reader.run(call, renewed)).output == {"cited": ["returns#sending-things-back-by-card@2"]}
    assert await sql("SELECT passage, version FROM leverframe.citations") == [
        ("returns#sending-things-back-by-card", 2)
    ]
    same = await take_in(documents.owner_url, meaning, document("returns"), as_html("returns.md", newer))
    assert same == Kept(version=2, new=0, changed=0, gone=0)
    await take_in(documents.owner_url, meaning, document("returns"), as_html("returns.md", GARDEN.encode()))
    with pytest.raises(ToolRefused, match="not in force any more"):
        await reader.preview(call)
    await meaning.close()


async def test_where_there_are_no_documents_nothing_is_found(action: Action) -> None:
    assert await asked(action, "When will I have my refund?") == []
