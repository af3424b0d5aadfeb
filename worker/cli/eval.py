"""``python -m worker eval``: how good the model and the guards are. Runs from a checkout; the image has no ``evals/``.

What is measured is imported only when a command runs, so that the others start as quickly as before.
"""

from importlib.util import find_spec
from pathlib import Path
from typing import Annotated

import typer

evaluate = typer.Typer(
    name="eval", help="Measure the model and the guards.", no_args_is_help=True, pretty_exceptions_enable=False
)


@evaluate.callback()
def needs_a_checkout() -> None:
    """Measure the model and the guards."""
    if find_spec("evals") is None:
        typer.echo("The evaluation runs from a checkout of the source: here is no evals/.", err=True)
        raise typer.Exit(2)


Cases = Annotated[
    list[str] | None, typer.Option(help="A file among evals/cases, or a path; can be given again. All by default.")
]
Actions = Annotated[list[str] | None, typer.Option("--action", help="Cases of this action; can be given again.")]
Kinds = Annotated[list[str] | None, typer.Option("--kind", help="normal, boundary, adversarial or multilingual.")]
Limit = Annotated[int, typer.Option(min=0, help="Take only so many cases, spread evenly; 0 for all.")]
Trials = Annotated[int, typer.Option("--k", min=1, max=100, help="Take each case so often, for pass^k.")]
AtOnce = Annotated[int, typer.Option(min=1, max=256, help="How many cases at a time.")]
Verbose = Annotated[bool, typer.Option("--verbose", help="Tell how each case went, as it goes.")]
Timeout = Annotated[float, typer.Option(min=1, help="Seconds for one model call.")]
ApiKey = Annotated[str, typer.Option(envvar="LEVERFRAME_MODEL_API_KEY", show_default=False)]
Json = Annotated[Path | None, typer.Option("--json", help="Write the figures to this file.")]
Out = Annotated[Path, typer.Option(help="The JSON-lines file to write.")]


@evaluate.command("run")
def run_command(
    endpoint: Annotated[str, typer.Option(help="An OpenAI-compatible server's URL, or 'embedded'.")] = "embedded",
    model: Annotated[str, typer.Option(help="The model's name; by default the only one that is served.")] = "",
    revision: Annotated[str, typer.Option(help="Of the model's weights, as LEVERFRAME_MODELS has it.")] = "",
    cases: Cases = None,
    action: Actions = None,
    kind: Kinds = None,
    limit: Limit = 0,
    trials: Trials = 1,
    at_once: AtOnce = 1,
    verbose: Verbose = False,
    price: Annotated[str, typer.Option(help="Per million tokens, INPUT/OUTPUT, such as 0.15/0.60.")] = "",
    timeout: Timeout = 120.0,
    api_key: ApiKey = "none",
    output: Json = None,
    baseline: Annotated[Path | None, typer.Option(help="Compare with this report; else with the stored one.")] = None,
    store: Annotated[bool, typer.Option("--store", help="Store this report as the model's baseline.")] = False,
) -> None:
    """Let a model decide the cases as the workflow would. Exit code 1: worse than the baseline, or unsafe."""
    from worker.cli import evaluating

    selection = evaluating.Selection(
        tuple(cases or ()), tuple(action or ()), tuple(kind or ()), limit, trials, at_once, verbose
    )
    with evaluating.told():
        target = evaluating.target(f"{endpoint}={model}" if model else endpoint, price, timeout, api_key, revision)
        worse = evaluating.run_one(target, selection, output, baseline, store)
    raise typer.Exit(1 if worse else 0)


