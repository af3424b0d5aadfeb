"""Reading, extending and asking Biscuit tokens, with errors that quote none of them."""

import re
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from biscuit_auth import (
    AuthorizationError,
    Authorizer,
    AuthorizerBuilder,
    Biscuit,
    BiscuitBuildError,
    BiscuitValidationError,
    BlockBuilder,
    PublicKey,
    Rule,
)

from leverframe.capability_uses import Use, family
from leverframe.errors import CapabilityExpired, CapabilityRefused
from leverframe.keys import PublicKeys

LONGEST = timedelta(seconds=1)
"""Time limit of one authorization; the library's own of 1 ms would refuse at random on a busy machine."""

ASKED = """
time({now}); operation({operation}); action_id({action_id}); tools({tools}); rows({rows});
check if tenant({tenant});
check if subject($subject), action($action), requester($requester), $subject != "";
"""
EXPIRED = "it has expired"
NO_APPROVAL = "no approval of this plan by a trusted approvals key is in it"
REASONS = {
    "time(": EXPIRED,
    "approved(": NO_APPROVAL,
    "no matching policy": NO_APPROVAL,
    "action_id(": "it is for another action",
    "family(": "it is for another action",
    "workflow(": "it is for another kind of action",
    "tenant(": "it is for another tenant",
    "tools(": "it is for another tool",
    "rows(": "it is for other rows",
    "plan(": "it is for another plan",
    "operation(": "it is for another operation",
}
"""What a failed check is about, by the first of these that stands in it."""

END = re.compile(r'^check if operation\("record"\) or time\(\$time\), \$time <= ([0-9TZ:.+-]+);$', re.MULTILINE)
"""Until when a block lets the capability count."""

TEXT = r'"[^"$\n]*"'
SET = rf"\{{(?:,|{TEXT}(?:, {TEXT})*)\}}"
DEMAND = re.compile(
    rf"check if (?:action_id|family|workflow|operation|plan)\({TEXT}\);"
    rf"|check if (?:tools|rows)\({SET}\);"
    r"|reject if plan\(\$plan\);"
    r'|check if operation\("record"\) or time\(\$time\), \$time <= [0-9TZ:.+-]+;'
)
"""What a holder may add, as the library prints it. The library prints a quote within a text as it is, so that this
pattern alone does not tell what is text; but without a dollar sign there is no variable, and so nothing that takes
long. An id of a row can hold neither of the two, nor a new line."""


def read(token: str, keys: PublicKeys | PublicKey) -> Biscuit:
    """The token, whose signatures hold under one of these keys; raises CapabilityRefused."""

    def key(number: int | None) -> PublicKey:
        if isinstance(keys, PublicKey):
            return keys
        return keys[-1 if number is None else number]

    try:
        return Biscuit.from_base64(token, key)
    except (BiscuitValidationError, TypeError):
        raise CapabilityRefused(
            "the capability was not signed by a known issuer, or it is damaged; expected a token that "
            "leverframe.capability.mint made with a key whose public half is known here"
        ) from None


def append(biscuit: Biscuit, code: str, parameters: Mapping[str, Any]) -> str:
    """The token with one more block; raises CapabilityRefused for a token that was sealed."""
    try:
        return str(biscuit.append(BlockBuilder(code, parameters)).to_base64())
    except (BiscuitBuildError, BiscuitValidationError):
        raise CapabilityRefused("the capability is sealed; expected one that can be narrowed") from None


def ends_at(biscuit: Biscuit) -> datetime:
    """The earliest end of its validity that a block states; raises CapabilityRefused where none does."""
    sources = (biscuit.block_source(index) for index in range(biscuit.block_count()))
    ends = [datetime.fromisoformat(end) for source in sources for end in END.findall(source)]
    if not ends:
        raise CapabilityRefused("the capability does not say until when it counts")
    return min(ends)


def require_form(biscuit: Biscuit, approvals: PublicKeys) -> None:
    """Raise CapabilityRefused when a block holds more than the demands of ``narrow`` and is not the approvals role's.

    Anybody can add a block, and the library's time limit does not end a single check that joins many facts: one
    token could keep a worker busy for hours.
    """
    known = {str(key) for key in approvals.values()}
    for index in range(1, biscuit.block_count()):
        signer = biscuit.block_external_key(index)
        if signer is not None:
            if str(signer) not in known:
                raise CapabilityRefused("the capability holds a block of an unknown key; expected approvals alone")
        elif not all(DEMAND.fullmatch(line) for line in biscuit.block_source(index).rstrip("\n").split("\n")):
            raise CapabilityRefused("the capability holds a block of another form than leverframe.capability gives it")


