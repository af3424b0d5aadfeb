"""A passkey signs one decision, and nothing else passes for it."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from leverframe.contracts.decision import PasskeySignature
from leverframe.passkeys import LONGEST, Passkey, asserted, challenge_of, decided_by
from tests.support.authenticator import SITE, Authenticator

ID, DIGEST = "contract_end-0123456789abcdef-000000000001", "ab" * 32
OLGA = Authenticator()
RIGHT: dict[str, Any] = {"action_id": ID, "digest": DIGEST, "choice": "approve", "amount": "54.10"}


def holds(
    signed: PasskeySignature, passkey: Passkey = OLGA.passkey, later: timedelta = timedelta(0), **changed: Any
) -> bool:
    return decided_by(signed, passkey, **{"at": datetime.now(UTC) + later, **RIGHT, **changed})


def test_a_decision_holds_as_it_was_signed() -> None:
    signed = OLGA.decide(**RIGHT)
    assert holds(signed)
    # A browser may say more than is asked (WebAuthn, 5.8.1.1), and where it runs in no frame, nothing of frames.
    assert holds(OLGA.decide(**RIGHT, other_keys_can_be_added_here="do not compare clientDataJSON", crossOrigin=None))


@pytest.mark.parametrize(
    "changed",
    [
        {"action_id": ID[:-1] + "2"},
        {"digest": "cd" * 32},
        {"choice": "reject"},
        {"amount": "1054.10"},
        {"amount": None},
        {"later": timedelta(minutes=11)},
        {"later": -LONGEST},
    ],
    ids=str,
)
def test_it_is_no_other_decision(changed: dict[str, Any]) -> None:
    assert not holds(OLGA.decide(**RIGHT), **changed)


@pytest.mark.parametrize(
    "wrong",
    [
        {"origin": "https://desk.example.com:8443"},
        {"origin": "http://desk.example.com"},
        {"origin": "https://evil.example.com"},
        {"host": "evil.example.com"},
        {"flags": 0x01},
        {"flags": 0x04},
        {"kind": "webauthn.create"},
        {"crossOrigin": True},
    ],
    ids=str,
)
def test_it_was_made_at_the_desk_by_a_device_that_knew_its_owner(wrong: dict[str, Any]) -> None:
    assert not holds(OLGA.decide(**RIGHT, **wrong))


def test_another_key_or_credential_does_not_pass() -> None:
    signed = OLGA.decide(**RIGHT)
    assert not holds(signed, Authenticator().passkey)
    assert not holds(signed, OLGA.passkey.model_copy(update={"id": "cml0YQ"}))


@pytest.mark.parametrize("until", ["", "soon", "2999-01-01", "2999-01-01T00:00:00+00:00", "12:00Z"])
def test_a_moment_that_is_none_or_too_far_off_does_not_count(until: str) -> None:
    facts = {"action": ID, "digest": DIGEST, "choice": "approve", "amount": "54.10", "until": until}
    assert not holds(OLGA.sign(challenge_of(facts), until=until))


@given(st.sampled_from(["client_data", "authenticator_data", "signature"]), st.text(max_size=200))
def test_whatever_else_is_sent_is_refused_and_never_raises(part: str, text: str) -> None:
    signed = OLGA.decide(**RIGHT)
    changed = signed.model_copy(update={part: text})
    assert not holds(changed)
    assert not asserted(changed, OLGA.passkey, b"")


@pytest.mark.parametrize(
    ("part", "value", "told"),
    [
        ("key", "AAAA", "expected a public key on P-256"),
        ("key", "é", "expected a public key on P-256"),
        ("site", "desk.example.com", "expected an origin"),
        ("site", "https://desk.example.com/", "expected an origin"),
        ("site", "https://desk.example.com/sign", "expected an origin"),
    ],
)
def test_what_is_no_passkey_is_told(part: str, value: str, told: str) -> None:
    with pytest.raises(ValidationError, match=told):
        Passkey.model_validate(OLGA.passkey.model_dump() | {part: value})


def test_the_fingerprint_is_of_the_key() -> None:
    assert len(OLGA.passkey.fingerprint.replace(" ", "")) == 20
    assert OLGA.passkey.fingerprint != Authenticator(site=SITE).passkey.fingerprint
