"""How much one user may ask for, counted in the tenant's own database."""

from dataclasses import dataclass

from sqlalchemy import Integer, bindparam, text

from tools.scope import Scope, ScopedSessions

ADMIT = text("SELECT leverframe.admit(:who, :a_day, :at_once)").bindparams(
    bindparam("a_day", type_=Integer), bindparam("at_once", type_=Integer)
)
ENDED = text("SELECT leverframe.admitted_ended()")


@dataclass(frozen=True)
class UserLimits:
    """What a user may ask for; ``None`` is without a bound."""

    actions_a_day: int | None = None
    """Actions within 24 hours, those that have ended too."""
    open_at_once: int | None = None
    """Actions that have not ended."""

    def __bool__(self) -> bool:
        return self.actions_a_day is not None or self.open_at_once is not None


async def admit(sessions: ScopedSessions, action_id: str, subject: str, limits: UserLimits) -> str:
    """Count an action as begun, once, unless that is too much for its user: then why not, in words for them."""
    async with sessions.begin(Scope(subject="", action_id=action_id)) as session:
        asked = {"who": sessions.keyed(subject), "a_day": limits.actions_a_day, "at_once": limits.open_at_once}
        over = (await session.execute(ADMIT, asked)).scalar_one()
    if over == "a_day":
        return (
            f"Nothing was done: no more than {limits.actions_a_day} requests are taken of one user within 24 hours. "
            "Ask again tomorrow."
        )
    if over == "at_once":
        return (
            f"Nothing was done: no more than {limits.open_at_once} requests of one user are taken at a time. Ask again "
            "when one of them has ended."
        )
    return ""
