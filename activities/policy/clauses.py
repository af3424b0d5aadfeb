import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

from pydantic import ValidationError

from activities.front_matter import InvalidHeader, read_header, read_version
from activities.policy.ranking import Ranking
from activities.texts import folders
from leverframe.contracts.policy import Clause

HEADING = re.compile(r"^## +(.*?) *$", re.MULTILINE)
NOTES = "README.md"
"""The file of the folder that holds no clauses."""


class InvalidPolicy(ValueError):
    """A file of the policy cannot be used; the message names file and clause, and what was expected."""


@dataclass(frozen=True)
class Entry:
    """A clause as its file has it."""

    clause: Clause
    words: str
    """What customers say about it, in their languages; only searched. Empty: nobody asks about it, a rule names it."""
    whose: str = ""
    """The business whose policy has it."""

    @property
    def searched(self) -> str:
        """All that a message is compared with."""
        return f"{self.clause.text} {self.words}"


class Policy:
    """The clauses by id, and a search over the texts and words of those that have words."""

    def __init__(self, entries: Iterable[Entry]) -> None:
        self.entries = tuple(entries)
        self.clauses: Mapping[str, Clause] = {entry.clause.id: entry.clause for entry in self.entries}
        # Many short details would outrank the few clauses that customers mean.
        told = [entry for entry in self.entries if entry.words]
        self._rankings = {
            whose: Ranking({one.clause.id: one.searched for one in told if one.whose == whose})
            for whose in {entry.whose for entry in told}
        }

    def nearest(self, text: str, whose: str = "") -> list[Clause]:
        """The clauses of a business that share words with a text, best first; without a name, of every one in turn."""
        rankings = [ranking for name, ranking in sorted(self._rankings.items()) if whose in ("", name)]
        return [self.clauses[clause_id] for ranking in rankings for clause_id in ranking.nearest(text)]

    def terms(self, whose: str = "") -> frozenset[str]:
        """The words of all that a message to a business is compared with; without a name, of every one."""
        rankings = (ranking for name, ranking in self._rankings.items() if whose in ("", name))
        return frozenset[str]().union(*(ranking.terms for ranking in rankings))


def read_policy(folder: Path) -> Policy:
    """Read all clauses of a folder; raises as :func:`joined_policies`."""
    return joined_policies({"": folder})


def joined_policies(folders: Mapping[str, Path]) -> Policy:
    """Read all clauses of some folders, each the policy of the business that it is named by.

    Raises:
        InvalidPolicy: for a clause without a text, version or proper id, an id given twice, and a folder without any.
    """
    entries: dict[str, Entry] = {}
    for whose, folder in folders.items():
        before = len(entries)
        for path in sorted(folder.glob("*.md")):
            if path.name == NOTES:
                continue
            for entry in _entries(path.name, path.read_text(encoding="utf-8")):
                if entry.clause.id in entries:
                    raise InvalidPolicy(
                        f"{path.name}: the clause {entry.clause.id} is there twice; each id is used once"
                    )
                entries[entry.clause.id] = replace(entry, whose=whose)
        if len(entries) == before:
            raise InvalidPolicy(f"there is no clause in {folder}/; expected headings like '## NO-RETURN'")
    return Policy(entries.values())


@cache
def load_policy() -> Policy:
    """The policies of the businesses that run here, read once. Raises :class:`InvalidPolicy`."""
    return joined_policies({name: folder / "policies" for name, folder in folders().items()})


def _entries(file: str, source: str) -> Iterator[Entry]:
    _, *parts = HEADING.split(source)
    for clause_id, body in zip(parts[::2], parts[1::2], strict=True):
        try:
            yield _entry(clause_id, body)
        except ValidationError as error:
            what = "; ".join(f"{fault['loc'][0]}: {fault['msg']}" for fault in error.errors())
            raise InvalidPolicy(f"{file}: the clause {clause_id!r} is not valid: {what}") from None
        except InvalidHeader as error:
            raise InvalidPolicy(f"{file}: the clause {clause_id!r}: {error}") from None


def _entry(clause_id: str, body: str) -> Entry:
    head, _, text = body.strip("\n").partition("\n\n")
    header = read_header(head, required=frozenset({"version"}), optional=frozenset({"words"}))
    clause = Clause(id=clause_id, version=read_version(header), text=" ".join(text.split()))
    return Entry(clause, header.get("words", ""))
