"""What a capability costs each time it is used."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from statistics import median

from rich.table import Table

from leverframe.capability import Approval, Use, approve, narrow
from tests.support.keys import capability
from worker.testing.keys import APPROVALS, ISSUER, VERIFIER

ROUNDS = 1000
ACTION_ID = "order_cancellation-0123456789abcdef-0123456789ab"


@dataclass(frozen=True)
class TokenFigures:
    """Medians in milliseconds, of the longest token there is: approved and narrowed."""

    narrow: float
    verify: float
    approve: float


def measure_tokens() -> TokenFigures:
    """Narrow, verify and approve over and over."""
    until = datetime.now(UTC) + timedelta(hours=1)
    key = str(ISSUER.public[ISSUER.newest[0]])
    use = Use("destructive", ACTION_ID, ("orders.cancel",), ("#W1000001",), "ab" * 32)
    bound = capability("mia_berg_1001", action_id=ACTION_ID)
    people = [Approval("olga", "principal"), Approval("rita", "signed")]

    def approved() -> str:
        return approve(bound, ISSUER.public, APPROVALS.newest[1], use.plan or "", people, until)

    token = approved()
    narrowed = narrow(token, key, use, until)
    return TokenFigures(
        narrow=_median(lambda: narrow(token, key, use, until)),
        verify=_median(lambda: VERIFIER.verify(narrowed, use)),
        approve=_median(approved),
    )


def report_tokens(figures: TokenFigures) -> Table:
    """The figures as a table."""
    table = Table(title="Capability tokens, median ms", min_width=40)
    for name in ("narrow", "verify", "approve"):
        table.add_column(name, justify="right")
    table.add_row(*(f"{value:.3f}" for value in (figures.narrow, figures.verify, figures.approve)))
    return table


def _median(once: Callable[[], object]) -> float:
    times = []
    for _ in range(ROUNDS):
        started = time.perf_counter()
        once()
        times.append((time.perf_counter() - started) * 1000)
    return median(times)
