"""What was aimed at, and whether it is reached: the rows of the table in docs/performance.md."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from benchmarks.results import Figures, Measured

OURS, QUEUED, NAIVE = "Leverframe", "plain, by role queues", "plain"
PEERS = ("pydantic-ai", "openai-agents", "agent-harness")
Figure = Callable[[Figures], float]


@dataclass(frozen=True)
class Goal:
    """One figure of an action, or its ratio to another way's in the same run."""

    words: str
    figure: Figure
    most: float | None = None
    least: float | None = None
    against: str | None = None

    def of(self, found: Measured) -> float | None:
        """What was found; ``None`` where the other way was not measured."""
        if self.against is None:
            return self.figure(found.ways[OURS])
        if self.against not in found.ways:
            return None
        return self.figure(found.ways[OURS]) / self.figure(found.ways[self.against])

    def reached(self, found: float) -> bool:
        """As the figure is told, not finer."""
        told = float(self.told(found).replace("x", ""))
        return told <= self.most if self.most is not None else told >= (self.least or 0)

    def told(self, found: float) -> str:
        """A number as the table has it."""
        if self.against:
            return f"{found:.2f}x"
        return f"{found:.2f}" if found < 1 else f"{found:.0f}"

    @property
    def aim(self) -> str:
        """In words."""
        number = self.most if self.most is not None else self.least
        return f"{'at most' if self.most is not None else 'at least'} {number:g}{'x' if self.against else ''}"


def _cpu(one: Figures) -> float:
    return sum(one.cpu_loaded.values())


def _memory(one: Figures) -> float:
    return one.waiting_megabytes or 0.0


GOALS = (
    Goal("start to waiting", lambda one: one.to_waiting_p50, most=1.0, against=QUEUED),
    Goal("start to waiting", lambda one: one.to_waiting_p50, most=1.6, against=NAIVE),
    Goal("approval to done", lambda one: one.to_done_p50, most=1.3, against=QUEUED),
    Goal("approval to done", lambda one: one.to_done_p50, most=2.0, against=NAIVE),
    Goal("actions a second, many in flight", lambda one: one.per_second, least=0.9, against=QUEUED),
    Goal("actions a second, many in flight", lambda one: one.per_second, least=0.5, against=NAIVE),
    Goal("CPU-ms of an action, all processes", _cpu, most=280),
    Goal("billable Temporal actions", lambda one: one.billable, most=11),
    Goal("history events", lambda one: one.events, most=50),
    Goal("history, kB", lambda one: one.kilobytes, most=32),
    Goal("SQL statements", lambda one: one.statements, most=45),
    Goal("MiB of the workflow worker for a waiting action", _memory, most=0.22),
    *(
        Goal(words, figure, most, least, peer)
        for peer in PEERS
        for words, figure, most, least in (
            ("CPU of an action", _cpu, 1.0, None),
            ("actions a second, many in flight", lambda one: one.per_second, None, 1.0),
            ("billable Temporal actions", lambda one: one.billable, 1.1, None),
        )
    ),
)


def rows(before: Measured, now: Measured) -> Iterator[tuple[str, ...]]:
    """Figure, before, now, goal, and whether it is reached."""
    for goal in GOALS:
        if (found := goal.of(now)) is not None and (was := goal.of(before)) is not None:
            yield _words(goal), goal.told(was), goal.told(found), goal.aim, _reached(goal, found)


def beside(peers: Measured) -> Iterator[tuple[str, ...]]:
    """The same against the peers, in the run that they were measured in."""
    for goal in GOALS:
        if goal.against in PEERS and (found := goal.of(peers)) is not None:
            yield _words(goal), "", goal.told(found), goal.aim, _reached(goal, found)


def _words(goal: Goal) -> str:
    return f"{goal.words}, against {goal.against}" if goal.against else goal.words


def _reached(goal: Goal, found: float) -> str:
    return "reached" if goal.reached(found) else "not reached"
