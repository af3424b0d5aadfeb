"""Why an action stands where it does, as the rows that people read: every screen draws these in its own markup. Pure.

All text in them is inert (:func:`leverframe.telling.inert`) and stands on one line.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from pydantic import JsonValue

from leverframe.contracts.policy import Clause
from leverframe.contracts.proposal import Proposal
from leverframe.contracts.verdict import Verdict
from leverframe.contracts.why import Way, Why
from leverframe.naming import NAME, named
from leverframe.telling import JUDGEMENTS, inert_value

QUOTED_LIMIT = 600
"""Characters of a quoted text that are shown: it explains, and nothing is decided on it."""


@dataclass(frozen=True)
class Piece:
    """Some words of a row."""

    text: str
    strong: bool = False
    theirs: bool = False
    """Whether users, models or data wrote it, so that it must be told apart from what is ours."""


@dataclass(frozen=True)
class WhyLine:
    """One row."""

    label: str
    pieces: tuple[Piece, ...]


def why_lines(why: Why, brief: bool) -> Iterator[WhyLine]:
    """All rows, from who asked to what can happen next.

    ``brief`` where a plan waits, which rests on the cited clauses: others are only named.
    """
    yield WhyLine("asked by", (_theirs(why.requester), Piece(" for user "), _theirs(why.pseudonym)))
    for message in why.messages:
        yield WhyLine("user wrote", (_theirs(message),))
    for quoted in why.quoted:
        yield WhyLine("user quoted", (_theirs(_short(quoted)),))
    if why.proposal:
        yield WhyLine("proposal", tuple(_proposal(why.proposal, why.cited)))
        for clause in why.cited:
            yield WhyLine("rests on", _clause(clause))
        yield WhyLine("model says", (_theirs(why.proposal.rationale),))
    if brief and why.related:
        yield WhyLine("see also", _listed(", ", ((Piece(clause.id, strong=True),) for clause in why.related)))
    elif not brief:
        # Whoever takes over begins with these.
        for clause in why.related:
            yield WhyLine("see also", _clause(clause))
    yield from _guards(why.verdicts)
    if why.ways:
        yield WhyLine("next", _listed("; ", map(_way, why.ways)))


def _proposal(proposal: Proposal, cited: Iterable[Clause]) -> Iterator[Piece]:
    told = {clause.id for clause in cited}
    yield _name(proposal.event, strong=True)
    for argument, value in proposal.arguments.items():
        if str(value) not in told:
            yield from (Piece(", "), _name(argument), Piece(" "), _theirs(value))


def _clause(clause: Clause) -> tuple[Piece, ...]:
    return Piece(clause.id, strong=True), Piece(f", version {clause.version}: "), _theirs(clause.text)


def _guards(verdicts: tuple[Verdict, ...]) -> Iterator[WhyLine]:
    found = [verdict for verdict in verdicts if verdict.rule != "none"]
    for one in found:
        judged = (
            Piece(named(one.guard), theirs=True),
            Piece(" "),
            Piece(JUDGEMENTS[one.judgement], strong=True),
            Piece(": "),
        )
        yield WhyLine(
            "guards", (*judged, _theirs(one.reason), Piece(" (rule "), Piece(named(one.rule), theirs=True), Piece(")"))
        )
    if verdicts:
        quiet = f"{len(verdicts) - len(found)} of {len(verdicts)} checks found nothing."
        yield WhyLine("guards", (Piece(quiet),))


def _way(way: Way) -> tuple[Piece, ...]:
    return _name(way.event), Piece(" → "), _name(way.target, strong=True)


def _listed(between: str, groups: Iterable[tuple[Piece, ...]]) -> tuple[Piece, ...]:
    return tuple(piece for group in groups for piece in (Piece(between), *group))[1:]


def _theirs(value: JsonValue) -> Piece:
    return Piece(inert_value(value), theirs=True)


def _name(name: str, strong: bool = False) -> Piece:
    shown = named(name)
    return Piece(shown, strong, theirs=not NAME.fullmatch(shown))


def _short(text: str) -> str:
    left = len(text) - QUOTED_LIMIT
    return f"{text[:QUOTED_LIMIT]} … ({left} more characters)" if left > 0 else text
