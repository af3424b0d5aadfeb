"""How far an action goes here: beside its people, with them choosing, or for good (``LEVERFRAME_MODE``)."""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Literal, get_args

Mode = Literal["shadow", "assist", "live"]
"""``shadow``: up to the proposal and its plan; nobody is asked, nothing is written, the customer hears nothing.
``assist``: a person chooses, also where the machine would go on by itself. ``live``: as the machine says."""
MODES: tuple[Mode, ...] = get_args(Mode)
EXPECTED = "expected live, assist or shadow, or some of ACTION=MODE and TENANT/ACTION=MODE with commas between"
ANY = "*"
ONE = re.compile(rf"((?:(?P<tenant>[\w.-]{{1,100}})/)?(?P<action>\w{{1,100}}|\*) ?= ?)?(?P<mode>{'|'.join(MODES)})")
MARK = "mode-"
"""What the marker of a mode in an action's history begins with; one without a marker is live, as all were before."""


def marked(mode: Mode) -> str:
    """The change under which the history says that an action was begun in this mode."""
    return f"{MARK}{mode}"


def begun_in(change: str) -> Mode | None:
    """The mode that a change is about; ``None`` for another change."""
    return next((mode for mode in MODES if change == marked(mode)), None)


@dataclass(frozen=True)
class Modes:
    """Which mode an action is begun in."""

    chosen: Mapping[tuple[str, str], Mode] = field(default_factory=dict)
    """By tenant and action, either of them :data:`ANY`."""

    @classmethod
    def parse(cls, text: str) -> "Modes":
        """Read ``live``, ``shadow,contract_end=live`` or ``acme/contract_end=assist``.

        Raises ``ValueError``, which says what was expected.
        """
        chosen: dict[tuple[str, str], Mode] = {}
        for one in filter(None, map(str.strip, text.split(","))):
            read = ONE.fullmatch(one)
            place = (read["tenant"] or ANY, read["action"] or ANY) if read else (ANY, ANY)
            if read is None or place in chosen:
                raise ValueError(f"{EXPECTED}, each once; not {one!r}")
            chosen[place] = next(mode for mode in MODES if mode == read["mode"])
        return cls(chosen)

    def of(self, action: str, tenant: str) -> Mode:
        """The mode in which an action of a tenant is begun: what is said of both before what is said of one."""
        places = ((tenant, action), (tenant, ANY), (ANY, action), (ANY, ANY))
        return next((self.chosen[place] for place in places if place in self.chosen), "live")

    def all_of(self, action: str, tenant: str) -> frozenset[Mode]:
        """The modes in which an action is begun for this tenant, and for those that are named."""
        return frozenset(self.of(action, one) for one in (tenant, *(one for one, _ in self.chosen if one != ANY)))

    def unknown(self, actions: Collection[str]) -> list[str]:
        """Actions that are named and do not run here: what was meant for them would count for nothing."""
        return sorted({action for _, action in self.chosen if action != ANY and action not in actions})
