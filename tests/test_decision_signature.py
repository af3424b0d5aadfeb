"""A decision signed with a person's own key is good for exactly what was signed, and for so long."""

from datetime import UTC, datetime, timedelta

import pytest
from biscuit_auth import Biscuit, BiscuitBuilder, BlockBuilder

from leverframe.contracts.decision import Choice, Decision
from leverframe.contracts.plan import CODE_LENGTH
from leverframe.decision_signature import VALID, key_id, key_named, sign_decision, signed_by
from leverframe.errors import InvalidKeys, InvalidRequest
from leverframe.keys import SigningKeys
from worker.testing.keys import OLGA, RITA

ID = "order_cancellation-0123456789abcdef-000000000001"
DIGEST = "5f" * 32


def signed(
    choice: Choice = "approve", keys: SigningKeys = OLGA, valid: timedelta = VALID, amount: str | None = "620.00"
) -> Decision:
    return sign_decision(
        str(keys.newest[1]), action_id=ID, digest=DIGEST, choice=choice, note="seen", amount=amount, valid=valid
    )


def holds(
    signature: str | None,
    keys: SigningKeys = OLGA,
    *,
    action_id: str = ID,
    digest: str = DIGEST,
    choice: Choice = "approve",
    amount: str | None = "620.00",
    after: timedelta = timedelta(0),
) -> bool:
    assert signature is not None
    (key,) = keys.public.values()
    at = datetime.now(UTC) + after
    return signed_by(signature, key, action_id=action_id, digest=digest, choice=choice, amount=amount, at=at)


def test_a_decision_is_signed_and_known_again() -> None:
    decision = signed()
    assert (decision.code, decision.note, decision.amount) == (DIGEST, "seen", "620.00")
    assert holds(decision.signature)


def test_a_signature_names_its_key() -> None:
    (key,), (other,) = OLGA.public.values(), RITA.public.values()
    assert key_named(signed().signature or "") == key_id(key) != key_id(other)


def test_a_signature_is_good_for_nothing_else() -> None:
    signature = signed().signature
    assert not holds(signature, choice="reject")
    assert not holds(signature, digest="60" * 32)
    assert not holds(signature, action_id=ID.replace("1", "2"))
    assert not holds(signature, RITA)


def test_nobody_else_supplies_the_amount() -> None:
    for said in ("120.00", "", None):
        assert not holds(signed(amount="620.00").signature, amount=said)
    for said in ("620.00", "620"):
        assert not holds(signed(amount=None).signature, amount=said)
    assert holds(signed(amount=None).signature, amount=None)


def test_what_is_too_long_is_said() -> None:
    with pytest.raises(InvalidRequest, match="amount: String should have at most 32 characters"):
        signed(amount="6" * 33)


def test_a_signature_ends() -> None:
    assert holds(signed().signature, after=VALID - timedelta(seconds=5))
    assert not holds(signed().signature, after=VALID + timedelta(seconds=5))
    assert holds(signed(valid=timedelta(days=1)).signature, after=timedelta(hours=23))
    assert not holds(signed(valid=timedelta(seconds=-1)).signature)


def test_others_cannot_add_to_a_signature() -> None:
    """Anybody can append to a Biscuit; a signature that somebody has added to is no signature, whatever they added."""
    (key,) = OLGA.public.values()
    said = Biscuit.from_base64(signed().signature or "", key)
    facts = {"choice": "reject", "action_id": ID, "digest": DIGEST, "amount": "620.00"}
    longer = said.append(BlockBuilder("decision({choice}, {action_id}, {digest}, {amount});", facts)).to_base64()
    assert not holds(longer)
    assert not holds(longer, choice="reject")


@pytest.mark.parametrize("signature", ["", "garbage", "é", "A" * 4096, "-" * 40])
def test_garbage_is_no_signature(signature: str) -> None:
    assert not holds(signature)
    assert key_named(signature) is None


def test_another_token_of_the_same_key_is_no_decision() -> None:
    other = BiscuitBuilder("user({name})", {"name": "olga"}).build(OLGA.newest[1]).to_base64()
    assert not holds(other)


@pytest.mark.parametrize("digest", ["", DIGEST[:CODE_LENGTH], DIGEST + "00", DIGEST.upper(), "g" * 64])
def test_only_whole_digests_are_signed(digest: str) -> None:
    with pytest.raises(InvalidRequest, match="expected all 64 hex characters"):
        sign_decision(str(OLGA.newest[1]), action_id=ID, digest=digest, choice="approve")


@pytest.mark.parametrize("key", ["", "secret-key-0815", "ed25519-private/00", str(next(iter(OLGA.public.values())))])
def test_a_key_that_cannot_be_read_is_not_quoted(key: str) -> None:
    with pytest.raises(InvalidKeys, match="looks like 'ed25519-private/") as refused:
        sign_decision(key, action_id=ID, digest=DIGEST, choice="approve")
    assert not key or key not in str(refused.value)


def test_a_signature_is_not_shown() -> None:
    decision = signed()
    assert decision.signature is not None
    assert decision.signature not in repr(decision)
