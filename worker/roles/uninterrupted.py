"""Workflows that a starved machine only makes late.

Temporal's SDK takes a workflow that does not yield for two seconds for a deadlock: it raises an exception wherever the
workflow's thread stands, and takes the workflow out of its cache without waiting for that thread (what it waits for was
cancelled with the time limit). On a machine that is only starved, two threads then work on one workflow: its tasks are
never woken again, it cannot be taken out of the cache, and the action stands still until the worker is started anew.
Here the first thread comes to its end, what it did is thrown away, and the workflow task is tried again.
"""

import threading
from collections.abc import Callable
from typing import TypeVar

from temporalio.worker import UnsandboxedWorkflowRunner, WorkflowInstance, WorkflowInstanceDetails

Given = TypeVar("Given")
Made = TypeVar("Made")


class UninterruptedWorkflowRunner(UnsandboxedWorkflowRunner):
    """Without Temporal's sandbox, which finds code that would not replay, and keeps nobody out: the tests run it."""

    def create_instance(self, det: WorkflowInstanceDetails) -> WorkflowInstance:
        instance = super().create_instance(det)
        instance.activate = _one_at_a_time(instance.activate)  # type: ignore[method-assign, assignment]
        # A thread that is not known cannot be broken off; the price is that the error does not show where it stood.
        instance.get_thread_id = lambda: None  # type: ignore[method-assign]
        return instance


def _one_at_a_time(activate: Callable[[Given], Made]) -> Callable[[Given], Made]:
    lock = threading.Lock()

    def activated(given: Given) -> Made:
        with lock:
            return activate(given)

    return activated
