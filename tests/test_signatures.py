"""What operators signed verifies from the ledger with public keys alone, and nothing else passes for it."""

from typing import Any

import pytest
from biscuit_auth import KeyPair

from audit.signatures import unsigned
from leverframe import sign_decision
from leverframe.contracts.decision import Approver, Handling, about
from leverframe.contracts.entries import Decided, Handled
from leverframe.contracts.ledger import LedgerEntry
from leverframe.decision_signature import sign_handling
from leverframe.operators import Operator, Operators
from tests.support.authenticator import Authenticator
from tools.chain import Head, LedgerRow, link

ID, DIGEST = "contract_end-0123456789abcdef-000000000001", "ab" * 32
PASSKEY, KEY = Authenticator(), KeyPair()
OLGA = Operator("olga", ["support"], keys=[KEY.public_key], passkeys=[PASSKEY.passkey])
RITA = Operator("rita", ["support"], passkeys=[Authenticator("cml0YQ").passkey])
DIRECTORY = Operators([OLGA, RITA], "signed")


def decided(**changed: Any) -> list[LedgerRow]:
    told: dict[str, Any] = {
        "choice": "approve",
        "accepted": True,
        "digest": DIGEST,
        "approver": Approver(person="olga", identity="olga", trust="signed", event_id=7),
        "signed_amount": "54.10",
    }
    body = Decided(**told | changed)
    return link(Head(), ID, [LedgerEntry.of(body, "decision#1", "approvals", "2026-11-30T12:00:00.000+00:00")], "")


def by_passkey(**changed: Any) -> dict[str, Any]:
    return {"passkey": PASSKEY.decide(**{"action_id": ID, "digest": DIGEST, "amount": "54.10"} | changed)}


def by_key(**changed: Any) -> dict[str, Any]:
    right = {"action_id": ID, "digest": DIGEST, "choice": "approve", "amount": "54.10"} | changed
    return {"signature": sign_decision(str(KEY.private_key), **right).signature}


def test_what_was_signed_verifies() -> None:
    assert unsigned(ID, decided(**by_passkey()), DIRECTORY) == []
    assert unsigned(ID, decided(**by_key()), DIRECTORY) == []
    rejected = {"choice": "reject", "signed_amount": None}
    assert unsigned(ID, decided(**rejected, **by_key(choice="reject", amount=None)), DIRECTORY) == []
    lost = Operator("olga", ["support"], passkeys=[PASSKEY.passkey.model_copy(update={"revoked": True})])
    assert unsigned(ID, decided(**by_passkey()), Operators([lost], "signed")) == []


@pytest.mark.parametrize(
    "changed",
    [
        {"digest": "cd" * 32},
        {"choice": "reject"},
        {"signed_amount": "1054.10"},
        {"signed_amount": None},
        {"approver": Approver(person="rita", identity="rita", trust="signed", event_id=7)},
    ],
    ids=str,
)
def test_an_entry_that_says_else_than_was_signed_is_a_problem(changed: dict[str, Any]) -> None:
    for signature in (by_passkey(), by_key()):
        (problem,) = unsigned(ID, decided(**signature | changed), DIRECTORY)
        assert "its signature is not" in problem.what
    assert unsigned("another-0-1", decided(**by_passkey()), DIRECTORY) != []


def test_a_signature_that_is_missing_or_a_stranger_is_a_problem() -> None:
    assert [one.what for one in unsigned(ID, decided(), DIRECTORY)] == ["it counts as signed, and holds no signature"]
    (stranger,) = unsigned(ID, decided(**by_passkey()), Operators([RITA], "signed"))
    assert "whom the operators' directory does not know" in stranger.what


def test_what_does_not_claim_to_be_signed_is_not_asked_for_a_signature() -> None:
    claimed = Approver(person="olga", identity="olga", trust="claimed", event_id=7)
    assert unsigned(ID, decided(approver=claimed), DIRECTORY) == []
    assert unsigned(ID, decided(accepted=False), DIRECTORY) == []


def test_what_was_done_with_a_plan_verifies_too() -> None:
    asked = Handling(act="hand_over", code=DIGEST, to="rita", note="away")
    signed = sign_handling(str(KEY.private_key), action_id=ID, handling=asked)
    passkey = PASSKEY.decide(ID, DIGEST, "hand_over", about("rita", {}))
    olga = Approver(person="olga", identity="olga", trust="signed", event_id=7)

    def entries(**changed: Any) -> list[LedgerRow]:
        told: dict[str, Any] = {"act": "hand_over", "accepted": True, "digest": DIGEST, "to": "rita", "approver": olga}
        body = Handled(**told | changed)
        return link(Head(), ID, [LedgerEntry.of(body, "h#1", "approvals", "2026-11-30T12:00:00.000+00:00")], "")

    for proof in ({"signature": signed.signature}, {"passkey": passkey}):
        assert unsigned(ID, entries(**proof), DIRECTORY) == []
        for changed in ({"to": "max"}, {"act": "claim"}, {"arguments": {"reason": "x"}}, {"digest": "cd" * 32}):
            (problem,) = unsigned(ID, entries(**proof | changed), DIRECTORY)
            assert "its signature is not" in problem.what
