"""``python -m worker`` of a version whose workflows break where no action has been yet: as they ask who has decided."""

from leverframe.contracts.decision import Judged, JudgeRequest
from workflows.roles import Roles


async def judge(self: Roles, request: JudgeRequest) -> Judged:
    raise LookupError("nobody has tried this")


if __name__ == "__main__":
    from worker.__main__ import main

    Roles.judge = judge  # type: ignore[method-assign]
    main()
