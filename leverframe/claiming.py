"""Whether decisions count here under names that somebody merely claims, which every screen then says in one line."""

import os

APPROVER_TRUST = "LEVERFRAME_APPROVER_TRUST"
"""Environment variable of the approvals role; whoever shows plans is told it too, and decides nothing by it."""
ANY_NAME = "Decisions count here under any name that somebody claims, unverified: 'claimed'"
CLAIMED_BELOW = "Whoever is 'claimed' below is unverified: anybody could have sent the decision under that name."
"""Over decisions of which at least one was."""


def any_name_counts() -> str:
    """The line; empty where no such name counts, and where this process is not told."""
    return f"{ANY_NAME}." if os.environ.get(APPROVER_TRUST) == "claimed" else ""
