"""Capabilities: whose data, which action, until when. Minted by the business's issuer, narrowed at every step, never
widened.

A capability is a Biscuit (https://doc.biscuitsec.org). Its first block, signed by the issuer, names the subject and
demands an approval signed by the approvals role for whatever cannot be undone; each later block only adds demands.
Whoever holds a token can narrow it; nobody can take a demand back.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

from biscuit_auth import (
    AuthorizationError,
    Authorizer,
    AuthorizerBuilder,
    Biscuit,
    BiscuitBuilder,
    BiscuitValidationError,
    BlockBuilder,
    KeyPair,
    PrivateKey,
    PublicKey,
    Rule,
)
from pydantic import JsonValue

from leverframe.contracts.plan import PlannedCall
from leverframe.errors import CapabilityRefused
from leverframe.keys import PublicKeys, SigningKeys
from leverframe.placeholders import put_back

SKEW = timedelta(seconds=30)
"""How far the clocks of those who mint and those who verify may differ: a token counts this much longer."""

Operation = Literal["read", "write", "destructive", "preview", "judge", "record"]
"""What a token is used for. ``record`` (to note what happened) outlives expiry: nothing of a story is lost."""

MINTED = """
subject({subject}); tenant({tenant}); action({action}); requester({requester});
check if operation("record") or time($time), $time <= {expires};
check if operation($operation), $operation != "destructive" or plan($digest), approved($digest) trusting authority, %s;
"""
NARROWED = """
check if action_id({action_id});
check if operation({operation});
check all tool($tool), {tools}.contains($tool);
"""
ROWS = "check all row($row), {rows}.contains($row);"
NO_ROWS = "reject if row($row);"
PLAN = "check if plan({plan});"
UNTIL = """check if operation("record") or time($time), $time <= {until};"""
LONGEST = timedelta(seconds=1)
"""Time limit of one authorization; the library's own of 1 ms would refuse at random on a busy machine."""
APPROVED = """approved({digest}); check if operation("record") or time($time), $time <= {until};"""


@dataclass(frozen=True)
class Use:
    """Exactly what a token is to be used for: what it is narrowed to, and what is asked of it when it is verified."""

    operation: Operation
    action_id: str
    tools: tuple[str, ...] = ()
    rows: tuple[str, ...] = ()
    """Ids of rows that the arguments name."""
    plan: str | None = None
    """Digest of the approved plan; needed for a destructive call."""


def use_of(
    operation: Operation,
    action_id: str,
    calls: Sequence[PlannedCall],
    placeholders: Mapping[str, str],
    plan: str | None = None,
) -> Use:
    """What running (or previewing) these calls needs; rows are the arguments whose names end in ``_id`` or ``_ids``,
    with masked values put back.
    """
    rows = [row for call in calls for row in _rows(put_back(call.arguments, placeholders))]
    return Use(operation, action_id, tuple(sorted({call.tool for call in calls})), tuple(sorted(set(rows))), plan)


def _rows(arguments: Mapping[str, JsonValue]) -> list[str]:
    named = [value for name, value in arguments.items() if name.endswith(("_id", "_ids"))]
    return [str(row) for value in named for row in (value if isinstance(value, list) else [value])]


@dataclass(frozen=True)
class Approval:
    """A person's part in an approval, as the approvals role has signed it."""

    person: str
    trust: str


@dataclass(frozen=True)
class Claims:
    """What the issuer has signed: the only source of whose data an action may touch."""

    subject: str
    tenant: str
    action: str
    requester: str
    token_id: str
    """Revocation id of the first block, in hex; not secret."""
    revocation_ids: tuple[str, ...]
    approvals: tuple[Approval, ...] = ()
    """Who approved the plan in use."""


def mint(
    issuer: SigningKeys,
    *,
    subject: str,
    tenant: str,
    action: str,
    requester: str,
    expires: datetime,
    approvals: PublicKeys,
) -> str:
    """A new capability, signed with the issuer's newest key.

    ``expires`` (aware) must leave the action time to wait for people; ``approvals`` are the keys whose approvals count.
    """
    if expires.tzinfo is None:
        raise ValueError("expires: expected a moment with a time zone")
    trusted = {f"approvals{number}": key for number, key in approvals.items()}
    builder = BiscuitBuilder(
        MINTED % _braced(trusted),
        {"subject": subject, "tenant": tenant, "action": action, "requester": requester, "expires": expires},
        trusted,
    )
    number, key = issuer.newest
    builder.set_root_key_id(number)
    return str(builder.build(key).to_base64())


def bind(token: str, keys: PublicKeys, action_id: str) -> str:
    """The capability for one action alone; raises CapabilityRefused."""
    return _append(_read(token, keys), "check if action_id({action_id});", {"action_id": action_id})


def narrow(token: str, issuer_key: str, use: Use, until: datetime) -> str:
    """The capability for exactly one use until a moment (aware).

    ``issuer_key`` is the public key that the token was minted under, in text; it is needed to read the token's form.
    Who relies on the token verifies it with keys of their own. Raises CapabilityRefused.
    """
    code = [NARROWED, ROWS if use.rows else NO_ROWS, UNTIL, *([PLAN] if use.plan is not None else [])]
    return _append(
        _read(token, PublicKey(issuer_key)),
        "\n".join(code),
        {
            "action_id": use.action_id,
            "operation": use.operation,
            "tools": set(use.tools),
            "until": until,
            **({"rows": set(use.rows)} if use.rows else {}),
            **({"plan": use.plan} if use.plan is not None else {}),
        },
    )


