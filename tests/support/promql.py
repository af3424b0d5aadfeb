"""What a PromQL query asks for: which metrics, by which labels. A real parser reads it."""

import re
from dataclasses import dataclass, field

from promql_parser import AggregateExpr, BinaryExpr, Expr, MatchOp, VectorSelector, parse, walk

VARIABLES = {"$__range": "1d", "$__rate_interval": "5m", "$action": ".*"}
"""What Grafana puts into a query before Prometheus sees it."""
REGULAR = (MatchOp.Re, MatchOp.NotRe)


@dataclass(frozen=True)
class Selector:
    """One metric that a query reads."""

    name: str
    """Or a pattern of names."""
    labels: dict[str, frozenset[str]]
    """The labels that it is selected by, with the values named; none where any or no value will do."""


@dataclass
class Query:
    """What one query asks for."""

    selectors: list[Selector] = field(default_factory=list)
    grouped: set[str] = field(default_factory=set)
    """Labels that something is summed or joined by."""


def read(text: str) -> Query:
    """Read a query of a dashboard or of a rule.

    Raises ``ValueError`` for what is not PromQL.
    """
    for variable, value in VARIABLES.items():
        text = text.replace(variable, value)
    query = Query()

    def visit(expression: Expr) -> bool:
        match expression:
            case VectorSelector():
                query.selectors.append(_selector(expression))
            case AggregateExpr() if expression.modifier is not None:
                query.grouped.update(expression.modifier.labels)
            case BinaryExpr() if expression.modifier is not None and expression.modifier.matching is not None:
                query.grouped.update(expression.modifier.matching.labels)
        return True

    walk(parse(text), visit)
    return query


def shown_labels(text: str) -> set[str]:
    """The labels that a legend of Grafana or a text of an alert shows."""
    return set(re.findall(r"\{\{\s*(?:\$labels\.)?(\w+)\s*\}\}", text))


def _selector(selector: VectorSelector) -> Selector:
    labels: dict[str, frozenset[str]] = {}
    name = selector.name or ""
    for matcher in selector.matchers.matchers:
        if matcher.name == "__name__":
            name = matcher.value
        else:
            values = matcher.value.split("|") if matcher.op in REGULAR else [matcher.value]
            named = frozenset(value for value in values if re.fullmatch(r"[\w-]+", value))
            labels[matcher.name] = labels.get(matcher.name, frozenset()) | named
    return Selector(name, labels)
