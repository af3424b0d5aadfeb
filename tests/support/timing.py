"""What a text costs whoever reads it."""

import time
from collections.abc import Callable


def growth(read: Callable[[str], object], text: Callable[[int], str], length: int) -> float:
    """How many times as much a text of 16 times the length costs: 16 where the cost is linear, 256 if quadratic.

    In CPU time, the best of three tries each. What costs less than a millisecond counts as one.
    """

    def seconds(shown: str) -> float:
        times = []
        for _ in range(3):
            started = time.process_time()
            read(shown)
            times.append(time.process_time() - started)
        return min(times)

    return seconds(text(16 * length)) / max(seconds(text(length)), 0.001)
