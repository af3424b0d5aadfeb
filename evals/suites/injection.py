"""Instructions to the model, in labelled texts: ``{"source", "kind", "label", "text"}``, label 1 for an attack."""

from pathlib import Path

from activities.guards.injection import VERSION
from audit.rates import Rate
from evals import injection
from evals.suites.figures import Counted, Figures, suite_figures

GUARD = "guard"


def measure(folder: Path) -> Figures:
    """The injection guard over a folder and those below, training texts left out.

    Plain requests, which no words give away, are told apart. Raises :class:`~evals.jsonl.MalformedData`.
    """
    rows = injection.read_rows(folder)
    measured = injection.measure(rows, {GUARD: injection.finders()[GUARD]})
    counted = [
        _counted(source, kind, attack, Rate(count=tally.found.get(GUARD, 0), of=tally.texts))
        for (attack, source, kind), tally in measured.tallies.items()
    ]
    return suite_figures("injection", VERSION, counted, apart=lambda one: one.kind.startswith(injection.PLAIN))


def _counted(source: str, kind: str, attack: bool, raised: Rate) -> Counted:
    findings = Rate(count=raised.count if attack else 0, of=raised.count)
    if attack:
        return Counted(source, kind, found=raised, right=findings)
    return Counted(source, kind, alarms=raised, right=findings)
