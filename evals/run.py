"""How well a model chooses: ``python -m evals.run [--cases NAME] [--url URL --model NAME]``."""

import asyncio
import statistics
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from activities.proposing import ModelEndpoint, Proposing
from evals.cases import read_cases
from evals.deciding import Decided, decide
from worker.embedded.model import model_server
from worker.embedded.weights import DEFAULT_MODEL, fetch_weights

EVENT_GOAL = 0.90
ORDER_GOAL = 0.95

console = Console()


def main(
    cases: Annotated[list[str] | None, typer.Option(help="Files among evals/cases, without .jsonl.")] = None,
    url: Annotated[str, typer.Option(help="An OpenAI-compatible server; without it, the embedded model.")] = "",
    model: Annotated[str, typer.Option(help="The model's name.")] = DEFAULT_MODEL,
    api_key: Annotated[str, typer.Option(envvar="LEVERFRAME_MODEL_API_KEY")] = "none",
    timeout: Annotated[float, typer.Option(help="Seconds for one decision.")] = 120.0,
) -> None:
    """Let a model decide every case, and print the figures. Exit code 1 when a goal is missed."""
    names = cases or ["order_cancellation", "order_cancellation_holdout"]
    met = asyncio.run(_run(names, ModelEndpoint(url, model, api_key, timeout=timeout)))
    raise typer.Exit(0 if met else 1)


async def _run(names: list[str], endpoint: ModelEndpoint) -> bool:
    async with _served(endpoint) as served:
        proposing = Proposing(served)
        try:
            results = [await _decide_all(name, proposing) for name in names]
        finally:
            await proposing.close()
    return all(results)


@asynccontextmanager
async def _served(endpoint: ModelEndpoint) -> AsyncIterator[ModelEndpoint]:
    if endpoint.base_url:
        yield endpoint
        return
    weights = await asyncio.to_thread(fetch_weights, endpoint.model)
    with tempfile.TemporaryDirectory() as state:
        async with model_server(weights, Path(state), name=endpoint.model) as server:
            yield ModelEndpoint(server.base_url, server.name, timeout=endpoint.timeout)


async def _decide_all(name: str, proposing: Proposing) -> bool:
    results = []
    for case in read_cases(name):
        result = await decide(case, proposing)
        results.append(result)
        arguments = " ".join(str(value) for value in result.arguments.values())
        chosen = f"{result.event} {arguments}".strip()
        console.print(f"{case.id:12} {result.seconds:6.2f} s  {_mark(result):24} {chosen}", highlight=False)
        console.print(f"{'':23}{result.rationale}", style="dim", markup=False, highlight=False)
    return _print_figures(name, results)


def _mark(result: Decided) -> str:
    wrong_order = result.order_due and not result.order_right
    expected = "/".join(result.case.events)
    return f"WRONG, not {expected}" if not result.right else "WRONG order" if wrong_order else "right"


def _print_figures(name: str, results: list[Decided]) -> bool:
    right = sum(result.right for result in results)
    due = [result for result in results if result.order_due]
    orders = sum(result.order_right for result in due)
    unsafe = sum(result.event == "cancel" and "cancel" not in result.case.events for result in results)
    seconds = sorted(result.seconds for result in results if result.seconds)
    console.print(
        f"{name}: events {right}/{len(results)} ({right / len(results):.0%}), "
        f"order ids {orders}/{len(due)} ({orders / len(due):.0%}), "
        f"cancellations proposed where none was right {unsafe}, seconds per decision "
        f"median {statistics.median(seconds):.2f}, p95 {statistics.quantiles(seconds, n=20)[-1]:.2f}"
    )
    return right >= EVENT_GOAL * len(results) and orders >= ORDER_GOAL * len(due)


if __name__ == "__main__":
    typer.run(main)
