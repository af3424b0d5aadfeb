"""What commands draw of traces: pure functions from spans to rich trees."""

from collections.abc import Sequence

from rich.text import Text
from rich.tree import Tree

from worker.spans import FinishedSpan, children, roots
from worker.telemetry import ACTION_ID, ATTEMPT, ROLE

DISPATCH = "StartActivity:"
"""A span without length, made when the workflow asks for an activity; the activity's own span is under it."""
SHOWN = ("leverframe.", "gen_ai.")
LABELLED = (ACTION_ID, ROLE, ATTEMPT)


def trace_tree(action_id: str, spans: Sequence[FinishedSpan]) -> Tree:
    """The action's spans as a tree, a branch for each trace that has to do with it."""
    tree = Tree(Text(action_id, "bold"))
    traces = list(dict.fromkeys(span.context.trace_id for span in spans))
    for trace_id in sorted(traces, key=lambda trace: -sum(span.context.trace_id == trace for span in spans)):
        branch = tree.add(Text(f"trace {trace_id.removeprefix('0x')}", "cyan"))
        own = [span for span in spans if span.context.trace_id == trace_id]
        for root in roots(own):
            _grow(branch, root, own)
    return tree


def _grow(tree: Tree, span: FinishedSpan, spans: Sequence[FinishedSpan]) -> None:
    below = children(spans, span)
    if span.name.startswith(DISPATCH) and below:
        # Its place in the tree is told by the activity's own span, with the time spent in the queue.
        for child in below:
            _add(tree, child, spans, waited=(child.start_time - span.start_time).total_seconds() * 1000)
    else:
        _add(tree, span, spans)


def _add(tree: Tree, span: FinishedSpan, spans: Sequence[FinishedSpan], waited: float | None = None) -> None:
    branch = tree.add(_label(span, waited))
    for child in children(spans, span):
        _grow(branch, child, spans)


def _label(span: FinishedSpan, waited: float | None) -> Text:
    failed = span.status.status_code == "ERROR"
    label = Text.assemble(
        (f"{span.start_time:%H:%M:%S.%f} "[:-4] + " ", "dim"),
        (_title(span), "red" if failed else "bold"),
        (f" {span.role}", "magenta"),
    )
    if span.duration_ms or waited is not None:
        label.append(f" {span.duration_ms:.1f} ms", "green")
    attempt = span.attributes.get(ATTEMPT, 1)
    if attempt != 1:
        label.append(f" attempt {attempt}", "yellow")
    elif waited is not None:
        label.append(f" after {waited:.1f} ms in the queue", "dim")
    if failed:
        label.append(f" {span.status.description}", "red")
    for name, value in span.attributes.items():
        if name.startswith(SHOWN) and name not in LABELLED:
            label.append(f" {name.removeprefix('leverframe.')}={value}", "dim")
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
