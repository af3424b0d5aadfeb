"""The key service is away: told as that by everything that is asked, and nothing is lost by it."""

from collections.abc import Awaitable, Callable

import pytest

from leverframe import KeyServiceUnreachable, Leverframe, NoAnswer, Outcome
from leverframe.key_service import KeyService
from leverframe.subject_keys import SubjectKeys
from tests.support.rig import Rig
from tests.workflows.test_settling import code
from worker.testing.serving import reader

SOON = 3.0


async def test_the_key_service_away_is_told_as_that(rig: Rig) -> None:
    status, ended = await rig.waiting(), await rig.waiting()
    await rig.operator.reject(ended.action_id, code(ended))
    await rig.result(ended.action_id)
    people = rig.people
    assert people is not None
    there, people._source = people._source, KeyService("http://127.0.0.1:9", "token")
    rig.forget_keys()
    without = Leverframe(rig.client, within=SOON)
    # A service that has the keys, while those who run the actions do not.
    with_keys = Leverframe(reader(rig.client, SubjectKeys(there)), within=SOON)
    asked: list[Callable[[], Awaitable[object]]] = [
        lambda: without.status(status.action_id),
        lambda: without.status(ended.action_id),
        lambda: without.result(ended.action_id),
        lambda: without.approve(status.action_id, code(status)),
        lambda: rig.start(),
        lambda: with_keys.status(ended.action_id),
    ]
    for ask in asked:
        with pytest.raises(KeyServiceUnreachable, match=r"the key service at http://127\.0\.0\.1:9 does not answer"):
            await ask()
    # Whether this counts is not known: it was sent.
    with pytest.raises(NoAnswer, match=r"those who run it cannot read or write now: .*the key service at"):
        await with_keys.approve(status.action_id, code(status))
    for ask in (lambda: with_keys.status(status.action_id), lambda: with_keys.result(status.action_id)):
        with pytest.raises(KeyServiceUnreachable, match="try again"):
            await ask()
    people._source = there
    outcome = await rig.client.get_workflow_handle(status.action_id, result_type=Outcome).result()
    assert outcome.kind == "done"
    assert len(await rig.kinds(status.action_id, "effect")) == 2
