"""Decisions signed with an operator's own key, for whoever approves without the Temporal UI."""

import hashlib
import re
from datetime import UTC, datetime, timedelta

from biscuit_auth import (
    AuthorizationError,
    AuthorizerBuilder,
    Biscuit,
    BiscuitBuilder,
    BiscuitValidationError,
    KeyPair,
    PrivateKey,
    PublicKey,
    UnverifiedBiscuit,
)
from pydantic import ValidationError

from leverframe.biscuits import give_time
from leverframe.contracts.decision import AnyChoice, Choice, Decision, Handling, OfPlan
from leverframe.contracts.plan import Plan
from leverframe.digest import is_genuine
from leverframe.errors import InvalidKeys, InvalidRequest, Refused
from leverframe.starting import expected

VALID = timedelta(minutes=10)
"""How long a signed decision may be on its way, unless its signer says otherwise."""
DIGEST = re.compile(r"[0-9a-f]{64}")

SIGNED = "decision({choice}, {action_id}, {digest}, {amount}); check if time($time), $time <= {until};"


def sign_decision(
    key: str,
    *,
    action_id: str,
    digest: str,
    choice: AnyChoice,
    note: str = "",
    amount: str | None = None,
    valid: timedelta = VALID,
) -> Decision:
    """Approve or reject the plan of this digest with an operator's own private key (``ed25519-private/…``), offline.

    Whoever signs computes ``digest`` from the plan that they have read (:func:`leverframe.plan_digest`), so that what
    was shown is what is signed. The ``amount`` that they have typed is signed too, so that nobody else can supply it;
    the note is not. Send the result with ``Leverframe.decide``; it counts once, for ``valid`` from now on.

    Raises:
        InvalidKeys: when the key cannot be read; the message does not quote it.
        InvalidRequest: when the digest is not a whole one, or the note or the amount is too long.
    """
    _require_whole(digest)
    try:
        decision = Decision(code=digest, note=note, amount=amount)
    except ValidationError as error:
        raise InvalidRequest(expected(error)) from None
    return decision.model_copy(update={"signature": signature(key, action_id, choice, decision, valid)})


def sign_handling(key: str, *, action_id: str, handling: Handling, valid: timedelta = VALID) -> Handling:
    """Sign what decides nothing with an operator's own key; ``handling`` names the whole digest. Raises as
    :func:`sign_decision` does.
    """
    return handling.model_copy(update={"signature": signature(key, action_id, handling.act, handling, valid)})


def _require_whole(digest: str) -> None:
    if not DIGEST.fullmatch(digest):
        raise InvalidRequest("digest: expected all 64 hex characters of the plan's digest, not only its code")


def signature(key: str, action_id: str, choice: AnyChoice, sent: OfPlan, valid: timedelta = VALID) -> str:
    """The signature with an operator's own key of what names a whole digest. Raises as :func:`sign_decision` does."""
    _require_whole(sent.code)
    try:
        signer = PrivateKey(key)
    except ValueError:
        raise InvalidKeys("an operator's private key looks like 'ed25519-private/<64 hex characters>'") from None
    facts = {
        "choice": choice,
        "action_id": action_id,
        "digest": sent.code,
        "amount": sent.signed_with or "",
        "until": datetime.now(UTC) + valid,
    }
    builder = BiscuitBuilder(SIGNED, facts)
    builder.set_root_key_id(key_id(KeyPair.from_private_key(signer).public_key))
    return builder.build(signer).to_base64()


def unsigned(code: str, note: str, amount: str | None = None) -> Decision:
    """The decision as it is sent where nobody signs; raises InvalidRequest."""
    try:
        return Decision(code=code, note=note, amount=amount)
    except ValidationError as error:
        raise InvalidRequest(expected(error)) from None


def signed(
    key: str, choice: Choice, action_id: str, plan: Plan | None, code: str, note: str, amount: str | None = None
) -> Decision:
    """The decision signed with the operator's own private key, for the plan whose digest the operator has read.

    Raises InvalidRequest when only its code is given, for which another plan could have been put in its place, and
    Refused when that plan does not wait (any more), or is not genuine; else as :func:`sign_decision` does.
    """
    if not DIGEST.fullmatch(code):
        raise InvalidRequest("to sign, give the whole digest (64 characters) of the plan that you have read")
    if plan is None or genuine(action_id, plan).digest != code:
        raise Refused(f"no plan with the digest {code!r} waits; look at {action_id} again")
    return sign_decision(key, action_id=action_id, digest=code, choice=choice, note=note, amount=amount)


def genuine(action_id: str, plan: Plan) -> Plan:
    """The plan, if its digests are those of its contents; raises Refused.

    An approval is bound to the digest: whoever could change the one without the other would have people approve
    something else than they read.
    """
    if not is_genuine(action_id, plan):
        raise Refused(
            f"the plan of {action_id} is not shown: its digest is not that of its contents. Whoever answers for the "
            "workflow may have been taken over; decide nothing and tell whoever runs Leverframe."
        )
    return plan


def key_id(key: PublicKey) -> int:
    """The number under which a signature names its key: the first 32 bits of the SHA-256 of the key's text."""
    return int.from_bytes(hashlib.sha256(str(key).encode()).digest()[:4], "big")


def key_named(signature: str) -> int | None:
    """The number of the key with which it says that it was made, not checked; ``None`` where it names none."""
    try:
        return UnverifiedBiscuit.from_base64(signature).root_key_id()
    except BiscuitValidationError:
        return None


def signed_by(
    signature: str, key: PublicKey, *, action_id: str, digest: str, choice: AnyChoice, amount: str | None, at: datetime
) -> bool:
    """Whether the holder of this key has signed exactly this decision, still valid at that moment (aware)."""
    facts = {"choice": choice, "action_id": action_id, "digest": digest, "amount": amount or "", "at": at}
    asked = AuthorizerBuilder("time({at}); allow if decision({choice}, {action_id}, {digest}, {amount});", facts)
    give_time(asked)
    try:
        token = Biscuit.from_base64(signature, key)
        if token.block_count() != 1:
            return False  # Whoever carries it may append to it: nothing of theirs is evaluated.
        asked.build(token).authorize()
    except (BiscuitValidationError, AuthorizationError):
        return False
    return True
