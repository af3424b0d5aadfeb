"""What a text costs whoever reads it."""

import time
from collections.abc import Callable


def cost(read: Callable[[], object], tries: int = 3) -> float:
    """CPU seconds of this thread, the best of so many tries: a long run of tests has garbage to collect in between."""

    def once() -> float:
        started = time.thread_time()
        read()
        return time.thread_time() - started

    return min(once() for _ in range(tries))


def growth(read: Callable[[str], object], text: Callable[[int], str], length: int) -> float:
    """How many times as much a text of 16 times the length costs: 16 where the cost is linear, 256 if quadratic.

    What costs less than a millisecond counts as one.
    """
    short, long = text(length), text(16 * length)
    return cost(lambda: read(long)) / max(cost(lambda: read(short)), 0.001)