@evaluate.command("models")
def models_command(
    endpoint: Annotated[list[str], typer.Option(help="URL=MODEL or embedded=MODEL; give it again for each model.")],
    cases: Cases = None,
    action: Actions = None,
    kind: Kinds = None,
    limit: Limit = 0,
    trials: Trials = 1,
    at_once: AtOnce = 1,
    verbose: Verbose = False,
    price: Annotated[
        list[str] | None, typer.Option(help="Per million tokens, INPUT/OUTPUT; one for each endpoint, in order.")
    ] = None,
    timeout: Timeout = 120.0,
    api_key: ApiKey = "none",
    output: Json = None,
    plot: Annotated[Path, typer.Option(help="Where the picture goes.")] = Path("models.png"),
) -> None:
    """Put models side by side on the same cases: quality, latency and cost, as a table and a PNG."""
    from worker.cli import evaluating

    prices = price or [""] * len(endpoint)
    if len(prices) != len(endpoint):
        raise typer.BadParameter(f"{len(endpoint)} endpoints, and {len(prices)} prices; expected one for each")
    selection = evaluating.Selection(
        tuple(cases or ()), tuple(action or ()), tuple(kind or ()), limit, trials, at_once, verbose
    )
    with evaluating.told():
        targets = [
            evaluating.target(where, cost, timeout, api_key) for where, cost in zip(endpoint, prices, strict=True)
        ]
        evaluating.run_models(targets, selection, output, plot)


@evaluate.command("suite")
def suite_command(
    suite: Annotated[str, typer.Option(help="injection, pii, retail, retrieval or parity.")],
    data: Annotated[
        Path | None,
        typer.Option(help="A folder of labelled texts; parity has its own."),
    ] = None,
    endpoint: Annotated[str, typer.Option(help="Of parity: an OpenAI-compatible server's URL[=MODEL].")] = "embedded",
    at_once: AtOnce = 1,
    timeout: Timeout = 120.0,
    api_key: ApiKey = "none",
    output: Json = None,
    store: Annotated[bool, typer.Option("--store", help="Of parity: store it in the model's baseline.")] = False,
) -> None:
    """Measure guards, what is found in documents, or whether all are treated alike. Without texts, ends with 0."""
    from worker.cli import evaluating

    with evaluating.told():
        if suite == "parity":
            target = evaluating.target(endpoint, "", timeout, api_key)
            worse = evaluating.run_parity(target, at_once, output, store)
            raise typer.Exit(1 if worse else 0)
        if data is None:
            raise typer.BadParameter("--data names the folder of labelled texts")
        evaluating.run_suite(suite, data, output)


@evaluate.command("harvest")
def harvest_command(out: Out = Path("harvested.jsonl")) -> None:
    """Write candidate cases from what operators rejected, anonymous; read them before you take them over."""
    from worker.cli import evaluating

    with evaluating.told():
        evaluating.run_harvest(out)


@evaluate.command("import")
def import_command(
    tickets: Annotated[Path, typer.Argument(help="CSV. Columns id, text, did; user or facts; kind, language, …")],
    action: Annotated[str, typer.Option(help="Kind of action that the tickets asked for.")],
    column: Annotated[
        list[str] | None, typer.Option(help="Which column is which, as in text=body; did.cancel=refunded says a word.")
    ] = None,
    out: Out = Path("imported.jsonl"),
    at_once: AtOnce = 8,
) -> None:
    """Write candidate cases from tickets, anonymous and each once, with what people did as the suggested label."""
    from worker.cli import evaluating
    from worker.cli.importing import run_import

    with evaluating.told():
        run_import(tickets, action, column or (), out, at_once)


@evaluate.command("confirm")
def confirm_command(
    candidates: Annotated[Path, typer.Argument(help="What 'import' or 'harvest' wrote; what is left stays in it.")],
    out: Out = Path("confirmed.jsonl"),
) -> None:
    """Show each candidate to you, and keep what you confirm: cases that 'eval run' takes."""
    from worker.cli import evaluating
    from worker.cli.importing import run_confirm

    with evaluating.told():
        run_confirm(candidates, out)


@evaluate.command("export-training")
def export_command(out: Out = Path("training.jsonl")) -> None:
    """Write training lines from what operators approved, anonymous and each once; read them before you train."""
    from worker.cli import evaluating

    with evaluating.told():
        evaluating.run_export(out)
