import signal

import pytest

pytest_plugins = [
    "worker.testing",
    "tests.support.rig",
    "tests.support.state",
    "tests.support.two_customers",
    "tests.tools.shelf",
    "tests.support.stripe_double",
    "tests.support.rest_system",
    "tests.support.contracts_system",
    "tests.support.authorization",
    "tests.tools.http.acting",
    "tests.tools.mcp.notes",
    "tests.support.asked_outside",
    "tests.support.refunding",
    "tests.support.following",
    "tests.worker.endpoint",
    "tests.support.two_tenants",
]

LONG = (
    "tests/worker/test_stack.py",
    "tests/threats/test_workflow_worker.py",
    "tests/threats/test_workflow_worker_decisions.py",
    "tests/worker/test_cli.py",
    "tests/worker/test_inbox.py",
    "tests/test_examples.py",
    "tests/faults/test_stripe.py",
    "tests/faults/test_unanswered.py",
    "tests/workflows/test_item_actions.py",
    "tests/threats/test_poisoned_data.py",
    "tests/faults/test_kill.py",
    "tests/workflows/test_broken_rules.py",
    "tests/properties/test_promise.py",
    "tests/properties/test_linear.py",
    "tests/threats/test_operator_login.py",
    "tests/test_your_own_business.py",
    "tests/worker/test_demo.py",
    "tests/threats/test_process_secrets.py",
    "tests/test_systems_outside.py",
    "tests/workflows/test_ended_right.py",
    "tests/worker/test_at_work.py",
)
"""Files that take long, the longest first: most start processes and whole stacks of their own."""


def pytest_configure() -> None:
    """A run in a script's background ignores Ctrl-C, and so would every process that a test starts and interrupts."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What takes long goes first, so that the processes that share the tests end at about the same time."""
    with_servers = {item.path for item in items if "temporal" in getattr(item, "fixturenames", ())}

    def place(item: pytest.Item) -> tuple[int, bool]:
        file = item.nodeid.partition("::")[0]
        return LONG.index(file) if file in LONG else len(LONG), item.path not in with_servers

    items.sort(key=place)
