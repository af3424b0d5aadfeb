"""Which guards judge what.

They run one after the other, in the worker's own thread. A request's guards take 0.5 ms together, for a text of 4,000
characters 50 ms; they are bound by the processor, and Python runs one thread of such work at a time. In threads of
their own they took 0.7 ms and 45 ms: nothing that an action would feel.

They are ordinary activities, although a local activity is quicker (measured on a busy machine: 7 ms for each screening
against 100 ms). A local activity runs in the workflows role's process. That one carries the capability, and should not
also parse hostile text in native code, hold the guard model's key, or be deployed anew for every change of a rule.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

from pydantic import JsonValue

from activities.guards.html_mail import read_mail
from activities.guards.injection import Finding, find_injection
from activities.guards.language import unserved
from activities.guards.leaks import find_leaks, personal_values
from activities.guards.masking import Masking
from activities.guards.measures import measured
from activities.guards.moderation import find_abuse
from activities.guards.proposal import find_excess, limits
from activities.guards.verdicts import Guard, closed, nothing, verdict
from activities.guards.walking import replace_strings, strings
from leverframe.contracts.base import Facts
from leverframe.contracts.request import TEXT_LIMIT
from leverframe.contracts.verdict import Evidence, Judgement, Screened, ScreenRequest, Verdict

FACTS_LIMIT = 100_000
"""Characters of all strings of the facts together; no customer's data for one action is longer."""
REMOVED = "[removed: instruction in data]"
QUOTED = "/quoted"
"""The path of what is found in the quoted part of a request; in the user's own words it is empty."""
OF_MAILS = frozenset({"forged_role"})
"""Rules for what mail programs themselves write between mails, such as "---- End of message ----" or "Assistant: …"."""
NOT_READ = frozenset({"messages", "written_on", "proposal", "clauses", "visits"})
"""The facts that no scoped read returned: they say nothing of what belongs to the user."""


@dataclass
class Aside:
    """What of a request its user does not say now: judged and masked like the rest, and for people alone."""

    quoted: str = ""


def screen(request: ScreenRequest) -> Screened:
    """Let the guards of the content's kind judge it, and mask personal data in it.

    Content of the kinds ``request`` and ``facts`` is expected as it came in, never masked already. When a guard
    fails, the content is withheld (``None``) and a person is asked for: what was not screened does not go on.
    """
    masking, aside = Masking(request.placeholders), Aside()
    content, verdicts = request.content, []
    for name, guard in _guards(request, masking, aside):
        content, judged = closed(name, guard)(content)
        verdicts.append(judged)
    quoted = aside.quoted if content is not None else ""
    judged_all = measured(request, content, verdicts)
    return Screened(content=content, verdicts=judged_all, placeholders=masking.placeholders, quoted=quoted)


def screen_reply(text: str, facts: Facts) -> tuple[Verdict, ...]:
    """Judge a text that is about to be sent to the user whose facts these are."""
    guards: Sequence[tuple[str, Guard]] = ("leaks", partial(_reply_leaks, facts=facts)), ("moderation", _moderation)
    return tuple(closed(name, guard)(text)[1] for name, guard in guards)


def _guards(request: ScreenRequest, masking: Masking, aside: Aside) -> Sequence[tuple[str, Guard]]:
    pii: tuple[str, Guard] = "pii", partial(_pii, masking=masking)
    match request.kind:
        case "request":
            size = partial(_size, limit=TEXT_LIMIT, beyond="block")
            quoting, injection = partial(_quoting, aside=aside), partial(_message_injection, aside=aside)
            masked = partial(_message_pii, masking=masking, aside=aside)
            return (
                ("size", size),
                ("quoting", quoting),
                ("language", _language),
                ("injection", injection),
                ("moderation", _noted),
                ("pii", masked),
            )
        case "facts":
            size = partial(_size, limit=FACTS_LIMIT, beyond="escalate")
            return ("size", size), ("injection", _remove_injection), pii
        case "proposal":
            leaks = partial(_leaks, known=request.placeholders)
            return ("proposal", partial(_proposal, request=request)), ("injection", _injection), ("leaks", leaks)


def _size(content: JsonValue, *, limit: int, beyond: Judgement) -> tuple[JsonValue, Verdict]:
    length = sum(len(text) for _, text in strings(content))
    if length <= limit:
        return content, nothing("size")
    return None, verdict("size", beyond, "too_long", f"{length} characters, at most {limit} are taken")


def _quoting(content: JsonValue, *, aside: Aside) -> tuple[JsonValue, Verdict]:
    if not isinstance(content, str):
        return content, nothing("quoting")
    parted = read_mail(content)
    aside.quoted = parted.quoted
    if not parted.quoted:
        return parted.own, nothing("quoting")
    said = f"{len(parted.quoted)} characters are quoted, hidden or added by a program, and none of the user's own words"
    if parted.own:
        return parted.own, verdict("quoting", "allow", "quoted", said)
    return parted.own, verdict("quoting", "escalate", "nothing_own", f"{said}; there are no others")