def authorize(
    biscuit: Biscuit, use: Use, tenant: str, approvals: PublicKeys, workflow: str | None, now: datetime
) -> Authorizer:
    """Ask the token for this use; raises CapabilityRefused that says in words what it does not allow."""
    require_form(biscuit, approvals)
    asked = {"now": now, "operation": use.operation, "action_id": use.action_id, "tenant": tenant}
    builder = AuthorizerBuilder(ASKED, {**asked, "tools": set(use.tools), "rows": set(use.rows)})
    for member in family(use.action_id):
        builder.add_code("family({member});", {"member": member})
    if workflow is not None:
        builder.add_code("workflow({workflow});", {"workflow": workflow})
    if use.plan is not None:
        builder.add_code("plan({plan});", {"plan": use.plan})
    if use.operation == "destructive":
        keys = named(approvals)
        if not keys:
            raise CapabilityRefused(f"the capability does not allow destructive here: {NO_APPROVAL}")
        builder.add_code(f"allow if plan($digest), approved($digest) trusting {braced(keys)};", {}, keys)
    else:
        builder.add_code("allow if true;")
    give_time(builder)
    authorizer = builder.build(biscuit)
    try:
        authorizer.authorize()
    except AuthorizationError as error:
        raise _refusal(str(error), use) from None
    return authorizer


def query(
    authorizer: Authorizer,
    rule: str,
    parameters: Mapping[str, Any] | None = None,
    keys: Mapping[str, PublicKey] | None = None,
) -> list[tuple[str, ...]]:
    """What the issuer, or who is trusted besides, has stated; raises CapabilityRefused for anything but text."""
    facts = [tuple(fact.terms) for fact in authorizer.query(Rule(rule, parameters or {}, keys or {}))]
    if not all(isinstance(term, str) for terms in facts for term in terms):
        raise CapabilityRefused("the capability states something that is not text")
    return facts


def minted(authorizer: Authorizer) -> tuple[str, str, str, str]:
    """Subject, tenant, action and requester, as the issuer has signed them; raises CapabilityRefused."""
    said = query(authorizer, "data($s, $t, $a, $r) <- subject($s), tenant($t), action($a), requester($r)")
    if len(said) != 1:
        raise CapabilityRefused("the capability names more than one subject, tenant, action or requester")
    ((subject, tenant, action, requester),) = said
    return subject, tenant, action, requester


def delegates(authorizer: Authorizer) -> tuple[str, ...]:
    """The actions that the issuer lets this one start as parts of itself, sorted; raises CapabilityRefused."""
    return tuple(sorted(action for (action,) in query(authorizer, "data($action) <- delegates($action)")))


def open_authorizer(biscuit: Biscuit) -> Authorizer:
    """Something to ask a token what its issuer has signed, without using it."""
    builder = AuthorizerBuilder("allow if true")
    give_time(builder)
    return builder.build(biscuit)


def named(keys: PublicKeys) -> dict[str, PublicKey]:
    """The approvals keys as parameters of Datalog code."""
    return {f"approvals{number}": key for number, key in keys.items()}


def braced(names: Iterable[str]) -> str:
    """The names of parameters as Datalog code has them."""
    return ", ".join(f"{{{name}}}" for name in names)


def give_time(builder: AuthorizerBuilder) -> None:
    """Lift the library's time limit, which is too short for a busy machine, to :data:`LONGEST`."""
    limited: Any = builder  # the library's type stubs lack both methods
    limits = limited.limits()
    limits.max_time = LONGEST
    limited.set_limits(limits)


def _refusal(failed: str, use: Use) -> CapabilityRefused:
    """Which demands failed, in words of our own; the library's text quotes what the token says."""
    checks = failed.split("Check n°")
    found = dict.fromkeys(next((words for sign, words in REASONS.items() if sign in check), "") for check in checks)
    reasons = list(filter(None, found)) or ["it does not allow this"]
    kind = CapabilityExpired if reasons == [EXPIRED] else CapabilityRefused
    return kind(f"the capability does not allow {use.operation} here: {', '.join(reasons)}")
