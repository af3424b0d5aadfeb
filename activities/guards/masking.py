from collections.abc import Mapping

from activities.guards.pii import find_personal, find_placeholders
from leverframe.contracts.verdict import Evidence


class Masking:
    """Replaces personal data by placeholders, the same value always by the same one.

    Text that only looks like a placeholder is masked as well, as ``<LITERAL_1>``: so whatever the user
    writes, a placeholder in masked text stands for what stood in that very place.
    """

    def __init__(self, placeholders: Mapping[str, str]) -> None:
        self.placeholders = dict(placeholders)
        """All placeholders so far, to the value behind each."""
        self.evidence: list[Evidence] = []
        self._given = {value: placeholder for placeholder, value in placeholders.items()}

    def mask(self, path: str, text: str) -> str:
        """The text with placeholders; what was found is added to ``evidence``."""
        # The two never overlap: no personal value holds an angle bracket.
        found = sorted([*find_placeholders(text), *find_personal(text)], key=lambda item: item.start)
        masked, at = [], 0
        for item in found:
            masked += [text[at : item.start], self._placeholder(item.label, text[item.start : item.end])]
            at = item.end
            self.evidence.append(Evidence(start=item.start, end=item.end, label=item.label, path=path))
        return "".join([*masked, text[at:]])

    def _placeholder(self, label: str, value: str) -> str:
        if value not in self._given:
            kind = label.upper()
            number = 1 + sum(given.startswith(f"<{kind}_") for given in self.placeholders)
            self._given[value] = f"<{kind}_{number}>"
            self.placeholders[self._given[value]] = value
        return self._given[value]
