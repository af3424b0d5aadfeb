"""What guards said, as events by OpenTelemetry's GenAI semantic conventions.

As log records and not as events of a span, which OpenTelemetry gives up. The convention's ``gen_ai.evaluation.*``: the
guard is the name, its judgement the label, the rule's id the explanation. Never what was found, or where.
"""

import re
from collections.abc import Iterator

from opentelemetry._logs import Logger, SeverityNumber
from opentelemetry.trace import get_current_span

from leverframe.contracts.verdict import STRICTNESS, Reply, Screened, Verdict
from worker.telemetry.running import running

EVENT = "gen_ai.evaluation.result"
JUDGEMENT = "leverframe.guard.judgement"
LABEL = re.compile(r"[A-Za-z0-9_.:/+-]{1,64}")
"""What may be an attribute: an id, and no text. There are as many as machines and rule sets name."""


def tell_verdicts(events: Logger, result: object) -> None:
    """An event for each verdict of an activity that screened, and the strictest of them on its span."""
    verdicts = list(_said(result))
    if not verdicts:
        return
    strictest = max((verdict.judgement for verdict in verdicts), key=STRICTNESS.index)
    get_current_span().set_attribute(JUDGEMENT, strictest)
    for verdict in verdicts:
        attributes = {
            "gen_ai.evaluation.name": label(verdict.guard),
            "gen_ai.evaluation.score.label": verdict.judgement,
            "gen_ai.evaluation.explanation": label(verdict.rule),
            "leverframe.guard.version": label(verdict.version),
        }
        events.emit(severity_number=SeverityNumber.INFO, event_name=EVENT, attributes={**attributes, **running()})


def _said(result: object) -> Iterator[Verdict]:
    """All of it, of the facts and texts too that were screened with a request or a proposal."""
    if isinstance(result, Screened | Reply):
        yield from result.verdicts
    if isinstance(result, Screened):
        for beside in (result.facts, *result.replies):
            yield from _said(beside)


def label(value: object) -> str:
    """The value, if it is an id."""
    return value if isinstance(value, str) and LABEL.fullmatch(value) else "other"
