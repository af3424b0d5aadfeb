"""The API does what its OpenAPI document says, and nothing else: a client that knows the document alone asks it."""

import asyncio
from collections import Counter
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis import Case, GenerationMode
from schemathesis.core.result import Ok
from schemathesis.openapi import from_url

from tests.support.api import CANCEL, bearer, served
from tests.support.rig import BO, Rig


@pytest.mark.parametrize("requests", [60, pytest.param(2000, marks=pytest.mark.heavy)])
async def test_no_answer_is_undocumented_and_none_is_a_failure_of_ours(rig: Rig, requests: int) -> None:
    known = [(await rig.waiting()).action_id, await rig.start(subject=BO)]
    async with served(rig) as address:
        answers = await asyncio.to_thread(drive, address, known, requests)
    assert sum(answers.values()) >= requests
    assert {200, 201, 401, 403, 404, 409, 422} <= answers.keys()
    assert not any(code >= 500 for code in answers)


def drive(address: str, known: list[str], requests: int) -> Counter[int]:
    """Send what the document allows and what it does not; returns how often each status came."""
    document = from_url(f"{address}/openapi.json")
    answers: Counter[int] = Counter()
    operations = [found.ok() for found in document.get_all_operations() if isinstance(found, Ok)]
    assert len(operations) == len(list(document.get_all_operations()))
    tag = f"{requests}-"  # The server is shared with other stories, which have other keys.
    for operation in operations:

        def ask(case: Case[Any], signed_in: bool) -> None:
            answer = case.call(base_url=address, headers=bearer() if signed_in else {})
            answers[answer.status_code] += 1
            case.validate_response(answer)

        allowed = operation.as_strategy(generation_mode=GenerationMode.POSITIVE)
        not_allowed = operation.as_strategy(generation_mode=GenerationMode.NEGATIVE)
        meant = st.builds(meaning, allowed, st.sampled_from([*known, known[0], None]), st.just(tag))
        often = settings(
            max_examples=requests // len(operations) // 2 + 1,
            deadline=None,
            database=None,
            derandomize=True,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        for cases in (meant, not_allowed):
            often(given(case=cases, signed_in=st.sampled_from([True, True, False]))(ask))()
    return answers


def meaning(case: Case[Any], action_id: str | None, tag: str) -> Case[Any]:
    """The case about an action that there is, and without long waits; with ``None``, as it came but for the waits."""
    if "until" in case.query:
        case.query["within"] = 1
    if action_id is not None and "action_id" in case.path_parameters:
        case.path_parameters["action_id"] = action_id
    if isinstance(case.body, dict) and "request_id" in case.body:
        case.body["request_id"] = f"{tag}{case.body['request_id']}"[:128]
    if action_id is not None and isinstance(case.body, dict) and "action" in case.body:
        case.body["action"] = CANCEL
    return case
