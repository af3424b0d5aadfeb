"""How an interpreter ends that has talked with Temporal.

The threads of Temporal's client run until the process ends, and know nothing of the interpreter's end
(temporalio/sdk-python #300): a program that has succeeded would abort, or never leave.
"""

import atexit
import ctypes
import sys
import threading
import time
from functools import cache

from temporalio.runtime import Runtime

PATIENCE = 1.0
"""Seconds that the interpreter waits at its end; what it waits for takes a thread some microseconds."""


@cache
def leave_in_order() -> None:
    """Let this process end as its program says, also with calls under way; for all that use Temporal's default runtime.

    Once for a process.
    """
    # Taken apart with the interpreter, the runtime waits for its threads, and any that has an answer to hand over waits
    # for the interpreter. So it is never taken apart: one reference to it is given away.
    ctypes.pythonapi.Py_IncRef(ctypes.py_object(Runtime.default()))
    atexit.register(_let_answers_arrive)


def _let_answers_arrive() -> None:
    """Wait until no thread is in the middle of handing an answer to asyncio.

    Such a thread has woken the program, and not yet let go of the interpreter: one that ends meanwhile aborts.
    """
    patient_until = time.monotonic() + PATIENCE
    while _strangers() and time.monotonic() < patient_until:
        # Gives them the interpreter for a moment.
        time.sleep(0.001)


def _strangers() -> bool:
    """Whether a thread that Python did not start runs Python code."""
    own = {thread.ident for thread in threading.enumerate() if not isinstance(thread, threading._DummyThread)}
    return not sys._current_frames().keys() <= own
