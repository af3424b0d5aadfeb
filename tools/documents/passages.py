"""The engine's tools for documents: what they say about the user's words, and that a plan rests on them."""

from dataclasses import asdict
from typing import Annotated

from pydantic import Field
from sqlalchemy import text

from leverframe.contracts.names import CITE, PASSAGES
from tools.base import Arguments, CallContext, Result, tool
from tools.documents.meaning import Meaning
from tools.documents.searching import current, ranked
from tools.errors import ToolRefused

MOST = 3
"""How many passages are given to the model: people read them, too."""
MOST_CITED = 10
IN_FORCE = "passage-in-force"
"""The rule that a plan rests on what the documents say now."""
TABLES = text("SELECT to_regclass('leverframe.passages') IS NOT NULL")
CITED = text("""INSERT INTO leverframe.citations (id, subject, passage, version, heading, body, source, dated, owner)
    VALUES (:number, :subject, :id, :version, :heading, :body, :source, :dated, :owner)""")


class Asked(Arguments):
    messages: Annotated[list[str], Field(min_length=1)]
    """What the user has written, oldest first; a later one is read with those before it."""


class Told(Result):
    """One passage."""

    cited: str
    """Its id and version."""
    heading: str
    body: str
    source: str
    dated: str
    owner: str


class Passages(Result):
    passages: list[Told]
    """Best first; none where no passage says anything about it."""


class Cited(Arguments):
    passages: Annotated[list[str], Field(min_length=1, max_length=MOST_CITED)]
    """Ids with versions, as ``cited`` tells them."""


class Rests(Result):
    """Which passages it rests on, as they are in force."""

    cited: list[str]


@tool(PASSAGES, effect="read")
async def passages(call: CallContext, arguments: Asked) -> Passages:
    """What the documents say about the user's words, as far as this user's action may read them."""
    if not (await call.session.execute(TABLES)).scalar():
        return Passages(passages=[])
    found = await ranked(call.session, call.outside.reach(Meaning), arguments.messages, MOST)
    if not found.answers:
        return Passages(passages=[])
    return Passages(
        passages=[
            Told(
                cited=one.cited, heading=one.heading, body=one.body,
                source=one.source, dated=one.dated, owner=one.owner,
            )
            for one in found.passages
        ]
    )  # fmt: skip


@tool(CITE, effect="destructive")
async def cite(call: CallContext, arguments: Cited) -> Rests:
    """Put the passages that a plan rests on into it, as they are in force: with what they say, source and date.

    Where one changes while the plan waits, the plan is another one, and is shown to people anew.
    """
    rests = []
    for cited in dict.fromkeys(arguments.passages):
        id = cited.rpartition("@")[0]
        passage = await current(call.session, id)
        if passage is None:
            raise ToolRefused(f"the passage {id} is not in force any more", IN_FORCE)
        await call.session.execute(CITED, asdict(passage) | {"number": call.derive_id(), "subject": call.subject})
        rests.append(passage.cited)
    return Rests(cited=rests)