def verify(
    token: str, keys: PublicKeys, use: Use, *, tenant: str, approvals: PublicKeys, now: datetime | None = None
) -> Claims:
    """Check that the capability allows the use, and return what the issuer has signed.

    ``keys`` are the issuer's. A destructive use needs an approval of its plan that is signed with one of the
    ``approvals`` keys, whatever the token itself demands. Raises CapabilityRefused.
    """
    biscuit = _read(token, keys)
    authorizer = _authorizer(biscuit, use, tenant, approvals, (now or datetime.now(UTC)) - SKEW)
    try:
        authorizer.authorize()
    except AuthorizationError as error:
        raise CapabilityRefused(_plain(str(error), use)) from None
    said = _query(authorizer, "data($s, $t, $a, $r) <- subject($s), tenant($t), action($a), requester($r)")
    if len(said) != 1:
        raise CapabilityRefused("the capability names more than one subject, tenant, action or requester")
    ((subject, told_tenant, action, requester),) = said
    people = _query(authorizer, f"data($p, $t) <- approver({{digest}}, $p, $t) trusting {_braced(_named(approvals))}",
                    {"digest": use.plan or ""}, _named(approvals)) if use.plan else []  # fmt: skip
    ids = tuple(biscuit.revocation_ids)
    return Claims(
        subject, told_tenant, action, requester, ids[0], ids, tuple(sorted((Approval(*p) for p in people), key=str))
    )


def approve(
    token: str, keys: PublicKeys, signer: PrivateKey, digest: str, approvals: Iterable[Approval], until: datetime
) -> str:
    """The capability with a block, signed by the approvals role, that approves the plan of this digest until a moment.

    The block is bound to this very token. Raises CapabilityRefused.
    """
    biscuit = _read(token, keys)
    block = BlockBuilder(APPROVED, {"digest": digest, "until": until})
    for given in approvals:
        parameters = {"digest": digest, "person": given.person, "trust": given.trust}
        block.add_code("approver({digest}, {person}, {trust});", parameters)
    signed = biscuit.third_party_request().create_block(signer, block)
    return str(biscuit.append_third_party(KeyPair.from_private_key(signer).public_key, signed).to_base64())


@dataclass(frozen=True)
class Verifier:
    """What a role needs to verify capabilities: public keys, and whose capabilities count."""

    issuers: PublicKeys
    approvals: PublicKeys
    tenant: str

    def verify(self, token: str, use: Use, now: datetime | None = None) -> Claims:
        """As :func:`verify`."""
        return verify(token, self.issuers, use, tenant=self.tenant, approvals=self.approvals, now=now)


def _read(token: str, keys: PublicKeys | PublicKey) -> Biscuit:
    def key(number: int | None) -> PublicKey:
        if isinstance(keys, PublicKeys):
            return keys[-1 if number is None else number]
        return keys

    try:
        return Biscuit.from_base64(token, key)
    except BiscuitValidationError:
        raise CapabilityRefused(
            "the capability was not signed by a known issuer, or it is damaged; expected a token that "
            "leverframe.capability.mint made with a key whose public half is known here"
        ) from None


def _append(biscuit: Biscuit, code: str, parameters: Mapping[str, Any]) -> str:
    return str(biscuit.append(BlockBuilder(code, parameters)).to_base64())


def _authorizer(biscuit: Biscuit, use: Use, tenant: str, approvals: PublicKeys, now: datetime) -> Authorizer:
    keys = _named(approvals)
    builder = AuthorizerBuilder(
        "time({now}); operation({operation}); action_id({action_id}); check if tenant({tenant});"
        'check if subject($s), action($a), requester($r), $s != "";'
        + ("" if use.operation == "destructive" else "allow if true;"),
        {"now": now, "operation": use.operation, "action_id": use.action_id, "tenant": tenant},
    )
    limits = builder.limits()
    limits.max_time = LONGEST
    builder.set_limits(limits)
    for name, values in (("tool", use.tools), ("row", use.rows), ("plan", (use.plan,) if use.plan else ())):
        for value in values:
            builder.add_code(f"{name}({{value}});", {"value": value})
    if use.operation == "destructive":
        builder.add_code(f"allow if plan($digest), approved($digest) trusting {_braced(keys)};", {}, keys)
    return builder.build(biscuit)


def _query(
    authorizer: Authorizer,
    rule: str,
    parameters: Mapping[str, Any] | None = None,
    keys: dict[str, PublicKey] | None = None,
) -> list[list[Any]]:
    return [fact.terms for fact in authorizer.query(Rule(rule, parameters or {}, keys or {}))]


def _named(keys: PublicKeys) -> dict[str, PublicKey]:
    return {f"approvals{number}": key for number, key in keys.items()}


def _braced(names: Iterable[str]) -> str:
    return ", ".join(f"{{{name}}}" for name in names)


def _plain(failed: str, use: Use) -> str:
    """Which demands failed, in words; the library's own text quotes what the token says."""
    what = {
        "time(": "it has expired",
        "approved(": "no approval of this plan by a trusted approvals key is in it",
        "no matching policy": "no approval of this plan by a trusted approvals key is in it",
        "action_id(": "it is for another action",
        "tenant(": "it is for another tenant",
        "tool(": "it is for another tool",
        "row(": "it is for other rows",
        "plan(": "it is for another plan",
        "operation({": "it is for another operation",
    }
    checks = [check for check in failed.split("Check n°") if check]
    reasons = dict.fromkeys(next((words for sign, words in what.items() if sign in check), "") for check in checks)
    told = ", ".join(filter(None, reasons)) or "it does not allow this"
    return f"the capability does not allow {use.operation} here: {told}"
