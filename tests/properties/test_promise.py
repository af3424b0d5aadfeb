"""Whatever happens in whatever order: what cannot be undone is done only as enough permitted people have approved it,
once, in time; and nobody else's rows are read or changed.

2,000 actions take minutes; ``make test`` runs a tenth of them (``LEVERFRAME_PROPERTY_RUNS`` sets another number).
"""

import asyncio
import json
import os
from collections import Counter
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from itertools import count
from typing import Any, ClassVar, TypeVar

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)
from statemachine.exceptions import TransitionNotAllowed

from audit.audit import audit_action
from leverframe.contracts.base import Facts
from leverframe.contracts.calling import CallRequest
from leverframe.contracts.plan import Plan, PlannedCall
from machines.states import Ask, Call, Confirm, Decide, End, Screen
from tests.properties.story import LIMIT, Parts, Story, money
from tools.approvals import ApprovalRecord
from tools.execute import execute
from tools.scope import ScopedSessions, create_engine
from tools.toolbox import toolbox
from worker.testing.postgres import Database

Result = TypeVar("Result")
APPROVAL_VALID = timedelta(hours=1, seconds=30)
"""How long an approval is good for, with the clocks' tolerance (leverframe.capability.SKEW)."""

people = st.sampled_from(["olga", "olga", "rita", "rita", "lea", "lea", "max", "mallory"])
ways = st.sampled_from(["principal", "principal", "signed", "claimed"])
choices = st.sampled_from(["approve", "approve", "approve", "reject"])
crashes = st.one_of(st.none(), st.none(), st.integers(0, 60))
any_index = st.integers(0, 40)
facts: Facts = {"orders": [], "visits": {}, "messages": ["Cancel my order"]}


orders = st.sampled_from(["small", "large", "bobs"])
visits = st.integers(1, 3)
STEPS_TAKE: dict[str, dict[str, st.SearchStrategy[Any]]] = {
    "go_on": {"event": any_index, "large": st.booleans(), "crash": crashes},
    "decide": {
        "person": people,
        "how": ways,
        "choice": choices,
        "right_code": st.sampled_from([True, True, True, False]),
        "right_amount": st.sampled_from([True, True, True, False]),
    },
    "two_of_the_team_approve": {},
    "time_passes": {"hours": st.sampled_from([0.5, 2, 30, 50, 75])},
    "the_data_changes": {"what": st.sampled_from(["reprice", "ship", "close"]), "large": st.booleans()},
    "an_illegal_event": {"event": any_index},
    "show_something_else": {"which": orders, "visit": visits, "token": any_index, "only": st.booleans()},
    "have_an_old_decision_judged_anew": {
        "signal": any_index,
        "plan": any_index,
        "only": st.booleans(),
        "token": any_index,
    },
    "an_approved_call_by_hand": {"which": any_index, "crash": crashes},
    "call_a_tool_by_hand": {
        "state": st.sampled_from(["cancelling", "refunding", "reinstating"]),
        "which": orders,
        "visit": visits,
        "plan": st.one_of(st.none(), any_index),
        "token": any_index,
        "crash": crashes,
    },
}
STEPS = [
    *STEPS_TAKE,
    *["go_on"] * 6,
    *["decide"] * 3,
    "time_passes",
    "two_of_the_team_approve",
    "an_approved_call_by_hand",
]