def _language(content: JsonValue) -> tuple[JsonValue, Verdict]:
    for path, text in strings(content):
        if code := unserved(text):
            evidence = [Evidence(start=0, end=len(text), label=code, path=path)]
            reason = f"is in a language that the guards and the desk do not read ({code})"
            return content, verdict("language", "escalate", "unserved_language", reason, evidence)
    return content, nothing("language")


def _injection(content: JsonValue) -> tuple[JsonValue, Verdict]:
    findings = [finding for path, text in strings(content) for finding in find_injection(text, path)]
    worst: Judgement = "block" if any(finding.judgement == "block" for finding in findings) else "escalate"
    return content, _found(worst, findings)


def _message_injection(content: JsonValue, *, aside: Aside) -> tuple[JsonValue, Verdict]:
    """As elsewhere for the user's own words. Of what they quote, others are the authors, and no model reads it: what is
    an attack for sure makes a person look, and what only might be one does nothing.
    """
    content, judged = _injection(content)
    if judged.judgement != "allow":
        return content, judged
    return content, _found("escalate", _sure(find_injection(aside.quoted, QUOTED)))


def _sure(findings: Sequence[Finding]) -> list[Finding]:
    return [one for one in findings if one.judgement == "block" and one.rule not in OF_MAILS]


def _remove_injection(content: JsonValue) -> tuple[JsonValue, Verdict]:
    findings: list[Finding] = []

    def clean(path: str, text: str) -> str:
        found = find_injection(text, path)
        findings.extend(found)
        return REMOVED if found else text

    cleaned = replace_strings(content, clean)
    return cleaned, _found("redact", findings)


def _found(judgement: Judgement, findings: Sequence[Finding]) -> Verdict:
    if not findings:
        return nothing("injection")
    first = next((finding for finding in findings if finding.judgement == "block"), findings[0])
    return verdict("injection", judgement, first.rule, first.reason, [finding.evidence for finding in findings])


def _pii(content: JsonValue, *, masking: Masking) -> tuple[JsonValue, Verdict]:
    return replace_strings(content, masking.mask), _masked(masking)


def _masked(masking: Masking) -> Verdict:
    if not masking.evidence:
        return nothing("pii")
    return verdict("pii", "redact", "+".join(masking.rules), "personal data was masked", masking.evidence)


def _message_pii(content: JsonValue, *, masking: Masking, aside: Aside) -> tuple[JsonValue, Verdict]:
    masked = replace_strings(content, masking.mask)
    aside.quoted = masking.mask(QUOTED, aside.quoted)
    return masked, _masked(masking)


def _proposal(content: JsonValue, *, request: ScreenRequest) -> tuple[JsonValue, Verdict]:
    excess = list(find_excess(content, request.action, request.clauses, limits()))
    if not excess:
        return content, nothing("proposal")
    evidence = [Evidence(start=0, end=0, label=rule, path=path) for rule, _, path in excess]
    return content, verdict("proposal", "escalate", excess[0][0], excess[0][1], evidence)


def _leaks(content: JsonValue, *, known: dict[str, str]) -> tuple[JsonValue, Verdict]:
    return content, _leaking([leak for path, text in strings(content) for leak in find_leaks(text, known, path)])


def _reply_leaks(content: JsonValue, *, facts: Facts) -> tuple[JsonValue, Verdict]:
    own = personal_values({name: value for name, value in facts.items() if name not in NOT_READ})
    return content, _leaking([leak for path, text in strings(content) for leak in find_leaks(text, {}, path, own)])


def _leaking(leaks: Sequence[Evidence]) -> Verdict:
    if not leaks:
        return nothing("leaks")
    what = ", ".join(sorted({leak.label for leak in leaks}))
    return verdict("leaks", "block", "leak", f"holds what must not leave: {what}", leaks)


def _noted(content: JsonValue) -> tuple[JsonValue, Verdict]:
    """Abuse of a customer is no reason to leave them without an answer; who works on the action shall know of it."""
    abuse = [word for path, text in strings(content) for word in find_abuse(text, path)]
    if not abuse:
        return content, nothing("moderation")
    return content, verdict("moderation", "allow", "abuse", "holds words of abuse; it is only noted", abuse)


def _moderation(content: JsonValue) -> tuple[JsonValue, Verdict]:
    abuse = [word for path, text in strings(content) for word in find_abuse(text, path)]
    if not abuse:
        return content, nothing("moderation")
    return content, verdict("moderation", "block", "abuse", "holds words of abuse", abuse)
