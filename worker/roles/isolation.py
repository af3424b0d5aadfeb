import ctypes
import sys

PR_SET_DUMPABLE = 4
"""``prctl(2)``: 0 closes a process's memory and environment (``/proc/PID``) to others of the same user, and to core
dumps. A program's start resets it, so that each process must ask for itself."""


def close_to_others() -> None:
    """Keep other processes of the same user from reading this one's secrets; does something on Linux only.

    Root, and whoever else has a capability that lifts this (``CAP_SYS_PTRACE``; on newer kernels ``CAP_PERFMON``,
    ``CAP_SYS_ADMIN`` and ``CAP_CHECKPOINT_RESTORE`` too), can still read them.
    """
    if sys.platform != "linux":
        return
    if ctypes.CDLL(None, use_errno=True).prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "prctl(PR_SET_DUMPABLE) failed")
