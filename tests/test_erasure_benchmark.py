"""The benchmark of erasures, in a small form: it runs, prints what it found, and fails beyond its limit."""

import subprocess
import sys

from benchmarks.erasure import MOST, Cost, growth


def test_it_prints_what_erasures_take() -> None:
    command = [sys.executable, "-m", "benchmarks.erasure", "--orders", "20", "60", "--most", "0.01"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    told = " ".join(done.stdout.split())
    for words in ("orders", "changes", "preview", "execution", "ms per order", " 124 ", " 364 "):
        assert words in told, done.stderr
    assert done.returncode == 1
    assert "times as much among 60 as among 20, and may cost 0.01 times as much." in done.stderr


def cost(orders: int, cpu: float) -> Cost:
    return Cost(orders, orders * 6, cpu / 2, cpu / 2, cpu)


def test_a_square_is_beyond_the_limit_and_a_line_is_not() -> None:
    assert growth([cost(100, 1), cost(400, 4), cost(3200, 32)]) == 1
    assert growth([cost(100, 0.1), cost(3200, 0.1 * 32**2)]) > MOST
    assert growth([cost(100, 1), cost(3200, 40)]) < MOST
