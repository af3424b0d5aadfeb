"""Ledger bodies: byte for byte as they were when each writer made its own, and refused where they are none."""

import json
from pathlib import Path
from typing import get_args

import pytest
from pydantic import JsonValue

from leverframe.contracts.entries import (
    KINDS,
    Answered,
    Body,
    Decided,
    Effected,
    Judged,
    Part,
    Planned,
    Withdrawn,
    read,
)
from leverframe.contracts.entry import EntryKind, Malformed
from leverframe.contracts.plan import PlannedCall
from leverframe.contracts.verdict import Verdict
from leverframe.digest import canonical

RECORDED = [
    (line["kind"], line["body"])
    for line in map(json.loads, (Path(__file__).parent / "entries.jsonl").read_text().strip().split("\n"))
]
"""What real actions wrote before there were models of it: each kind, with and without what is optional."""


def test_every_kind_has_a_model_and_an_example() -> None:
    assert set(KINDS) == set(get_args(EntryKind)) == {kind for kind, _ in RECORDED}


@pytest.mark.parametrize(("kind", "body"), RECORDED, ids=[kind for kind, _ in RECORDED])
def test_what_was_recorded_is_written_again_byte_for_byte(kind: str, body: dict[str, JsonValue]) -> None:
    assert canonical(read(kind, body).written()) == canonical(body)


DONE = Effected(planned=PlannedCall(call="c", key="c#1", tool="t", arguments={}), digest="d", plan="p", changes=())
CALL = '"planned":{"arguments":{},"call":"c","key":"c#1","tool":"t"}'
LEFT_OUT: list[tuple[Body, str]] = [
    (Answered(accepted=True), '{"accepted":true,"reason":null}'),
    (Withdrawn(accepted=True, by="shop"), '{"accepted":true,"by":"shop"}'),
    (Withdrawn(accepted=False), '{"accepted":false,"by":null}'),
    (Withdrawn(accepted=False, reason="no"), '{"accepted":false,"by":null,"reason":"no"}'),
    (Part(action="a", action_id="a/1"), '{"action":"a","action_id":"a/1"}'),
    (Part(action="a", action_id="a/1", outcome="done"), '{"action":"a","action_id":"a/1","outcome":"done"}'),
    (Planned(calls=(DONE.call,), digest="p"), '{"calls":[{"changes":[],"digest":"d",' + CALL + '}],"digest":"p"}'),
    (Planned(calls=(), digest="p", money="1 USD"), '{"calls":[],"digest":"p","money":"1 USD"}'),
    (
        DONE,
        '{"answers":[],"approvals":[],"changes":[],"digest":"d","output":{},"plan":"p",' + CALL + ',"token":""}',
    ),
    (
        DONE.model_copy(update={"pending": True}),
        '{"answers":[],"approvals":[],"changes":[],"digest":"d","output":{},"pending":true,"plan":"p",'
        + CALL
        + ',"token":""}',
    ),
    (
        Judged.of(Verdict(guard="pii", version="5", judgement="allow", rule="none", reason="nothing found")),
        '{"evidence":[],"guard":"pii","judgement":"allow","reason":"nothing found","rule":"none","version":"5"}',
    ),
    (
        Decided(choice="reject", accepted=False, seconds=33.0),
        '{"accepted":false,"amount":null,"approver":null,"choice":"reject","digest":null,"hasty":false,"note":null,'
        '"reason":null,"seconds":33}',
    ),
]


@pytest.mark.parametrize(("body", "written"), LEFT_OUT, ids=[body.kind for body, _ in LEFT_OUT])
def test_what_a_writer_leaves_out_is_written_as_ever(body: Body, written: str) -> None:
    assert canonical(body.written()).decode() == written


@pytest.mark.parametrize(("kind", "body"), RECORDED, ids=[kind for kind, _ in RECORDED])
def test_what_a_newer_version_adds_is_left_out_and_anything_else_is_refused(
    kind: str, body: dict[str, JsonValue]
) -> None:
    assert read(kind, {**body, "newer": [1]}) == read(kind, body)
    needed = [name for name, field in KINDS[kind].model_fields.items() if field.is_required()]
    hostile: JsonValue = [{"secret\x1b[31m": "secret"}]
    deep: JsonValue = []
    for _ in range(5000):
        deep = [deep]
    for name in needed:
        for wrong in (7.5, deep, hostile):
            with pytest.raises(Malformed, match=f"its body is not that of a {kind}: .*{name}") as refused:
                read(kind, {**body, name: wrong})
            assert "secret" not in str(refused.value)
        with pytest.raises(Malformed, match=f"{name}: Field required"):
            read(kind, {key: value for key, value in body.items() if key != name})


def test_a_kind_that_is_not_known_is_refused() -> None:
    with pytest.raises(Malformed, match="no entry of this kind is known here; known are started, "):
        read("strike\x1b[31m", {})
