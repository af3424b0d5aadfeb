"""Contracts kept at :mod:`tests.support.rest_system`, and tools for them that are made of declarations alone."""

from dataclasses import replace
from typing import Annotated, Literal

from pydantic import BaseModel, Field

from leverframe.contracts.plan import PlannedCall
from tools.base import Arguments, Toolbox
from tools.credential import ServiceAccount
from tools.http.answers import Answers, Told, changed
from tools.http.api import Api
from tools.http.changing import Change, changes
from tools.http.creating import Creation, creates
from tools.http.reading import Reading, reads
from tools.http.safeguards import (
    Compared,
    IdempotencyKey,
    IfMatch,
    Marker,
    Repeatable,
    SentOnce,
    VersionField,
)
from tools.http.system import HttpSystem

PATH = "/contracts/C-1"
Conflicts = IfMatch | VersionField | Compared
KEY, ETAG = IdempotencyKey(), IfMatch()
Same = IdempotencyKey | Repeatable | SentOnce
Delivery = Literal["daily", "weekend", "never"]


class Contracts(HttpSystem):
    MISSING = "no contracts here"


API = Api(system=Contracts, credential=ServiceAccount(states="owner", owner="owner"), rule="CONTRACTS", code="reason")


class Contract(Told):
    id: str
    delivery: Delivery
    version: int


class Found(Told):
    found: tuple[Contract, ...]


class Own(Arguments):
    delivery: str | None = None


class Deliver(Arguments):
    id: str
    delivery: Delivery


class End(Arguments):
    id: str


class Write(Arguments):
    id: str
    text: Annotated[str, Field(max_length=200)]


class Receipt(Told):
    id: str
    delivery: Delivery
    version: int


class Letter(Told):
    id: str


class Text(BaseModel):
    text: str


ITEM = Reading(path="/contracts/{id}", answer=Contract)
LISTED = Reading(path="/contracts", query={"marker": "{subject}", "delivery": "{delivery}"}, answer=Found, each="found")
MARKED = Marker(field="mark", path="/contracts/{id}/letters", query={"marker": "{marker}"}, each="found")


def deliver(same: Same, conflicts: Conflicts) -> Change[Deliver, Contract]:
    return Change(
        method="PATCH",
        path="/contracts/{id}",
        of="contracts.delivery",
        arguments=Deliver,
        key=("id",),
        reading=ITEM,
        becomes=lambda asked, now: changed(now, {"delivery": asked.delivery}),
        same=same,
        conflicts=conflicts,
        receipt=Receipt,
    )


def end(same: Same) -> Change[End, Contract]:
    return Change(
        method="DELETE",
        path="/contracts/{id}",
        of="contracts",
        arguments=End,
        key=("id",),
        reading=ITEM,
        becomes=lambda asked, now: None,
        same=same,
        conflicts=Compared(),
    )


def write(same: IdempotencyKey | Marker | SentOnce) -> Creation[Write]:
    return Creation(
        path="/contracts/{id}/letters",
        of="contracts.letters",
        arguments=Write,
        key=("id",),
        about=ITEM,
        body=lambda asked: Text(text=asked.text),
        same=same,
        receipt=Letter,
    )


def tools(
    same: Same = KEY,
    conflicts: Conflicts = ETAG,
    letters: IdempotencyKey | Marker | SentOnce = MARKED,
) -> Toolbox:
    """The tools, with what the system is taken to know."""
    api = replace(API, answers=Answers(moved=frozenset({409, 412}))) if isinstance(conflicts, VersionField) else API
    box = Toolbox().add(reads("contracts.list", api, LISTED, Own)).add(reads("contracts.read", api, ITEM, End))
    box.add(changes("contracts.deliver", api, deliver(same, conflicts)))
    box.add(changes("contracts.end", api, end(same)))
    return box.add(creates("contracts.write", api, write(letters)))


def planned(tool: str, key: str = "doing#1", **arguments: object) -> PlannedCall:
    call = {"call": "doing", "key": key, "tool": f"contracts.{tool}", "arguments": arguments}
    return PlannedCall.model_validate(call)


def delivering(id: str = "C-1", delivery: str = "weekend") -> PlannedCall:
    return planned("deliver", id=id, delivery=delivery)
