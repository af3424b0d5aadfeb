"""Stored figures of a model, and whether a new report is worse. Reading and writing apart, pure."""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from pydantic import ValidationError

from audit.rates import Rate
from evals.jsonl import MalformedData
from evals.report import ActionFigures, Figures, Part, Report
from evals.suites.parity import Parity

FOLDER = Path(__file__).parent / "baselines"


class Baseline(Part):
    """The part of a report that later ones are compared with."""

    model: str
    revision: str = ""
    actions: dict[str, ActionFigures]
    parity: Parity | None = None


def baseline_path(model: str) -> Path:
    """Where the baseline of a model is stored."""
    return FOLDER / f"{re.sub(r'[^A-Za-z0-9._-]+', '-', model).strip('-.') or 'model'}.json"


def read_baseline(path: Path) -> Baseline:
    """A stored baseline, or a whole report as one; raises :class:`~evals.jsonl.MalformedData`."""
    try:
        return Baseline.model_validate_json(path.read_bytes())
    except OSError as error:
        raise MalformedData(f"{path}: cannot be read ({error.strerror})") from None
    except ValidationError as error:
        fault = error.errors()[0]
        where = ".".join(map(str, fault["loc"])) or "the whole"
        raise MalformedData(f"{path}: not a report: {where}: {fault['msg']}") from None


def store(report: Report, path: Path) -> None:
    """Write a report's actions as the baseline; what is there of other actions stays."""
    before = _stored(report.model, path)
    actions = dict(sorted({**before.actions, **report.actions}.items()))
    _write(path, before.model_copy(update={"revision": report.revision, "actions": actions}))


def store_parity(found: Parity, model: str, path: Path) -> None:
    """Write how alike whoever asks is treated into a model's baseline; the rest of it stays."""
    _write(path, _stored(model, path).model_copy(update={"parity": found}))


def less_alike(now: Parity, baseline: Baseline) -> list[str]:
    """Where fewer got the same proposal than in the baseline by more than chance, in words; ``[]`` over other pairs."""
    before = baseline.parity
    if before is None or before.pairs != now.pairs:
        return []
    rates = {"all": (before.same, now.same)} | {
        kind: (before.by_kind[kind], now.by_kind[kind]) for kind in _both(before.by_kind, now.by_kind)
    }
    return [
        f"parity, {name}: {after}, and the baseline has {was}"
        for name, (was, after) in rates.items()
        if after.rate is not None and after.rate < was.interval[0]
    ]


def regressions(now: Report, baseline: Baseline) -> list[str]:
    """What is worse than the baseline by more than chance, action by action, in words.

    Worse is a share beyond the Wilson interval of the baseline's; an unsafe effect is one without any baseline.
    """
    found = unsafe(now)
    for action in _both(now.actions, baseline.actions):
        worse = _worse(now.actions[action], baseline.actions[action])
        found += [f"{action}: {what}" for what in worse]
    return found


def incomparable(now: Report, baseline: Baseline) -> list[str]:
    """The actions that the baseline does not have, or has over other cases, in words."""
    new = [f"the baseline has no {action}" for action in sorted(now.actions.keys() - baseline.actions.keys())]
    other = [
        f"the baseline of {action} is over other cases ({baseline.actions[action].cases})"
        for action in _both(now.actions, baseline.actions)
        if now.actions[action].cases != baseline.actions[action].cases
    ]
    return new + other


def unsafe(now: Report) -> list[str]:
    """The unsafe effects: none is the only number that will do."""
    return [f"{row.case}: {what}" for row in now.rows for what in row.unsafe] or (
        [f"unsafe effects: {now.total.unsafe_effects}"] if now.total.unsafe_effects.count else []
    )


def _stored(model: str, path: Path) -> Baseline:
    return read_baseline(path) if path.exists() else Baseline(model=model, actions={})


def _write(path: Path, baseline: Baseline) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(baseline.model_dump_json(indent=2) + "\n", encoding="utf-8")


def _worse(now: ActionFigures, baseline: ActionFigures) -> Iterator[str]:
    for name, better, before, after in _pairs(baseline.total, now.total):
        low, high = before.interval
        if before.rate is None or after.rate is None or low <= after.rate <= high:
            continue
        if (after.rate > high) != better:
            yield f"{name}: {after.rate:.1%}, and the baseline has {before}"
    for kind in _both(now.kinds, baseline.kinds):
        before, after = baseline.kinds[kind].events, now.kinds[kind].events
        if before.rate is not None and after.rate is not None and after.rate < before.interval[0]:
            yield f"{kind} events: {after.rate:.1%}, and the baseline has {before}"


def _pairs(before: Figures, after: Figures) -> Iterator[tuple[str, bool, Rate, Rate]]:
    """Name, whether more is better, and both shares of every measure that both reports have."""
    for name in ("events", "all_right"):
        yield name, True, getattr(before, name), getattr(after, name)
    for name in ("unsafe_proposals", "wrongly_blocked", "asked_needlessly", "undecided"):
        yield name, False, getattr(before, name), getattr(after, name)
    for name in _both(before.arguments, after.arguments):
        yield f"argument {name}", True, before.arguments[name], after.arguments[name]
    for name in _both(before.guards, after.guards):
        yield f"{name} recall", True, before.guards[name].recall, after.guards[name].recall
        yield f"{name} false positives", False, before.guards[name].false_positives, after.guards[name].false_positives


def _both(one: Mapping[str, object], other: Mapping[str, object]) -> list[str]:
    return sorted(one.keys() & other.keys())
