"""What commands draw of traces: pure functions from spans to rich trees."""

from collections.abc import Mapping, Sequence
from datetime import timedelta

from rich.text import Text
from rich.tree import Tree

from activities.call_spans import OPERATION
from leverframe.telling import inert
from worker.telemetry.running import ACTION_ID, ATTEMPT, ROLE
from worker.telemetry.spans import FinishedSpan, SpanContext, SpanLink, children, roots
from worker.telemetry.workflow_spans import BEGAN, STARTED

DISPATCH = "StartActivity:"
"""A span without length, made when the workflow asks for an activity; the activity's own span is under it."""
SHOWN = ("leverframe.", "gen_ai.")
LABELLED = (ACTION_ID, ROLE, ATTEMPT, OPERATION, "gen_ai.request.model", "gen_ai.tool.name", "gen_ai.tool.type")
"""What the rest of the line says already."""
Known = Mapping[SpanContext, FinishedSpan]


def trace_tree(action_id: str, spans: Sequence[FinishedSpan]) -> Tree:
    """The action's spans as a tree, a branch for each trace that has to do with it."""
    tree = Tree(Text(inert(action_id), "bold"))
    known = {span.context: span for span in spans}
    traces = list(dict.fromkeys(span.context.trace_id for span in spans))
    for trace_id in sorted(traces, key=lambda trace: -sum(span.context.trace_id == trace for span in spans)):
        branch = tree.add(Text(f"trace {trace_id.removeprefix('0x')}", "cyan"))
        own = [span for span in spans if span.context.trace_id == trace_id]
        for root in roots(own):
            _grow(branch, root, own, known)
    return tree


def _grow(tree: Tree, span: FinishedSpan, spans: Sequence[FinishedSpan], known: Known) -> None:
    below = children(spans, span)
    if span.name.startswith(DISPATCH) and below:
        # Its place in the tree is told by the activity's own span, with the time spent in the queue.
        for child in below:
            queued = (child.start_time - span.start_time).total_seconds() * 1000
            _add(tree, child, spans, known, (*span.links, *child.links), queued)
    else:
        _add(tree, span, spans, known, span.links)


def _add(
    tree: Tree,
    span: FinishedSpan,
    spans: Sequence[FinishedSpan],
    known: Known,
    links: Sequence[SpanLink],
    queued: float | None = None,
) -> None:
    label = _label(span, queued)
    for link in links:
        label.append(f" {_linked(span, link, known)}", "cyan")
    branch = tree.add(label)
    for child in children(spans, span):
        _grow(branch, child, spans, known)


def _linked(span: FinishedSpan, link: SpanLink, known: Known) -> str:
    """Why the span is linked with another, which is named by its place in another trace if it is in one."""
    other = known.get(link.context)
    if link.why == BEGAN:
        return f"after waiting {_long(span.start_time - other.start_time)}" if other else "after waiting"
    place = f"trace {link.context.trace_id.removeprefix('0x')}"
    return (
        f"{'→' if link.why == STARTED else '←'} {link.why} ({f'{other.start_time:%H:%M:%S}, ' if other else ''}{place})"
    )


def _long(wait: timedelta) -> str:
    return str(wait).partition(".")[0]


def _label(span: FinishedSpan, queued: float | None) -> Text:
    failed = span.status.status_code == "ERROR"
    label = Text.assemble(
        (f"{span.start_time:%H:%M:%S.%f} "[:-4] + " ", "dim"),
        (inert(_title(span)), "red" if failed else "bold"),
        (f" {inert(span.role)}", "magenta"),
    )
    if span.duration_ms or queued is not None:
        label.append(f" {span.duration_ms:.1f} ms", "green")
    attempt = span.attributes.get(ATTEMPT, 1)
    if attempt != 1:
        label.append(f" attempt {attempt}", "yellow")
    elif queued is not None:
        label.append(f" after {queued:.1f} ms in the queue", "dim")
    if failed:
        label.append(f" {inert(span.status.description)}", "red")
    for name, value in span.attributes.items():
        if name.startswith(SHOWN) and name not in LABELLED:
            label.append(f" {inert(name.removeprefix('leverframe.'))}={inert(value)}", "dim")
    return label


def _title(span: FinishedSpan) -> str:
    kind, _, name = span.name.partition(":")
    match kind:
        case "RunActivity":
            return name
        case "StartActivity":
            return f"{name} (not run yet)"
        case _:
            return f"{kind} {name}".strip()
