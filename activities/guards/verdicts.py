"""How what the guards find becomes verdicts."""

from collections.abc import Callable, Sequence

from pydantic import JsonValue

from activities.guards import injection, moderation
from activities.guards.language import languages
from activities.guards.pii import RULES as PII
from activities.guards.proposal import limits
from activities.guards.quoting_words import words
from leverframe.contracts.verdict import Evidence, Judgement, Verdict

VERSIONS = {
    "size": "1",
    "quoting": words().version,
    "language": languages().version,
    "injection": injection.VERSION,
    "pii": PII.version,
    "proposal": limits().version,
    "leaks": f"1/{PII.version}",
    "moderation": moderation.VERSION,
}
"""Version of each guard's rules: raised with every change, so that a verdict can be explained later."""

Guard = Callable[[JsonValue], tuple[JsonValue, Verdict]]
"""Takes content, and gives what may go on of it and why."""


def verdict(guard: str, judgement: Judgement, rule: str, reason: str, evidence: Sequence[Evidence] = ()) -> Verdict:
    """A verdict with the version of its guard's rules."""
    return Verdict(
        guard=guard,
        version=VERSIONS[guard],
        judgement=judgement,
        rule=rule,
        reason=reason,
        evidence=tuple(evidence),
    )


def nothing(guard: str) -> Verdict:
    """The verdict of a guard that found nothing."""
    return verdict(guard, "allow", "none", "nothing found")


def closed(name: str, guard: Guard) -> Guard:
    """The guard, which withholds the content and asks for a person when it fails, whatever went wrong."""

    def judge(content: JsonValue) -> tuple[JsonValue, Verdict]:
        try:
            return guard(content)
        except Exception as error:
            reason = f"the guard failed ({type(error).__name__}); the content was withheld"
            return None, verdict(name, "escalate", "guard_failed", reason)

    return judge
