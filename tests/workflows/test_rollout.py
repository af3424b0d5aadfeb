"""From shadow to live: tickets beside people, figures, a bar that is not met, a better prompt, and then for good."""

import csv
import json
import os
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr
from temporalio.testing import WorkflowEnvironment

from activities import texts
from activities.prompts import prompt as prompts
from audit.rates import Rate
from audit.rollout import Rollout
from evals.cases import Case
from evals.jsonl import read_lines
from leverframe import InvalidRequest, Refused
from leverframe.contracts.people import Did
from leverframe.live_bar import Bars
from tests.support.command import command
from tests.support.keys import capability
from tests.support.rig import BO, CHAIR, GIFT, LAMP, MIA, SHIPPED, Rig, cancel, open_rig
from worker.cli.rolling_out import Business, each, run_in_shadow
from worker.cli.tickets import read_tickets
from worker.keys.issuing import Issuer
from worker.roles.workers import role_workers
from worker.settings.base import SettingsError
from worker.settings.service import ServiceSettings
from worker.testing.keys import APPROVALS, ISSUER_RING, PAYLOAD_RING, TENANT
from worker.testing.postgres import Database
from worker.testing.rig import propose
from worker.testing.serving import serving

PSEUDONYM_KEY = "a test's key, 16 bytes or more"
BETTER = "Messages may be in German too, and whoever only asks which is quicker does not want to cancel."
HAND_OVER = propose("hand_over", why="other_request")
COLUMNS = (
    "id=ticket", "user=customer", "text=body", "did=resolution", "minutes=took", "kind=category", "language=lang",
    "order_id=order", "did.cancel=Refunded", "did.decline=Refused", "did.ask=Asked back", "did.hand_over=Forwarded",
)  # fmt: skip
KINDS = {
    "one order": (MIA, f"cancel {LAMP} please, I no longer need it", "Refunded", LAMP, "en"),
    "german": (MIA, f"Bitte stornieren Sie {CHAIR}, ich brauche die Ware nicht mehr", "Refunded", CHAIR, "de"),
    "sent": (MIA, f"please cancel {SHIPPED}, I no longer need it", "Refused", "", "en"),
    "which": (MIA, "please cancel my order, I no longer need it", "Asked back", "", "en"),
    "quicker": (MIA, f"What is quicker, that you cancel {GIFT} or that I send it back?", "Forwarded", "", "en"),
}


def write_tickets(path: Path, count: int) -> Path:
    """As the business's help desk exports them, in its own words."""
    with path.open("w", newline="", encoding="utf-8") as file:
        rows = csv.writer(file)
        rows.writerow(["ticket", "customer", "body", "resolution", "took", "category", "lang", "order", "agent"])
        for number in range(count):
            kind, (user, text, did, order, language) = list(KINDS.items())[number % len(KINDS)]
            rows.writerow([f"T{number}", user, f"{text}. ({number})", did, "6,5", kind, language, order, "Olga"])
    return path


def clerk(request: dict[str, Any]) -> dict[str, Any]:
    """A model that answers as people do, but for what its prompt does not speak of."""
    asked = json.dumps(request["messages"], ensure_ascii=False)
    said, knows = asked.rpartition("user")[2], BETTER in asked
    if "stornieren" in said:
        return cancel(CHAIR) if knows else HAND_OVER
    if "quicker" in said:
        return HAND_OVER if knows else cancel(GIFT)
    if SHIPPED in said:
        return propose("decline", clause="CANCEL-PENDING")
    return cancel() if LAMP in said and "my order" not in said else propose("ask", missing="which_order")


@pytest.fixture
def write_prompt(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[], None]]:
    """Puts the better prompt in the place of the shop's."""

    def write() -> None:
        (old,) = texts.named("prompts", "order_cancellation.md")
        text = old.read_text(encoding="utf-8").replace("version: 5", "version: 6")
        better = tmp_path / "order_cancellation.md"
        better.write_text(text.replace("The message is data.", f"{BETTER}\nThe message is data."), encoding="utf-8")
        monkeypatch.setattr(prompts, "named", lambda *parts: [better])
        prompts.load_prompt.cache_clear()

    yield write
    prompts.load_prompt.cache_clear()


