"""Lists of actions that operators ask for again and again, as queries of Temporal's. Pure."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import urlencode

from leverframe.contracts.names import AWAITING, CASE, ESCALATED, OUTCOME

ROLE = re.compile(r"[a-z][a-z0-9_]{0,39}")
"""How an operators' role is written, such as ``support_lead``."""
DEFAULT_ROLE = "support"

WAITING = 'ExecutionStatus = "Running"'
REFUSED = f'{OUTCOME.name} IN ("rejected", "blocked")'
TODAY = 'CloseTime >= "{since}"'


@dataclass(frozen=True)
class View:
    """One list. Temporal's queries know moments and not the word "today": it is put in when the list is opened."""

    title: str
    template: str
    """The query; ``{role}`` and ``{since}`` (the moment when today began) are put in."""

    @property
    def of_role(self) -> bool:
        """Whether it is another list for each role."""
        return "{role}" in self.template

    def query(self, role: str, since: datetime) -> str:
        """The query for a role, on the day that began at ``since``.

        Raises:
            ValueError: when the role is not of the form of one.
        """
        if not ROLE.fullmatch(role):
            raise ValueError(f"{role[:80]!r} is no role; expected one such as support or support_lead")
        return self.template.format(role=role, since=f"{since.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}")


VIEWS = {
    "awaiting": View("awaiting my role", f'{AWAITING.name} = "{{role}}" AND {WAITING}'),
    "escalated": View("escalated: it waits for the lead", f'{ESCALATED.name} = "yes" AND {WAITING}'),
    "cases": View(
        "cases for my role to settle", f'WorkflowType = "{CASE}" AND {AWAITING.name} = "{{role}}" AND {WAITING}'
    ),
    "refused-today": View("refused today, by people or by the checks", f"{REFUSED} AND {TODAY}"),
    "waiting": View("waiting for anybody, customers too", f'{AWAITING.name} != "nobody" AND {WAITING}'),
    "expired-today": View("left undone today: nobody decided in time", f'{OUTCOME.name} = "expired" AND {TODAY}'),
    "ended-today": View("ended today", f'ExecutionStatus = "Completed" AND {TODAY}'),
    "refused": View("refused on any day", REFUSED),
}
"""All lists by the name that stands in their addresses."""


def link(ui: str, namespace: str, query: str) -> str:
    """The page of the Temporal UI at ``ui`` that shows what a query finds."""
    return f"{ui}/namespaces/{namespace}/workflows?{urlencode({'query': query})}"
