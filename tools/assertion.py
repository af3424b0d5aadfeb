"""What the tools role vouches for at a company's authorization server: which user asks, where, in which call. Pure."""

import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta

import jwt

from leverframe.capability import Claims
from tools.assertion_keys import ALGORITHM, AssertionKeys
from tools.credential import UserToken

LASTS = timedelta(seconds=60)
"""How long an assertion can be exchanged; it is sent at once, and once."""


@dataclass(frozen=True)
class Asking:
    """Who asks, and in which call; of a capability that was verified, and of nothing else."""

    claims: Claims
    action_id: str
    call: str
    """Key of the call within the action."""


def mint_assertion(
    keys: AssertionKeys, client_id: str, issuer: str, asking: Asking, wanted: UserToken, now: datetime
) -> str:
    """A JWT (RFC 7519) that ``issuer`` takes as the subject of one exchange, by this client and no other.

    ``may_act`` is that of RFC 8693, section 4.4: whoever else gets hold of it has no use for it.
    """
    claims = asking.claims
    key_id, key = keys.newest
    told = {
        "iss": client_id,
        "aud": issuer,
        "sub": claims.subject,
        "iat": now,
        "exp": now + LASTS,
        "jti": str(uuid.uuid4()),
        "may_act": {"sub": client_id},
        "resource": wanted.audience,
        "scope": " ".join(wanted.scope),
        "tenant": claims.tenant,
        "action": claims.action,
        "action_id": asking.action_id,
        "call": asking.call,
        "capability": claims.token_id,
    }
    return jwt.encode(told, key, ALGORITHM, headers={"kid": key_id})