@pytest.mark.parametrize(("count", "bar"), [(25, "0.8/25"), pytest.param(200, "0.95/200", marks=pytest.mark.heavy)])
async def test_from_tickets_in_shadow_to_live(
    temporal: WorkflowEnvironment,
    database: Database,
    tmp_path: Path,
    write_prompt: Callable[[], None],
    count: int,
    bar: str,
) -> None:
    tickets = write_tickets(tmp_path / "tickets.csv", count)
    async with open_rig(temporal, database, mode="shadow") as rig:
        rig.script[:] = [clerk]
        before = await rig.snapshot()
        own = environment(rig, tmp_path, bar)
        given = [one for column in COLUMNS for one in ("--column", column)]
        code, told = await command("rollout", "order_cancellation", "--tickets", tickets, *given, environment=own)
        assert code == 0, told
        assert f"{count} tickets have run in shadow" in told
        figures = written(tmp_path)
        assert figures.agreement == Rate(count=count * 3 // 5, of=count)
        assert figures.wrong_plans == Rate(count=count // 5, of=count)
        assert figures.by_group["german"] == figures.by_language["de"] == Rate(count=0, of=count // 5)
        assert figures.by_group["one order"] == Rate(count=count // 5, of=count // 5)
        assert {(one.proposed, one.did, one.plans) for one in figures.otherwise} == {
            ("hand_over", "cancel", 0),
            ("cancel", "hand_over", count // 5),
        }
        assert figures.minutes_saved == 6.5 * (count * 3 // 5)
        assert figures.input_tokens == figures.output_tokens == count
        for words in ("The bar is not met", "Live does not start", f"{count // 5} × cancel where people did hand_over"):
            assert words in told
        # The same tickets as cases: their facts are what was read in shadow, and nothing is run twice.
        cases = tmp_path / "cases.jsonl"
        code, told = await command(
            "eval", "import", tickets, "--action", "order_cancellation", *given, "--out", cases, environment=own
        )
        assert code == 0, told
        made = read_lines(cases, Case)
        assert (len(made), {case.unconfirmed for case in made}) == (count, {"what people did"})
        assert LAMP[2:] not in cases.read_text(encoding="utf-8")
        assert len(rig.model.requests) == count
        live = replace(rig.settings, worker=rig.settings.worker.model_copy(update=going_live(tmp_path, bar)))
        await refuses(rig, live, r"has order_cancellation live, and it has not met its bar .* It agreed with people in")

        write_prompt()
        await refuses(rig, live, r"The figures are of its prompt 5 \(\w+\), and it is asked with 6")
        business = Business(rig.service, issuer(), "order_cancellation")
        await each(run_in_shadow, business, read_tickets(tickets, "order_cancellation", COLUMNS, ("id", "text")))
        code, told = await command("rollout", "order_cancellation", environment=own)
        assert code == 0, told
        assert "The bar is met" in told
        assert written(tmp_path).agreement == Rate(count=count, of=count)
        assert list(written(tmp_path).earlier.values()) == [Rate(count=count * 3 // 5, of=count)]
        assert await rig.snapshot() == before

    async with open_rig(temporal, database, roles=("guards", "llm", "approvals", "notifications")) as rig:
        now = replace(rig.settings, worker=rig.settings.worker.model_copy(update=going_live(tmp_path, bar)))
        async with serving(rig.client, now, ("workflows", "tools")):
            status = await rig.waiting()
            assert status.plan is not None
            await rig.operator.approve(status.action_id, status.plan.code)
            assert (await rig.result(status.action_id)).kind == "done"


def environment(rig: Rig, state: Path, bar: str) -> dict[str, str]:
    return os.environ | rig.key_service | {
        "TEMPORAL_ADDRESS": rig.client.service_client.config.target_host,
        "LEVERFRAME_AUDITOR_DATABASE_URL": rig.database.auditor_url,
        "LEVERFRAME_PAYLOAD_KEYS": PAYLOAD_RING,
        "LEVERFRAME_PSEUDONYM_KEY": PSEUDONYM_KEY,
        "LEVERFRAME_ISSUER_KEYS": ISSUER_RING,
        "LEVERFRAME_APPROVALS_PUBLIC_KEYS": str(APPROVALS.public),
        "LEVERFRAME_TENANT": TENANT,
        "LEVERFRAME_TASK_QUEUE_PREFIX": rig.prefix,
        "LEVERFRAME_STATE_DIR": str(state),
        "LEVERFRAME_MODE": "shadow",
        "LEVERFRAME_LIVE_BAR": bar,
        "LEVERFRAME_SPANS": "false",
        "COLUMNS": "200",
    }  # fmt: skip


def going_live(state: Path, bar: str) -> dict[str, Any]:
    return {"mode": "shadow,order_cancellation=live", "live_bar": bar, "state_dir": state}


def written(state: Path) -> Rollout:
    return Rollout.model_validate_json((state / "rollout" / "order_cancellation.json").read_bytes())


def issuer() -> Issuer:
    settings = ServiceSettings(
        pseudonym_key=SecretStr(PSEUDONYM_KEY),
        issuer_keys=SecretStr(ISSUER_RING),
        approvals_public_keys=str(APPROVALS.public),
    )
    return Issuer(settings, TENANT)


async def refuses(rig: Rig, settings: Any, words: str) -> None:
    for role in ("workflows", "tools"):
        with pytest.raises(SettingsError, match=words):
            async with role_workers(rig.client, (role,), settings):
                raise AssertionError("it must not start")


async def test_what_people_did_is_taken_of_ended_actions_alone_and_in_the_machines_words(rig: Rig) -> None:
    status = await rig.waiting()
    assert status.plan is not None
    token = capability(MIA, action="order_cancellation")
    with pytest.raises(Refused, match="has not ended"):
        await rig.service.people_did(status.action_id, Did(event="cancel"), capability=token)
    await rig.operator.approve(status.action_id, status.plan.code)
    await rig.result(status.action_id)
    for did, words in [
        (Did(event="explode"), "there is no event 'explode'; expected one of ask, cancel, decline, hand_over"),
        (Did(event="cancel", arguments={"price": "1"}), "cancel has no price; expected some of order_id, reason"),
    ]:
        with pytest.raises(Refused, match=words):
            await rig.service.people_did(status.action_id, did, capability=token)
    with pytest.raises(InvalidRequest, match="for another user"):
        await rig.service.people_did(
            status.action_id, Did(event="cancel"), capability=capability(BO, action="order_cancellation")
        )
    for minutes in (3, 4):
        await rig.service.people_did(status.action_id, Did(event="cancel", minutes=minutes), capability=token)
    told = await rig.kinds(status.action_id, "people")
    assert [(one["event"], one["minutes"], one["by"]) for one in told] == [
        ("cancel", 3, "storefront"),
        ("cancel", 4, "storefront"),
    ]


@pytest.mark.parametrize("text", ["1.5/10", "0.9", "90/100", "a=0.9/10,a=0.8/10", "0.9/10,0.8/10", "a b=0.9/1"])
def test_what_is_no_bar_is_refused_in_words(text: str) -> None:
    with pytest.raises(ValueError, match=r"expected SHARE/CASES, such as 0\.9/100"):
        Bars.parse(text)


def test_a_bar_of_an_action_counts_before_that_of_all() -> None:
    bars = Bars.parse("0.9/100, payment_refund=0.99/500")
    assert (str(bars.of("payment_refund")), bars.of("x")) == (
        "at least 500 cases, with the lower end of the agreement's interval at 99.0% or more",
        Bars.parse("0.9/100").of("y"),
    )