class Promise(RuleBasedStateMachine):
    """One action, driven by its machine, and disturbed."""

    parts: ClassVar[Parts]
    runner: ClassVar[asyncio.Runner]
    numbers: ClassVar["count[int]"]
    seen: ClassVar[Counter[str]]

    def do(self, step: Coroutine[Any, Any, Result]) -> Result:
        return self.runner.run(step)

    @initialize()
    def begin(self) -> None:
        self.story = Story(self.parts, next(self.numbers))
        self.order = self.story.small
        self.visits: Counter[str] = Counter()
        self.waiting: Plan | None = None
        self.plan: Plan | None = None
        self.first_seen: dict[str, datetime] = {}
        self.do(self.story.open_shop())
        self.bobs_rows = self.do(bobs_rows(self.story))
        self.seen["runs"] += 1

    @rule(what=st.sampled_from(STEPS), data=st.data())
    def step(self, what: str, data: st.DataObject) -> None:
        """One rule, so that the steps stand in the wanted proportion."""
        if what in ("decide", "two_of_the_team_approve") and self.waiting is None:
            what = "go_on"
        if what == "have_an_old_decision_judged_anew" and not (self.story.plans and self.story.history.signals):
            what = "go_on"
        if what == "an_approved_call_by_hand" and self.plan is None:
            what = "go_on"
        getattr(self, what)(**{name: data.draw(strategy, name) for name, strategy in STEPS_TAKE[what].items()})

    # What the workflow does: what the machine's state says.

    def go_on(self, event: int, large: bool, crash: int | None) -> None:
        story, state = self.story, self.story.machine.current
        match state:
            case Screen():
                story.machine.send("passed", facts=facts)
            case Ask():
                story.machine.send("answered", facts=facts)
            case Decide():
                self.order = story.large if large else story.small
                offered = ["cancel", "cancel", "cancel", "ask", "hand_over"]
                story.machine.send(offered[event % len(offered)], facts=facts)
            case Call(effect="read"):
                self.read()
                story.machine.send("succeeded", facts=facts)
            case Call():
                self.write(state, crash)
            case Confirm():
                self.confirm(state)
            case End():
                return

    def read(self) -> None:
        story = self.story
        listed = PlannedCall(call="reading", key="reading#1", tool="orders.list", arguments={})
        request = CallRequest(action_id=story.id, capability=story.tokens[0], planned=listed)
        result = self.do(execute(self.parts.sessions, toolbox(), story.verifier, request, ""))
        text = json.dumps(result.output)
        assert story.small in text
        assert story.bobs not in text

    def write(self, state: Call, crash: int | None) -> None:
        story = self.story
        visit = self.visits[state.id] or 1
        plan = self.plan if state.effect == "destructive" else None
        call = story.call(state.id, self.order, visit)
        result = self.do(story.run(call, plan, story.approved_token(plan) if plan else 0, crash))
        if result is None:
            # The worker died, or was refused: the activity is tried again.
            result = self.do(story.run(call, plan, story.approved_token(plan) if plan else 0))
        outcome = result.status if result else "failed"
        if outcome == "stale" and state.effect != "destructive":
            outcome = "failed"
        story.machine.send(outcome, facts=facts)

    def confirm(self, state: Confirm) -> None:
        story = self.story
        if self.waiting is None:
            for call in state.covers:
                self.visits[call] += 1
            refund_only = len(state.covers) == 1
            self.waiting = self.do(story.show(story.calls(self.order, self.visits[state.covers[0]], refund_only)))
            if self.waiting is None:
                story.machine.send("unplannable", facts=facts)
            return
        plan = self.waiting
        if story.approved_token(plan):
            self.plan, event = plan, "approved"
        elif any(given.counts and given.choice == "reject" and given.digest == plan.digest for given in story.given):
            event = "rejected"
        elif story.history.now - story.shown_at[plan.digest] >= timedelta(days=3):
            event = "expired"
        else:
            return
        self.waiting = None
        story.machine.send(event, facts=facts)

    def decide(self, person: str, how: str, choice: Any, right_code: bool, right_amount: bool) -> None:
        assert self.waiting is not None
        self.do(self.story.decide(self.waiting, person, how, choice, right_code, right_amount))

    def two_of_the_team_approve(self) -> None:
        assert self.waiting is not None
        self.do(self.story.decide(self.waiting, "olga", "principal", "approve"))
        self.do(self.story.decide(self.waiting, "rita", "signed", "approve"))

    # What others do meanwhile.

    def time_passes(self, hours: float) -> None:
        self.story.history.pass_time(hours=hours)

    def the_data_changes(self, what: str, large: bool) -> None:
        story = self.story
        statement = {
            "reprice": "UPDATE shop.order_payments SET amount = amount + 1 WHERE order_id = :o"
            " AND transaction_type = 'payment'",
            "ship": "UPDATE shop.orders SET status = 'processed' WHERE order_id = :o AND status = 'pending'",
            "close": "UPDATE shop.payment_methods SET closed = NOT closed WHERE customer_id = :c",
        }[what]
        values = {"c": story.ann} if what == "close" else {"o": story.large if large else story.small}
        self.do(story.sql(statement, **values))

    # What a hostile worker does.

    def an_illegal_event(self, event: int) -> None:
        machine = self.story.machine
        enabled = {one.id for one in machine.enabled_events(facts=facts)}
        illegal = sorted({one.id for one in machine.events} - enabled)
        before = machine.current.id
        with pytest.raises(TransitionNotAllowed):
            machine.send(illegal[event % len(illegal)], facts=facts)
        assert machine.current.id == before

    def show_something_else(self, which: str, visit: int, token: int, only: bool) -> None:
        story = self.story
        plan = self.do(story.show(story.calls(getattr(story, which), visit, only), token % len(story.tokens)))
        assert plan is None or which != "bobs"

    def have_an_old_decision_judged_anew(self, signal: int, plan: int, only: bool, token: int) -> None:
        story = self.story
        digest = story.plans[plan % len(story.plans)].digest
        self.do(story.judge("approve", signal % story.history.signals, digest, only, token % len(story.tokens)))

    def call_a_tool_by_hand(
        self, state: str, which: str, visit: int, plan: int | None, token: int, crash: int | None
    ) -> None:
        story = self.story
        used = story.plans[plan % len(story.plans)] if plan is not None and story.plans else None
        if used is not None:
            call = used.calls[visit % len(used.calls)].planned
        else:
            call = story.call(state, getattr(story, which), visit)
        result = self.do(story.run(call, used, token % len(story.tokens), crash))
        self.seen[f"by hand: {result.status if result else 'refused'}"] += 1

    def an_approved_call_by_hand(self, which: int, crash: int | None) -> None:
        """With the stolen approval itself: out of turn, too late, or once more."""
        assert self.plan is not None
        call = self.plan.calls[which % len(self.plan.calls)].planned
        result = self.do(self.story.run(call, self.plan, self.story.approved_token(self.plan), crash))
        self.seen[f"approved, by hand: {result.status if result else 'refused'}"] += 1

    # What must hold after every step.

    @invariant()
    def every_effect_was_approved(self) -> None:
        if not hasattr(self, "story"):
            return
        story = self.story
        effects = self.do(story.sql(
            "SELECT key, body FROM leverframe.ledger WHERE action_id = :a AND kind = 'effect' ORDER BY seq", a=story.id
        ))  # fmt: skip
        for effect in effects:
            body = effect["body"]
            if body["planned"]["tool"] == "orders.reinstate":
                continue
            plan = next(plan for plan in story.plans if plan.digest == body["plan"])
            (call,) = [call for call in plan.calls if call.planned.key == body["planned"]["key"]]
            assert call.planned.model_dump(mode="json") == body["planned"]
            assert [change.model_dump(mode="json") for change in call.changes] == body["changes"]
            self.enough_people_approved(plan, {person["person"] for person in body["approvals"]}, effect["key"])
        assert self.do(bobs_rows(story)) == self.bobs_rows

    def enough_people_approved(self, plan: Plan, named: set[str], key: str) -> None:
        story = self.story
        needed = 2 if money(plan) > LIMIT else 1
        given = [one for one in story.given if one.digest == plan.digest and one.counts]
        approved: set[str] = set()
        last = None
        for one in given:
            if len(approved) >= needed or one.choice == "reject":
                break
            approved.add(one.person)
            last = one.at
        assert len(approved) >= needed, f"{key} by {approved} of {needed}: {given}"
        assert named <= {one.person for one in given}
        assert len(named) >= needed
        assert last is not None
        first_seen = self.first_seen.setdefault(key, story.history.now)
        assert first_seen - max(one.at for one in given if one.choice == "approve") <= APPROVAL_VALID
        self.seen[f"effects by {needed}"] += 1

    def teardown(self) -> None:
        if not hasattr(self, "story"):
            return
        story = self.story
        audit = self.do(audit_action(self.parts.auditor, story.id))
        assert audit.problems == ()
        refunds = self.do(story.sql(
            "SELECT refunds_payment, count(*) AS times FROM shop.order_payments WHERE transaction_type = 'refund' "
            "AND customer_id = :c GROUP BY 1", c=story.ann
        ))  # fmt: skip
        assert all(row["times"] == 1 for row in refunds)
        self.seen["refunds"] += len(refunds)
        self.seen[f"ended in {story.machine.current.id}"] += 1


