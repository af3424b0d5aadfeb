"""From when on an action may go live: how often it must have agreed with people (``LEVERFRAME_LIVE_BAR``)."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

ONE = re.compile(r"((?P<action>\w{1,100}) ?= ?)?(?P<share>0?\.\d{1,4}|1(\.0+)?)/(?P<cases>\d{1,6})")
EXPECTED = "expected SHARE/CASES, such as 0.9/100, or some of ACTION=SHARE/CASES with commas between"


@dataclass(frozen=True)
class Bar:
    """What must have been found of the newest prompt and model."""

    share: float
    """Of the cases compared: the lower end of the 95 % interval of those that agreed: few cases prove little."""
    cases: int
    """How many must have been compared at the least."""

    def __str__(self) -> str:
        return (
            f"at least {self.cases} cases, with the lower end of the agreement's interval at {self.share:.1%} or more"
        )


@dataclass(frozen=True)
class Bars:
    """The bar of each action that has one."""

    chosen: Mapping[str, Bar] = field(default_factory=dict)

    @classmethod
    def parse(cls, text: str) -> "Bars":
        """Read ``0.9/100`` or ``contract_end=0.9/100,contract_card=0.95/200``; raises ``ValueError`` in words."""
        chosen: dict[str, Bar] = {}
        for one in filter(None, map(str.strip, text.split(","))):
            read = ONE.fullmatch(one)
            if read is None or (read["action"] or "") in chosen:
                raise ValueError(f"{EXPECTED}, each once; not {one!r}")
            chosen[read["action"] or ""] = Bar(float(read["share"]), int(read["cases"]))
        return cls(chosen)

    def of(self, action: str) -> Bar | None:
        """The bar of an action, or of all; ``None`` where there is none."""
        return self.chosen.get(action) or self.chosen.get("")
