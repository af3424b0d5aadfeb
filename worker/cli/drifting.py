"""``python -m worker drift``: what has changed in a week, for people and for the collector."""

import asyncio
import logging
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from datetime import UTC, date, datetime, timedelta

import typer
from pydantic import JsonValue
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.ext.asyncio import AsyncEngine

from activities.guards.anonymous import Anonymous
from audit.audit import audit_action
from audit.drift.changes import Change, Drift
from audit.drift.gathering import Span, before, drift, week_to
from audit.drift.words import category, figure, whose
from leverframe.contracts.entries import Closed, Proposed
from leverframe.errors import LeverframeError
from leverframe.subject_keys import SubjectKeys
from tools.said import said_as
from tools.scope import create_engine
from worker.cli.audit import Auditing, auditing, before_much
from worker.cli.terminal import console, run, stop_on_signals, use_running_stack
from worker.embedded.process import ServiceError
from worker.telemetry.drift_metrics import DriftMetrics
from worker.telemetry.logs import log_to_stderr
from worker.telemetry.setup import start_telemetry

log = logging.getLogger(__name__)


def run_drift(to: date | None, baseline: tuple[date, date] | None, every: float | None) -> None:
    """Compare once, and exit with 1 when something has changed; or every so many hours until Ctrl-C."""
    use_running_stack()
    before_much()
    with auditing() as access:
        if every is not None:
            log_to_stderr()
            run(_again_and_again(access, baseline, every * 3600))
            return
        found, examples = run(_once(access, to or _yesterday(), baseline))
    for line in lines(found, examples):
        console.print(line, markup=False, highlight=False, soft_wrap=True)
    if found.changes:
        raise typer.Exit(1)


def lines(found: Drift, examples: dict[str, str]) -> list[str]:
    """What was found, a line each; ``examples`` by the id of their action."""
    told = []
    for change in found.changes:
        what = f"{whose(change)}: {figure(change.figure)}: {category(change)}"
        told.append(f"{what}: {change.after}, and the baseline has {change.before}")
        told += [f"    {examples[action_id]}" for action_id in change.examples if action_id in examples]
    told += [
        f"{action}: {clause} was cited in the baseline, and never in the week" for action, clause in found.not_cited
    ]
    counted = f"{found.actions} actions of the week, {found.before} of the baseline, {found.compared} shares compared"
    return [*told, f"{counted}: {len(found.changes) or 'nothing'} changed beyond chance."]


async def look(engine: AsyncEngine, people: SubjectKeys | None, to: date, baseline: tuple[date, date] | None) -> Drift:
    """What the week that ends with a day shows, by default against the eight weeks before it."""
    week = week_to(to)
    return await drift(engine, week, Span(*baseline) if baseline else before(week), people)


async def shown(engine: AsyncEngine, people: SubjectKeys | None, changes: Sequence[Change]) -> dict[str, str]:
    """Of each example what the model proposed and how it ended, anonymous, by the id of its action."""
    ids = dict.fromkeys(action_id for change in changes for action_id in change.examples)
    return {action_id: await _example(engine, people, action_id) for action_id in ids}


async def _example(engine: AsyncEngine, people: SubjectKeys | None, action_id: str) -> str:
    entries = (await audit_action(engine, action_id, people)).entries
    ends = [closed.outcome for _, closed in said_as(Closed, entries)]
    proposals = [proposed for _, proposed in said_as(Proposed, entries)]
    if not proposals:
        return f"no proposal; {ends[-1] if ends else 'not ended'}"
    last = proposals[-1]
    record: JsonValue = [last.event, *map(str, last.arguments.values()), last.rationale]
    clean = Anonymous(record).apply(record)
    event, *arguments, rationale = map(str, clean) if isinstance(clean, list) else ("", "")
    return f"{' '.join([event, *arguments])}: {rationale} ({ends[-1] if ends else 'not ended'})"


async def _once(access: Auditing, to: date, baseline: tuple[date, date] | None) -> tuple[Drift, dict[str, str]]:
    async with _engine(access) as engine:
        try:
            found = await look(engine, access.people, to, baseline)
            return found, await shown(engine, access.people, found.changes)
        except OperationalError as error:
            raise ServiceError(f"The database does not answer: {error.orig}") from error


async def _again_and_again(access: Auditing, baseline: tuple[date, date] | None, seconds: float) -> None:
    stop = stop_on_signals()
    telemetry = start_telemetry("leverframe-drift", None)
    metrics = DriftMetrics(telemetry.meter)
    try:
        async with _engine(access) as engine:
            while not stop.is_set():
                try:
                    found = await look(engine, access.people, _yesterday(), baseline)
                    examples = await shown(engine, access.people, found.changes)
                except (DBAPIError, LeverframeError) as error:
                    log.warning("Nothing was compared: %s", error)
                else:
                    metrics.found(found.changes)
                    for line in lines(found, examples):
                        log.warning(line) if found.changes else log.info(line)
                with suppress(TimeoutError):
                    await asyncio.wait_for(stop.wait(), seconds)
    finally:
        telemetry.close()


@asynccontextmanager
async def _engine(access: Auditing) -> AsyncIterator[AsyncEngine]:
    engine = create_engine(access.url)
    try:
        yield engine
    finally:
        await engine.dispose()


def _yesterday() -> date:
    return datetime.now(UTC).date() - timedelta(days=1)