TABLES = ("customers", "orders", "order_items", "order_payments", "payment_methods", "fulfilments")
BOBS_ROWS = " UNION ALL ".join(f"SELECT t::text AS row FROM shop.{table} t WHERE customer_id = :b" for table in TABLES)


async def bobs_rows(story: Story) -> list[str]:
    return sorted(row["row"] for row in await story.sql(BOBS_ROWS, b=story.bob))


@contextmanager
def opened(database: Database) -> Iterator[tuple[asyncio.Runner, Parts]]:
    with asyncio.Runner() as runner:
        urls = (database.owner_url, database.auditor_url, database.tools_url, database.approvals_url)
        owner, auditor, tools, approvals = engines = [create_engine(url) for url in urls]
        yield runner, Parts(owner, auditor, ScopedSessions(tools, database.scope_key), ApprovalRecord(approvals))
        for engine in engines:
            runner.run(engine.dispose())


def play(database: Database, runs: int) -> Counter[str]:
    with opened(database) as (runner, parts):
        Promise.runner, Promise.parts, Promise.numbers, Promise.seen = runner, parts, count(1), Counter()
        run_state_machine_as_test(
            Promise,
            settings=settings(
                max_examples=runs,
                stateful_step_count=20,
                deadline=None,
                phases=[Phase.generate, Phase.shrink],
                suppress_health_check=list(HealthCheck),
            ),
        )
        return Promise.seen


@pytest.mark.timeout(600)
def test_the_promise_holds(database: Database) -> None:
    runs = int(os.environ.get("LEVERFRAME_PROPERTY_RUNS", "200"))
    worth_something(play(database, runs), runs)


@pytest.mark.heavy
@pytest.mark.timeout(3600)
def test_the_promise_holds_in_two_thousand_actions(database: Database) -> None:
    worth_something(play(database, 2000), 2000)


def worth_something(seen: Counter[str], runs: int) -> None:
    """The runs did reach what they are about."""
    print(dict(seen))
    assert seen["runs"] >= runs
    assert seen["effects by 1"] > runs / 20
    assert seen["effects by 2"] > runs / 100
    assert seen["refunds"] > runs / 50
    assert seen["approved, by hand: succeeded"] > 0
    assert seen["by hand: refused"] > 0
