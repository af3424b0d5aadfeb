"""Trains the injection guard's classifier: ``python -m evals.train_injection DIR/injection/train.jsonl``.

Plain stochastic gradient descent, in the same order every time: the same file gives the same weights. What is written
holds words and word classes with their weights, and no text of the file.
"""

import json
import math
import random
from collections import Counter
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import typer
from pydantic import BaseModel

from activities.guards.injection_model import WEIGHTS, Model, features, on_topic, scale, windows
from activities.guards.injection_words import read_words
from activities.guards.text import normalise
from evals.jsonl import read_lines

SEED = 7
PASSES = 8
RATE = 0.05
DECAY = 2e-4
"""Strength of the L2 penalty: high, so that no single word decides."""
RARE = 6
"""Features in fewer windows than this are left out."""
FOLDS = 3
FALSE_ALARMS = 0.001
"""Share of harmless training texts, judged by a model that has not seen them, that may reach the threshold."""


class Labelled(BaseModel):
    """A line of the training file."""

    source: str
    label: Literal[0, 1]
    """1 for an attack."""
    text: str


@dataclass(frozen=True)
class Sample:
    """A training text, reduced to what the classifier looks at."""

    source: str
    attack: bool
    windows: tuple[frozenset[str], ...]
    """Features of each window."""
    judged: tuple[bool, ...]
    """For each window, whether the guard judges it at all."""


def read_samples(path: Path) -> list[Sample]:
    """The samples of a JSON-lines file. Raises :class:`~evals.jsonl.MalformedData`."""
    return [_sample(row.source, bool(row.label), row.text) for row in read_lines(path, Labelled)]


def train(samples: Sequence[Sample]) -> Model:
    """A model with the threshold that gives ``FALSE_ALARMS`` on samples that it has not seen."""
    scores: list[float] = []
    for fold in range(FOLDS):
        fitted = fit([sample for index, sample in enumerate(samples) if index % FOLDS != fold])
        unseen = (sample for index, sample in enumerate(samples) if index % FOLDS == fold and not sample.attack)
        scores += [_highest(fitted, sample) for sample in unseen]
    scores.sort()
    threshold = scores[math.ceil(len(scores) * (1 - FALSE_ALARMS)) - 1]
    fitted = fit(samples)
    return Model(fitted.weights, fitted.bias, threshold)


def fit(samples: Sequence[Sample]) -> Model:
    """Logistic regression over the windows. Sources weigh by the root of their size: none drowns the others."""
    counts = Counter(feature for sample in samples for window in sample.windows for feature in window)
    weights = {feature: 0.0 for feature, count in counts.items() if count >= RARE}
    weight_of = _weights_of_sources(samples)
    # Sorted, because the order of a set is not the same in every run.
    rows = [
        (sorted(weights.keys() & window), len(window), sample.attack, weight_of(sample))
        for sample in samples
        for window in sample.windows
    ]
    shuffled, bias = random.Random(SEED), 0.0  # noqa: S311 (an order, not a secret)
    for turn in range(PASSES):
        shuffled.shuffle(rows)
        rate = RATE / (1 + turn)
        for known, size, attack, weight in rows:
            factor = scale(size)
            score = bias + factor * sum(map(weights.__getitem__, known))
            step = rate * weight * (attack - 1 / (1 + math.exp(-max(-30.0, min(30.0, score)))))
            bias += step
            for feature in known:
                weights[feature] += factor * step - rate * DECAY * weights[feature]
    return Model(weights, bias, math.inf)


def _sample(source: str, attack: bool, text: str) -> Sample:
    parts = list(windows(read_words(normalise(text).text)))
    return Sample(source, attack, tuple(features(part) for part in parts), tuple(on_topic(part) for part in parts))


def _highest(model: Model, sample: Sample) -> float:
    judged = (window for window, is_judged in zip(sample.windows, sample.judged, strict=True) if is_judged)
    return max((model.score(window) for window in judged), default=-math.inf)


def _weights_of_sources(samples: Collection[Sample]) -> Callable[[Sample], float]:
    sizes = Counter((sample.source, sample.attack) for sample in samples)
    total = sum(math.sqrt(size) for size in sizes.values())
    return lambda sample: len(samples) / total / math.sqrt(sizes[sample.source, sample.attack])


def main(path: Path, output: Path = WEIGHTS) -> None:
    """Train on PATH and write the weights."""
    trained = train(read_samples(path))
    # Rounded: the file stays small, and a difference in the last digits of a sum changes nothing.
    kept = {name: round(weight, 3) for name, weight in sorted(trained.weights.items()) if abs(weight) >= 0.005}
    body = {"bias": round(trained.bias, 3), "threshold": round(trained.threshold, 3), "weights": kept}
    output.write_text(json.dumps(body, ensure_ascii=False, indent=0) + "\n", "utf-8")
    typer.echo(f"{output}: {len(kept)} weights, threshold {trained.threshold:.3f}")


if __name__ == "__main__":
    typer.run(main)
