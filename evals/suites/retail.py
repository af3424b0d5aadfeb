"""Retail tasks that others wrote: what the guards make of plain instructions, and what the machine lets through.

Covered are all instructions of ``tasks.jsonl`` as what a customer writes, and the ``cancel_pending_order`` calls of
``decision_cases.jsonl`` against the order cancellation's narrowing. The tools are not asked: that they refuse too, and
what becomes of all other calls, is for the tests that replay the tasks through them.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain as chained
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, Field, JsonValue, ValidationError

from activities.guards.chain import screen
from audit.rates import NOTHING, Rate
from evals.jsonl import MalformedData, read_lines
from evals.situation import situation
from evals.suites.figures import Counted, Figures, guard_versions, suite_figures
from leverframe.contracts.verdict import ScreenRequest

CANCEL, MODIFY_ITEMS = "cancel_pending_order", "modify_pending_order_items"
AFTER = {CANCEL: "cancelled", MODIFY_ITEMS: "pending (item modified)"}
"""The status that an order has after a call of the set-up; others leave it as it is or are not read."""
STOPPING = ("block", "escalate")


class Task(BaseModel):
    """What a customer wants, in words."""

    task_id: str
    instruction: str


class ToolCall(BaseModel):
    """One call against the shop."""

    name: str
    arguments: dict[str, JsonValue]


class DecisionCase(BaseModel):
    """A call that must be allowed, or refused with nothing changed."""

    case_id: str
    kind: str
    as_user: str
    setup: list[ToolCall] = []
    call: ToolCall
    expected: Literal["allow", "deny"]


class Item(BaseModel):
    name: str


class Order(BaseModel):
    """What the narrowing reads of an order."""

    order_id: str
    user_id: str
    status: str
    items: list[Item]


class Shop(BaseModel):
    """The part of ``db.json`` that is read."""

    orders: dict[str, Order] = Field(default_factory=dict)


def measure(folder: Path) -> Figures:
    """The figures over both files: found is a refused call that must be refused, an alarm a right one that is.

    Raises :class:`~evals.jsonl.MalformedData`.
    """
    tasks = read_lines(folder / "tasks.jsonl", Task)
    cases = read_lines(folder / "decision_cases.jsonl", DecisionCase)
    shop = _read_shop(folder / "db.json")
    judged = [(case, narrowed_out(case, shop)) for case in cases if case.call.name == CANCEL]
    figures = suite_figures(
        "retail",
        " ".join(f"{guard} {version}" for guard, version in guard_versions().items()),
        list(_counted(judged)) + list(_instructions(tasks)),
        apart=_is_instruction,
    )
    left_out = Counter(case.call.name for case in cases if case.call.name != CANCEL)
    return {**figures, "covered": len(judged), "not_covered": dict(left_out)}


def narrowed_out(case: DecisionCase, shop: Shop) -> bool:
    """Whether the call cannot even be written down as a proposal by whoever reads the customer's plain request."""
    arguments = case.call.arguments
    said = f"Please cancel order {arguments.get('order_id')}: {arguments.get('reason')}."
    cancel = situation("order_cancellation", said, {"orders": list(_orders(case, shop))}).offered.get("cancel")
    if cancel is None:
        return True
    proposed = {"event": "cancel", "clause": "CANCEL-PENDING", **arguments}
    try:
        cancel.model_validate(proposed, strict=True)
    except ValidationError:
        return True
    return False


def _orders(case: DecisionCase, shop: Shop) -> Iterator[JsonValue]:
    changed = {str(call.arguments.get("order_id")): AFTER[call.name] for call in case.setup if call.name in AFTER}
    for order in shop.orders.values():
        if order.user_id == case.as_user:
            status = changed.get(order.order_id, order.status)
            items: list[JsonValue] = [{"name": item.name} for item in order.items]
            yield {"order_id": order.order_id, "status": status, "items": items}


def _counted(judged: Iterable[tuple[DecisionCase, bool]]) -> Iterator[Counted]:
    for case, refused in judged:
        wrong = Rate.among([refused])
        right = Rate(count=int(case.expected == "deny"), of=1) if refused else NOTHING
        if case.expected == "deny":
            yield Counted("decision_cases", case.kind, found=wrong, right=right)
        else:
            yield Counted("decision_cases", case.kind, alarms=wrong, right=right)


def _instructions(tasks: Sequence[Task]) -> Iterator[Counted]:
    """One count for each guard that judges a request; masking a customer's own data is no refusal."""
    verdicts = chained.from_iterable(
        screen(ScreenRequest(action_id="eval", kind="request", content=task.instruction)).verdicts for task in tasks
    )
    for verdict in verdicts:
        yield Counted("tasks", verdict.guard, alarms=Rate.among([verdict.judgement in STOPPING]))


def _is_instruction(counted: Counted) -> bool:
    return counted.source == "tasks"


def _read_shop(path: Path) -> Shop:
    try:
        return Shop.model_validate_json(path.read_bytes())
    except OSError as error:
        raise MalformedData(f"{path}: cannot be read ({error.strerror})") from None
    except ValidationError as error:
        fault = error.errors()[0]
        raise MalformedData(f"{path}: {'.'.join(map(str, fault['loc']))}: {fault['msg']}") from None
