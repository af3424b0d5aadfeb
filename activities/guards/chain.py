"""Which guards judge what, and how their findings become verdicts."""

from collections.abc import Callable, Sequence
from functools import partial

from pydantic import JsonValue

from activities.guards.injection import Finding, find_injection
from activities.guards.leaks import find_leaks
from activities.guards.masking import Masking
from activities.guards.walking import replace_strings, strings
from leverframe.contracts.request import TEXT_LIMIT
from leverframe.contracts.verdict import Evidence, Judgement, Screened, ScreenRequest, Verdict

VERSIONS = {"size": "1", "injection": "1", "pii": "1", "leaks": "1"}
"""Version of each guard's rules: raised with every change, so that a verdict can be explained later."""

FACTS_LIMIT = 100_000
"""Characters of all strings of the facts together; no customer's data for one action is longer."""
REMOVED = "[removed: instruction in data]"

Guard = Callable[[JsonValue], tuple[JsonValue, Verdict]]
"""Takes content, and gives what may go on of it and why."""


def screen(request: ScreenRequest) -> Screened:
    """Let the guards of the content's kind judge it, and mask personal data in it.

    Content of the kinds ``request`` and ``facts`` is expected as it came in, never masked already. When a guard
    fails, the content is withheld (``None``) and a person is asked for: what was not screened does not go on.
    """
    masking = Masking(request.placeholders)
    content, verdicts = request.content, []
    for name, guard in _guards(request, masking):
        content, verdict = _closed(name, guard)(content)
        verdicts.append(verdict)
    return Screened(content=content, verdicts=tuple(verdicts), placeholders=masking.placeholders)


def screen_reply(text: str) -> tuple[Verdict, ...]:
    """Judge a text that is about to be sent to the user."""
    _, verdict = _closed("leaks", partial(_leaks, known=()))(text)
    return (verdict,)


def _guards(request: ScreenRequest, masking: Masking) -> Sequence[tuple[str, Guard]]:
    match request.kind:
        case "request":
            size = partial(_size, limit=TEXT_LIMIT, beyond="block")
            return ("size", size), ("injection", _injection), ("pii", partial(_pii, masking=masking))
        case "facts":
            size = partial(_size, limit=FACTS_LIMIT, beyond="escalate")
            return ("size", size), ("injection", _remove_injection), ("pii", partial(_pii, masking=masking))
        case "proposal":
            return ("injection", _injection), ("leaks", partial(_leaks, known=request.placeholders))


def _closed(name: str, guard: Guard) -> Guard:
    def judge(content: JsonValue) -> tuple[JsonValue, Verdict]:
        try:
            return guard(content)
        except Exception as error:  # A guard that fails must not let anything pass, whatever went wrong.
            reason = f"the guard failed ({type(error).__name__}); the content was withheld"
            return None, _verdict(name, "escalate", "guard_failed", reason)

    return judge


def _size(content: JsonValue, *, limit: int, beyond: Judgement) -> tuple[JsonValue, Verdict]:
    length = sum(len(text) for _, text in strings(content))
    if length <= limit:
        return content, _nothing("size")
    return None, _verdict("size", beyond, "too_long", f"{length} characters, at most {limit} are taken")


def _injection(content: JsonValue) -> tuple[JsonValue, Verdict]:
    findings = [finding for path, text in strings(content) for finding in find_injection(text, path)]
    worst: Judgement = "block" if any(finding.judgement == "block" for finding in findings) else "escalate"
    return content, _found("injection", worst, findings)


def _remove_injection(content: JsonValue) -> tuple[JsonValue, Verdict]:
    findings: list[Finding] = []

    def clean(path: str, text: str) -> str:
        found = find_injection(text, path)
        findings.extend(found)
        return REMOVED if found else text

    cleaned = replace_strings(content, clean)
    return cleaned, _found("injection", "redact", findings)


def _pii(content: JsonValue, *, masking: Masking) -> tuple[JsonValue, Verdict]:
    masked = replace_strings(content, masking.mask)
    if not masking.evidence:
        return masked, _nothing("pii")
    return masked, _verdict("pii", "redact", "personal_data", "personal data was masked", masking.evidence)


def _leaks(content: JsonValue, *, known: Sequence[str] | dict[str, str]) -> tuple[JsonValue, Verdict]:
    leaks = [leak for path, text in strings(content) for leak in find_leaks(text, known, path)]
    if not leaks:
        return content, _nothing("leaks")
    what = ", ".join(sorted({leak.label for leak in leaks}))
    return content, _verdict("leaks", "block", "leak", f"holds what must not leave: {what}", leaks)


def _found(guard: str, judgement: Judgement, findings: Sequence[Finding]) -> Verdict:
    if not findings:
        return _nothing(guard)
    first = next((finding for finding in findings if finding.judgement == "block"), findings[0])
    evidence = [finding.evidence for finding in findings]
    return _verdict(guard, judgement, first.rule, first.reason, evidence)


def _nothing(guard: str) -> Verdict:
    return _verdict(guard, "allow", "none", "nothing found")


def _verdict(guard: str, judgement: Judgement, rule: str, reason: str, evidence: Sequence[Evidence] = ()) -> Verdict:
    return Verdict(
        guard=guard,
        version=VERSIONS[guard],
        judgement=judgement,
        rule=rule,
        reason=reason,
        evidence=tuple(evidence),
    )
