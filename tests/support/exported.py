"""What the product has exported, under its Prometheus names, and whether a query asks for more than that."""

import re
from collections.abc import Iterator, Mapping
from typing import get_args

from prometheus_client import CollectorRegistry

from leverframe.contracts.calling import CallResult
from leverframe.contracts.status import OutcomeKind
from leverframe.contracts.verdict import Judgement
from tests.support.promql import Selector, read, shown_labels

Series = dict[str, dict[str, set[str]]]
"""Of each series' name its labels with the values seen."""

ADDED = {"job", "instance", "le"}
"""Labels by Prometheus: of the resource, and of histograms."""
OWN: Series = {"up": {"job": {"otel-collector"}}}
"""What Prometheus says of what it scrapes."""
NAMED = {
    "leverframe_outcome": set(get_args(OutcomeKind)),
    "leverframe_guard_judgement": set(get_args(Judgement)),
    "leverframe_awaiting": {"user", "model"},
    "leverframe_escalated": {"true", "false"},
    "error_type": set(get_args(CallResult.model_fields["status"].annotation)),
    "job": {"leverframe-cli"},
}
"""Values that a label may have, besides those seen."""


def exported(registry: CollectorRegistry) -> Series:
    """What a reader of the metrics has collected by now; a label without a value is none."""
    found: Series = {}
    for sample in (sample for metric in registry.collect() for sample in metric.samples):
        labels = found.setdefault(sample.name, {})
        for label, value in sample.labels.items():
            if value:
                labels.setdefault(label, set()).add(value)
    return found


def unknown(query: str, shown: str, series: Series, recorded: Mapping[str, set[str]]) -> Iterator[str]:
    """What a query, and the texts that show its labels, ask for in vain.

    ``recorded`` are the rules' own series, with their labels.
    """
    asked = read(query)
    has: set[str] = set()
    for selector in asked.selectors:
        labels = _labels(selector, series, recorded)
        if labels is None:
            yield f"metric {selector.name}"
            continue
        has |= labels
        yield from (f"label {label} of {selector.name}" for label in selector.labels.keys() - labels)
        yield from _values(selector, series)
    yield from (f"label {label}, grouped by" for label in asked.grouped - has)
    yield from (f"label {label}, shown" for label in shown_labels(shown) - has)


def _labels(selector: Selector, series: Series, recorded: Mapping[str, set[str]]) -> set[str] | None:
    if selector.name in recorded:
        return recorded[selector.name]
    names = [name for name in series | OWN if re.fullmatch(selector.name, name)]
    return ADDED.union(*((series | OWN)[name] for name in names)) if names else None


def _values(selector: Selector, series: Series) -> Iterator[str]:
    for label, values in selector.labels.items():
        seen = set().union(*(labels.get(label, set()) for labels in (series | OWN).values()))
        yield from (f"{label}={value}" for value in values - seen - NAMED.get(label, set()))
