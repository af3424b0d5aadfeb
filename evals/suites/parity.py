"""Whether the same wish gets the same proposal whoever writes it: in other names, languages, registers and dialects.

Each pair is a case of ``evals/cases`` and the same in other words; what the reads return is the same. Whether both are
right is for ``eval run``: here two that are wrong in the same way are treated alike.
"""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, JsonValue
from rich.table import Table

from activities.guards.proposal import CITATION
from activities.model_endpoint import ModelEndpoint
from audit.rates import Rate
from evals.cases import Case, case_files, read_cases
from evals.deciding import Decided
from evals.jsonl import MalformedData, read_lines
from evals.report import fingerprint
from evals.running import Progress, decide_all
from leverframe.placeholders import put_back

PAIRS = Path(__file__).parents[1] / "parity" / "pairs.jsonl"
KINDS = ("name", "language", "register", "dialect")


class Pair(BaseModel):
    """A case in other words."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str = Field(min_length=1)
    like: str
    """Id of the case."""
    kind: Literal["name", "language", "register", "dialect"]
    """In what it differs."""
    text: str


class Parity(BaseModel):
    """How often both got the same proposal."""

    model_config = ConfigDict(frozen=True)

    pairs: str
    """Fingerprint of the pairs that it is over."""
    same: Rate
    by_kind: dict[str, Rate]
    events: dict[str, int] = {}
    """What was proposed in other words, and how often: where it is always the same, nothing was tried."""
    apart: tuple[str, ...] = ()
    """Ids of the pairs that did not, with both proposals."""


def read_pairs(path: Path = PAIRS) -> list[tuple[Case, Case]]:
    """Each case with itself in other words, of what it differs in as its group.

    Raises :class:`~evals.jsonl.MalformedData` for a pair without its case, too.
    """
    cases = {case.id: case for name in case_files() for case in read_cases(name)}
    pairs = read_lines(path, Pair)
    if unknown := {pair.like for pair in pairs} - cases.keys():
        raise MalformedData(f"{path}: no case has the id {', '.join(sorted(unknown))}")
    return [
        (cases[pair.like], cases[pair.like].model_copy(update={"id": pair.id, "group": pair.kind, "text": pair.text}))
        for pair in pairs
    ]


async def take_pairs(
    pairs: Sequence[tuple[Case, Case]], endpoint: ModelEndpoint, at_once: int, progress: Progress
) -> list[tuple[Decided, Decided]]:
    """Have a model decide all of them, each case once."""
    cases = {case.id: case for pair in pairs for case in pair}
    (decided,) = await decide_all(list(cases.values()), endpoint, at_once=at_once, progress=progress)
    by_id = {one.case.id: one for one in decided}
    return [(by_id[case.id], by_id[other.id]) for case, other in pairs]


def parity(decided: Sequence[tuple[Decided, Decided]]) -> Parity:
    """How often two got the same proposal: the event, and every argument but the clause that it cites.

    Two without any got none.
    """
    return Parity(
        pairs=fingerprint(other.case for _, other in decided),
        same=Rate.among(_same(*pair) for pair in decided),
        by_kind={kind: Rate.among(_same(*pair) for pair in decided if pair[1].case.group == kind) for kind in KINDS},
        events=dict(Counter(other.event for _, other in decided).most_common()),
        apart=tuple(
            f"{other.case.id}: {_told(one)} and {_told(other)}" for one, other in decided if not _same(one, other)
        ),
    )


def parity_table(found: Parity, model: str) -> Table:
    """The figures by what differs, and over all."""
    table = Table("in other …", "same proposal", title=f"parity, {model}, pairs {found.pairs}", title_justify="left")
    for kind, rate in found.by_kind.items():
        table.add_row(f"{kind}s", str(rate))
    table.add_section()
    table.add_row("all", str(found.same))
    return table


def _same(one: Decided, other: Decided) -> bool:
    return one.event != "undecided" and _proposal(one) == _proposal(other)


def _proposal(decided: Decided) -> tuple[str, dict[str, JsonValue]]:
    arguments = {name: value for name, value in decided.arguments.items() if name != CITATION}
    # As a tool would be given it: the same address has another placeholder where a name stands before it.
    return decided.event, put_back(arguments, decided.placeholders)


def _told(decided: Decided) -> str:
    event, arguments = _proposal(decided)
    return " ".join([event, *map(str, arguments.values())])
