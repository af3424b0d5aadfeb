"""Capabilities: whose data, which action, until when. Minted by the business's issuer, narrowed at every step, never
widened.

A capability is a Biscuit (https://doc.biscuitsec.org). Its first block, signed by the issuer, names the subject and
demands an approval signed by the approvals role for whatever cannot be undone; each later block only adds demands.
Whoever holds a token can narrow it; nobody can take a demand back.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from biscuit_auth import (
    Biscuit,
    BiscuitBlockError,
    BiscuitBuilder,
    BiscuitValidationError,
    BlockBuilder,
    KeyPair,
    PrivateKey,
    PublicKey,
    UnverifiedBiscuit,
)

from leverframe.biscuits import (
    append,
    authorize,
    braced,
    delegates,
    ends_at,
    minted,
    named,
    open_authorizer,
    query,
    read,
)
from leverframe.capability_uses import Operation, Use, is_part, use_of
from leverframe.errors import CapabilityRefused
from leverframe.keys import PublicKeys, SigningKeys

__all__ = [
    "SKEW",
    "Approval",
    "Claims",
    "Operation",
    "Use",
    "Verifier",
    "approve",
    "bind",
    "delegate",
    "lasts_until",
    "mint",
    "narrow",
    "tenant_of",
    "told_tenant",
    "use_of",
    "verify",
]

SKEW = timedelta(seconds=30)
"""How far the clocks of those who mint and those who verify may differ: a token counts this much longer."""

MINTED = """
subject({subject}); tenant({tenant}); action({action}); requester({requester});
check if operation("record") or time($time), $time <= {expires};
check if operation($operation), $operation != "destructive" or plan($digest), approved($digest) trusting authority, %s;
"""
TOLD_TENANT = re.compile(r'^tenant\("([^"\n]*)"\);$', re.MULTILINE)
DELEGATES = "delegates({action});"
BOUND = "check if action_id({action_id});"
FAMILY = "check if family({action_id});"
DELEGATED = """
check if action_id({action_id});
check if workflow({action});
"""
NARROWED = """
check if action_id({action_id});
check if operation({operation});
check if tools({tools});
check if rows({rows});
"""
PLAN = "check if plan({plan});"
NO_PLAN = "reject if plan($plan);"
UNTIL = """check if operation("record") or time($time), $time <= {until};"""
APPROVED = f"approved({{digest}}); {UNTIL}"
APPROVER = "approver({digest}, {person}, {trust});"


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
    delegates: tuple[str, ...]
    """The actions that this one may start as parts of itself."""
    token_id: str
    """Revocation id of the first block, in hex; not secret. Whatever is made from the token keeps it."""
    revocation_ids: tuple[str, ...]
    """Of all blocks; revoking one revokes what was made from it."""
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
    delegates: Iterable[str] = (),
) -> str:
    """A new capability, signed with the issuer's newest key.

    ``expires`` (aware) must leave the action time to wait for people; ``approvals`` are the keys whose approvals count;
    ``delegates`` are the actions that this one may start as parts of itself.
    Raises ValueError for a moment without a time zone, or without any key.
    """
    if not approvals:
        raise ValueError("approvals: expected at least one public key of the approvals role")
    if expires.tzinfo is None:
        raise ValueError("expires: expected a moment with a time zone")
    trusted = named(approvals)
    builder = BiscuitBuilder(
        MINTED % braced(trusted),
        {"subject": subject, "tenant": tenant, "action": action, "requester": requester, "expires": expires},
        trusted,
    )
    for delegate in sorted(set(delegates)):
        builder.add_code(DELEGATES, {"action": delegate})
    number, key = issuer.newest
    builder.set_root_key_id(number)
    return str(builder.build(key).to_base64())


def bind(token: str, keys: PublicKeys, action_id: str, *, family: bool = False) -> str:
    """The capability for one action alone, or (``family``) for it and its parts; raises CapabilityRefused."""
    return append(read(token, keys), FAMILY if family else BOUND, {"action_id": action_id})


def delegate(token: str, issuer_key: str, action: str, action_id: str) -> str:
    """The capability for a part of an action: for that action id alone, and as that kind of action alone.

    ``issuer_key`` as for :func:`narrow`. Raises CapabilityRefused, also when the issuer has not foreseen it.
    """
    biscuit = _minted_under(token, issuer_key)
    if action not in delegates(open_authorizer(biscuit)):
        raise CapabilityRefused(f"the capability does not allow to start {action!r} as a part of this action")
    return append(biscuit, DELEGATED, {"action_id": action_id, "action": action})


def narrow(token: str, issuer_key: str, use: Use, until: datetime) -> str:
    """The capability for exactly one use until a moment (aware): no other tools, rows or plan, and no fewer.

    ``issuer_key`` is the public key that the token was minted under, in text; it is needed to read the token's form.
    Who relies on the token verifies it with keys of their own. Raises CapabilityRefused.
    """
    demanded = {"action_id": use.action_id, "operation": use.operation, "until": until}
    plan = {} if use.plan is None else {"plan": use.plan}
    return append(
        _minted_under(token, issuer_key),
        "\n".join((NARROWED, UNTIL, PLAN if plan else NO_PLAN)),
        {**demanded, **plan, "tools": set(use.tools), "rows": set(use.rows)},
    )


def lasts_until(token: str, issuer_key: str) -> datetime:
    """Until when the capability counts, as all of its blocks say; ``issuer_key`` as for :func:`narrow`.

    Raises CapabilityRefused.
    """
    return ends_at(_minted_under(token, issuer_key))


def tenant_of(token: str, issuer_key: str) -> str:
    """The tenant that the issuer has named; ``issuer_key`` as for :func:`narrow`. Raises CapabilityRefused."""
    _, tenant, _, _ = minted(open_authorizer(_minted_under(token, issuer_key)))
    return tenant


def told_tenant(token: str) -> str:
    """The tenant that a token says it is of; empty where it says none, or more than one. Nothing is verified.

    For choosing who verifies it. Raises CapabilityRefused for what is no token.
    """
    try:
        told = TOLD_TENANT.findall(UnverifiedBiscuit.from_base64(token).block_source(0))
    except (BiscuitValidationError, BiscuitBlockError, TypeError):
        raise CapabilityRefused(
            "the capability is damaged; expected a token that leverframe.capability.mint made"
        ) from None
    return told[0] if len(told) == 1 else ""


def _minted_under(token: str, issuer_key: str) -> Biscuit:
    try:
        key = PublicKey(issuer_key)
    except ValueError:
        raise CapabilityRefused(
            "the issuer's public key cannot be read; expected 'ed25519/' and 64 hex digits"
        ) from None
    return read(token, key)


def approve(
    token: str, keys: PublicKeys, signer: PrivateKey, digest: str, approvals: Iterable[Approval], until: datetime
) -> str:
    """The capability with a block, signed by the approvals role, that approves the plan of this digest until a moment.

    The block is bound to this very token. Raises CapabilityRefused.
    """
    biscuit = read(token, keys)
    block = BlockBuilder(APPROVED, {"digest": digest, "until": until})
    for given in approvals:
        block.add_code(APPROVER, {"digest": digest, "person": given.person, "trust": given.trust})
    signed = biscuit.third_party_request().create_block(signer, block)
    return str(biscuit.append_third_party(KeyPair.from_private_key(signer).public_key, signed).to_base64())


def verify(
    token: str,
    keys: PublicKeys,
    use: Use,
    *,
    tenant: str,
    approvals: PublicKeys,
    workflow: str | None = None,
    now: datetime | None = None,
) -> Claims:
    """Check that the capability allows the use, and return what the issuer has signed.

    ``keys`` are the issuer's. A destructive use needs an approval of its plan that is signed with one of the
    ``approvals`` keys, whatever the token itself demands. ``workflow`` is the kind of action that asks, as the Temporal
    server says; only with it can a delegated token be used.

    Raises CapabilityRefused; as CapabilityExpired where nothing but its time is over.
    """
    biscuit = read(token, keys)
    authorizer = authorize(biscuit, use, tenant, approvals, workflow, (now or datetime.now(UTC)) - SKEW)
    subject, told_tenant, action, requester = minted(authorizer)
    people: list[tuple[str, ...]] = []
    if use.plan is not None and approvals:
        trusted = named(approvals)
        rule = f"data($person, $trust) <- approver({{digest}}, $person, $trust) trusting {braced(trusted)}"
        people = query(authorizer, rule, {"digest": use.plan}, trusted)
    ids = tuple(biscuit.revocation_ids)
    given = tuple(Approval(person, trust) for person, trust in sorted(people))
    return Claims(subject, told_tenant, action, requester, delegates(authorizer), ids[0], ids, given)


@dataclass(frozen=True)
class Verifier:
    """What a role needs to verify capabilities: public keys, and whose capabilities count."""

    issuers: PublicKeys
    approvals: PublicKeys
    tenant: str
    action: str | None = None
    """The only action whose capabilities count; ``None`` for any."""
    now: datetime | None = None
    """The moment (aware) by which expiry is judged; ``None``: this machine's clock says it."""

    def verify(self, token: str, use: Use, now: datetime | None = None) -> Claims:
        """As :func:`verify`, and for the one action only: as its own, or as a part that another may delegate to it.

        The action of the claims is then the one that asks.
        """
        claims = verify(
            token,
            self.issuers,
            use,
            tenant=self.tenant,
            approvals=self.approvals,
            workflow=self.action,
            now=now or self.now,
        )
        if self.action in (None, claims.action):
            return claims
        if self.action in claims.delegates and is_part(use.action_id):
            return replace(claims, action=self.action)
        raise CapabilityRefused(f"the capability is for the action {claims.action!r} and not for {self.action!r}")
