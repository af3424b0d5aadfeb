"""What an audit of many actions has found, told in lines."""

from collections import Counter
from collections.abc import Iterable, Iterator

from audit.audit import ActionAudit
from audit.bodies import KeyFate
from leverframe.pseudonym import subject_of


class Tally:
    """Counts audits; holds none of them."""

    def __init__(self) -> None:
        self.actions = 0
        self.entries = 0
        self._unreadable: Counter[str] = Counter()
        self._fates: dict[str, KeyFate] = {}

    def add(self, audit: ActionAudit) -> None:
        self.actions += 1
        self.entries += len(audit.entries)
        self._unreadable.update(audit.unreadable.values())
        pseudonym = subject_of(audit.action_id)
        if audit.fate and pseudonym:
            self._fates[pseudonym] = audit.fate

    def of_keys(self) -> Iterator[str]:
        """What cannot be read, and since when."""
        if self._unreadable["destroyed"]:
            gone = self._unreadable["destroyed"]
            yield f"{gone} bodies cannot be read any more: the keys of their people were destroyed."
        if self._unreadable["no key"]:
            sealed = self._unreadable["no key"]
            yield f"{sealed} bodies are sealed under keys that are not known here (LEVERFRAME_KEY_SERVICE_URL)."
        for pseudonym, fate in self._fates.items():
            when = f"destroyed {fate.destroyed_at:%Y-%m-%d %H:%M:%S %Z}" if fate.destroyed_at else "to be destroyed"
            doomed = f"doomed {fate.doomed_at:%Y-%m-%d %H:%M:%S %Z} by {fate.doomed_by}"
            yield f"The key of {pseudonym} is {when}; {doomed}."


def told_of_keys(audits: Iterable[ActionAudit]) -> Iterator[str]:
    """What cannot be read in these, and since when."""
    tally = Tally()
    for audit in audits:
        tally.add(audit)
    yield from tally.of_keys()
