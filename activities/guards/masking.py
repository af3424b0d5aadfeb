from collections.abc import Mapping

from activities.guards.pii import find_personal, find_placeholders
from activities.guards.walking import field_of
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
        self.rules: dict[str, None] = {}
        """Ids of the rules that found something, in the order they first did."""
        self._given = {value: placeholder for placeholder, value in placeholders.items()}
        self._last: dict[str, int] = {}
        for placeholder in placeholders:
            kind, _, number = placeholder.strip("<>").rpartition("_")
            self._last[kind] = max(self._last.get(kind, 0), int(number))

    def mask(self, path: str, text: str) -> str:
        """The text with placeholders; what was found is added to ``evidence``.

        ``path`` is the JSON pointer to the text; the name of its field says what a bare number is.
        """
        # The two never overlap: what looks like a placeholder is not searched for personal data.
        found = sorted([*find_placeholders(text), *find_personal(text, field_of(path))], key=lambda item: item.start)
        masked, at = [], 0
        for item in found:
            masked += [text[at : item.start], self._placeholder(item.label, text[item.start : item.end])]
            at = item.end
            self.evidence.append(Evidence(start=item.start, end=item.end, label=item.label, path=path))
            self.rules[item.rule] = None
        return "".join([*masked, text[at:]])

    def _placeholder(self, label: str, value: str) -> str:
        if value not in self._given:
            kind = label.upper()
            self._last[kind] = self._last.get(kind, 0) + 1
            self._given[value] = f"<{kind}_{self._last[kind]}>"
            self.placeholders[self._given[value]] = value
        return self._given[value]
