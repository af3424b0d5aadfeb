"""How much one plan may change. Pure: workflows and tools reckon alike."""

import zlib

from leverframe.contracts.plan import Plan

MOST_CHANGES = 25_000
"""The most changed rows and requests of one plan: so many are carried out, and read by a workflow in one piece."""
MOST_BYTES = 1_500_000
"""The most that a plan may take as compressed JSON: Temporal takes 2 MiB in one piece, and a call brings more along."""


def changes_of(plan: Plan | None) -> int:
    """How many changes all calls of a plan have together."""
    return sum(len(call.changes) for call in plan.calls) if plan else 0


def too_many(changes: int) -> str | None:
    """Why so many changes are not planned, and what to do; ``None`` where they are."""
    if changes <= MOST_CHANGES:
        return None
    return _refused(f"The plan has {changes:,} changes, and at most {MOST_CHANGES:,} can be carried out at once")


def too_large(plan: Plan) -> str | None:
    """Why the plan cannot be carried out, and what to do; ``None`` where it can."""
    size = len(zlib.compress(plan.model_dump_json().encode()))
    if size > MOST_BYTES:
        return _refused(f"The plan takes {size:,} bytes, and at most {MOST_BYTES:,} can be carried out at once")
    return too_many(changes_of(plan))


def _refused(what: str) -> str:
    return (
        f"{what}. Nothing was changed. Ask for it in smaller parts; where it has none, as when a person is erased, "
        "have whoever runs the business's database archive or remove old rows first, and ask again."
    )
