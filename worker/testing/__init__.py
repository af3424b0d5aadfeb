"""The test kit: real parts for the tests of a business's own package.

One line in its ``tests/conftest.py`` gives the fixtures ``temporal``, ``database`` and ``rig``::

    pytest_plugins = ["worker.testing"]

and ``leverframe_businesses`` in its pytest configuration says which businesses run in them; ``new-action`` writes both.
It is no entry point: the pytest of whoever installs the SDK alone neither loads it nor waits for it.

PYTEST_DONT_REWRITE: it asserts nothing, and may be imported before pytest loads it.
"""

import os

import pytest

from leverframe.business import CHOICE

pytest_plugins = ["worker.testing.postgres", "worker.testing.servers", "worker.testing.rig"]

LOOPS = ("asyncio_default_fixture_loop_scope", "asyncio_default_test_loop_scope")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addini("leverframe_businesses", f"which businesses run in the tests, as {CHOICE} says it", "string", "")


def pytest_configure(config: pytest.Config) -> None:
    if chosen := config.getini("leverframe_businesses"):
        # Programs that a test starts are to know it too.
        os.environ[CHOICE] = str(chosen)
    if config.getini("asyncio_mode") != "auto" or any(config.getini(name) != "session" for name in LOOPS):
        settings = "\n".join(['asyncio_mode = "auto"', *(f'{name} = "session"' for name in LOOPS)])
        raise pytest.UsageError(f"worker.testing expects in [tool.pytest.ini_options]:\n{settings}")
