"""A capability allows what it says, its holder can only narrow it, and no error quotes a token or a key."""

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial

import pytest
from biscuit_auth import BiscuitBuilder, BlockBuilder
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from leverframe.biscuits import append, read
from leverframe.capability import SKEW, Approval, Use, Verifier, approve, bind, mint, narrow, use_of
from leverframe.contracts.calling import CallRequest
from leverframe.contracts.plan import PlannedCall
from leverframe.errors import CapabilityRefused
from leverframe.keys import PublicKeys, SigningKeys
from tests.support.keys import capability
from worker.testing.keys import APPROVALS, ISSUER, TENANT, VERIFIER, private

ID = "order_cancellation-0123456789abcdef-000000000001"
PLAN, OTHER_PLAN = "a" * 64, "b" * 64
NOW = datetime.now(UTC)
SOON = NOW + timedelta(hours=1)
READ = Use("read", ID, ("orders.list",))
CANCEL = Use("destructive", ID, ("orders.cancel",), ("#W1000001",), PLAN)
NOTE = Use("record", ID)
ISSUER_KEY = str(ISSUER.public[11])


def ring(*numbers: int) -> SigningKeys:
    return SigningKeys.parse(private(*numbers))


ROGUE = ring(99)


def anns(*, days: float = 30) -> str:
    """Ann's capability, bound to one action."""
    return capability("ann", action_id=ID, days=days)


def only(use: Use, token: str | None = None, until: datetime = SOON) -> str:
    return narrow(token or anns(), ISSUER_KEY, use, until)


def approved(token: str | None = None, digest: str = PLAN, by: SigningKeys = APPROVALS, until: datetime = SOON) -> str:
    return approve(token or anns(), ISSUER.public, by.newest[1], digest, [Approval("olga", "signed")], until)


def added(code: str, token: str | None = None) -> str:
    """A token to which its holder has added a block."""
    return append(read(token or anns(), ISSUER.public), code, {})


def moved() -> str:
    """An approval that was signed for one token, on another of the same action."""
    block = BlockBuilder(f'approved("{PLAN}");')
    signed = read(anns(), ISSUER.public).third_party_request().create_block(APPROVALS.newest[1], block)
    other = read(anns(), ISSUER.public)
    return str(other.append_third_party(APPROVALS.public[21], signed).to_base64())


def signed(code: str) -> str:
    """A token with a block that a stranger has signed."""
    biscuit = read(anns(), ISSUER.public)
    block = biscuit.third_party_request().create_block(ROGUE.newest[1], BlockBuilder(code))
    return str(biscuit.append_third_party(ROGUE.public[99], block).to_base64())


def minted(by: SigningKeys = ISSUER, tenant: str = TENANT, approvals: SigningKeys = APPROVALS) -> str:
    names = {"subject": "ann", "tenant": tenant, "action": "order_cancellation", "requester": "storefront"}
    return mint(by, **names, expires=SOON, approvals=approvals.public)


def written(code: str) -> str:
    """What the issuer's own key signs, without the demands that ``mint`` makes."""
    builder = BiscuitBuilder(code)
    builder.set_root_key_id(11)
    return str(builder.build(ISSUER.newest[1]).to_base64())


def renumbered(keys: SigningKeys, number: int) -> SigningKeys:
    return SigningKeys([(number, keys.newest[1])])


def damaged(place: int) -> str:
    token = anns()
    return token[:place] + ("A" if token[place] != "A" else "B") + token[place + 1 :]


LONG = "".join(f"n({n});" for n in range(40)) + "check if n($a), n($b), n($c), n($d), n($e), n($f), $a < 0;"
FACTS = f'subject("ann"); tenant("{TENANT}"); action("order_cancellation"); requester("storefront");'
SELF_MADE = f"""subject("bob"); tenant("{TENANT}"); operation("record"); approved("{PLAN}"); plan("{PLAN}");
    action_id("x"); approver("{PLAN}", "olga", "principal"); time(2020-01-01T00:00:00Z);"""

REFUSED: dict[str, tuple[Callable[[], str], Use, str]] = {
    "another action": (anns, replace(READ, action_id=f"{ID}-2"), "another action"),
    "another action, to be recorded": (anns, replace(NOTE, action_id=f"{ID}-2"), "another action"),
    "another tenant": (lambda: minted(tenant="other"), READ, "another tenant"),
    "another tool": (lambda: only(READ), replace(READ, tools=("customers.list",)), "another tool"),
    "one more tool": (lambda: only(READ), replace(READ, tools=("customers.list", "orders.list")), "another tool"),
    "another row": (lambda: only(CANCEL, approved()), replace(CANCEL, rows=("#W2000001",)), "other rows"),
    "one more row": (lambda: only(CANCEL, approved()), replace(CANCEL, rows=("#W1000001", "#W2")), "other rows"),
    "a row where none was named": (lambda: only(READ), replace(READ, rows=("#W1000001",)), "other rows"),
    "another operation": (lambda: only(READ), replace(READ, operation="write"), "another operation"),
    "a preview that is run": (lambda: only(replace(READ, operation="preview")), READ, "another operation"),
    "a note that is a call": (lambda: only(NOTE), replace(NOTE, operation="read"), "another operation"),
    "a call that is a note": (lambda: only(READ), replace(READ, operation="record"), "another operation"),
    "narrowed, and back again": (lambda: only(CANCEL, only(READ, approved())), CANCEL, "another operation"),
    "another plan": (lambda: only(CANCEL, approved()), replace(CANCEL, plan=OTHER_PLAN), "another plan"),
    "a plan where there was none": (lambda: only(READ), replace(READ, plan=PLAN), "another plan"),
    "expired": (lambda: anns(days=-1), READ, "expired"),
    "expired, with a time of its own": (lambda: added(SELF_MADE, anns(days=-1)), READ, "another form"),
    "narrowed to a time that is over": (lambda: only(READ, until=NOW - timedelta(minutes=1)), READ, "expired"),
    "not approved": (anns, CANCEL, "no approval"),
    "destructive without a plan": (approved, replace(CANCEL, plan=None), "no approval"),
    "another plan is approved": (lambda: approved(digest=OTHER_PLAN), CANCEL, "no approval"),
    "the approval is over": (lambda: approved(until=NOW - timedelta(minutes=1)), CANCEL, "expired"),
    "approved by its holder": (lambda: added(SELF_MADE), CANCEL, "another form"),
    "approved by a rogue key": (lambda: approved(by=ROGUE), CANCEL, "unknown key"),
    "approved with the issuer's key": (lambda: approved(by=ISSUER), CANCEL, "unknown key"),
    "approved by a key that the tools do not trust": (
        lambda: approved(minted(approvals=ROGUE), by=ROGUE), CANCEL, "unknown key",
    ),
    "approved by a key that the token does not trust": (
        lambda: approved(minted(approvals=ROGUE)), CANCEL, "no approval",
    ),
    "approved by the issuer itself": (lambda: written(f'{FACTS} approved("{PLAN}");'), CANCEL, "no approval"),
    "a rogue issuer": (lambda: minted(ROGUE), READ, "known issuer"),
    "a rogue issuer under a known number": (lambda: minted(renumbered(ROGUE, 11)), READ, "known issuer"),
    "the issuer under an unknown number": (lambda: minted(renumbered(ISSUER, 12)), READ, "known issuer"),
    "the approvals key as issuer": (lambda: minted(renumbered(APPROVALS, 11)), READ, "known issuer"),
    "two subjects": (lambda: written(f'{FACTS} subject("bob");'), READ, "more than one"),
    "no subject": (lambda: written(FACTS.replace('"ann"', '""')), READ, "does not allow"),
    "a subject that is no text": (lambda: written(FACTS.replace('"order_cancellation"', "7")), READ, "not text"),
    "nothing stated": (lambda: written("check if true;"), READ, "another tenant"),
    "a check that would run for hours": (lambda: added(LONG), READ, "another form"),
    "the same, signed by a stranger": (lambda: signed(LONG), READ, "unknown key"),
    "a row's id that could be code": (
        lambda: only(replace(READ, rows=('"), n($a',))), replace(READ, rows=('"), n($a',)), "another form",
    ),
    "a rule": (lambda: added('subject("bob") <- subject("ann");'), READ, "another form"),
    "a demand with more in it": (
        lambda: added('check if tools({"a"}), tools($b), tools($c), tools({"d"});'), READ, "another form",
    ),
    "not a token": (lambda: "nonsense", READ, "damaged"),
    **{f"damaged at {place}": (partial(damaged, place), READ, "damaged") for place in (0, 20, 200, 400)},
}  # fmt: skip


@pytest.mark.parametrize("attempt", REFUSED)
def test_what_a_capability_does_not_say_is_refused(attempt: str) -> None:
    make, use, words = REFUSED[attempt]
    token = make()
    with pytest.raises(CapabilityRefused, match=words) as refused:
        VERIFIER.verify(token, use)
    assert_quotes_nothing(str(refused.value), token)
    assert refused.value.__cause__ is None
    assert refused.value.__suppress_context__ or refused.value.__context__ is None


def assert_quotes_nothing(message: str, token: str) -> None:
    if len(token) > 16:
        assert not any(token[start : start + 16] in message for start in range(len(token) - 15))
    for keys in (ISSUER, APPROVALS, ROGUE):
        for number, key in keys:
            assert str(keys.public[number]).removeprefix("ed25519/") not in message
            assert bytes(key.to_bytes()).hex() not in message
    assert not re.search(rf"\bann\b|bob|#W|{PLAN}|{OTHER_PLAN}", message)


def test_an_approval_is_of_one_token_alone() -> None:
    """What the approvals role signed for one capability cannot be put on another, of whomever."""
    with pytest.raises(Exception, match="verifying"):
        moved()


def test_a_capability_is_minted_bound_approved_narrowed_and_verified() -> None:
    token = capability("ann", requester="storefront")
    bound = bind(token, ISSUER.public, ID)
    narrowed = only(CANCEL, approved(bound))
    claims = VERIFIER.verify(narrowed, CANCEL)
    assert (claims.subject, claims.tenant, claims.action) == ("ann", TENANT, "order_cancellation")
    assert claims.requester == "storefront"
    assert claims.approvals == (Approval("olga", "signed"),)
    assert claims.token_id == VERIFIER.verify(token, READ).token_id, "the id outlives narrowing"
    assert claims.revocation_ids[0] == claims.token_id
    assert len(set(claims.revocation_ids)) == 4


def test_those_who_approved_are_told_of_the_plan_in_use_alone() -> None:
    token = approve(
        approved(digest=OTHER_PLAN), ISSUER.public, APPROVALS.newest[1], PLAN,
        [Approval("rita", "principal"), Approval("cleo", "claimed")], SOON,
    )  # fmt: skip
    assert VERIFIER.verify(token, CANCEL).approvals == (Approval("cleo", "claimed"), Approval("rita", "principal"))


def test_clocks_may_differ_by_half_a_minute_and_no_more() -> None:
    token, late = only(CANCEL, approved(until=NOW), until=NOW), SKEW - timedelta(seconds=1)
    assert timedelta(seconds=30) == SKEW
    assert VERIFIER.verify(token, CANCEL, now=NOW + late).subject == "ann"
    with pytest.raises(CapabilityRefused, match="expired"):
        VERIFIER.verify(token, CANCEL, now=NOW + SKEW + timedelta(seconds=1))


def test_what_happened_is_recorded_however_late() -> None:
    late = NOW + timedelta(days=400)
    for token in (anns(), only(NOTE), approved()):
        assert VERIFIER.verify(token, NOTE, now=late).subject == "ann"


def test_the_issuers_keys_are_exchanged_while_actions_wait() -> None:
    old, both, new = ring(11), ring(12, 11), ring(12)
    waiting, fresh = minted(old), minted(both)
    during, after = (Verifier(keys.public, APPROVALS.public, TENANT) for keys in (both, new))
    assert [during.verify(token, READ).subject for token in (waiting, fresh)] == ["ann", "ann"]
    assert after.verify(fresh, READ).subject == "ann"
    with pytest.raises(CapabilityRefused, match="known issuer"):
        after.verify(waiting, READ)


def test_the_approvals_keys_are_exchanged_while_actions_wait() -> None:
    old, both, new = ring(21), ring(22, 21), ring(22)
    waiting, fresh = minted(approvals=old), minted(approvals=both)
    during = Verifier(ISSUER.public, both.public, TENANT)
    for token, by in ((waiting, old), (fresh, old), (fresh, new)):
        assert during.verify(approved(token, by=by), CANCEL).subject == "ann"
    with pytest.raises(CapabilityRefused, match="no approval"):
        during.verify(approved(waiting, by=new), CANCEL)
    with pytest.raises(CapabilityRefused, match="no approval"):
        Verifier(ISSUER.public, PublicKeys({}), TENANT).verify(waiting, CANCEL)
    with pytest.raises(CapabilityRefused, match="unknown key"):
        Verifier(ISSUER.public, new.public, TENANT).verify(approved(waiting, by=old), CANCEL)


@pytest.mark.parametrize(
    "attempt",
    [
        lambda token: bind(token, ROGUE.public, ID),
        lambda token: narrow(token, str(ROGUE.public[99]), READ, SOON),
        lambda token: narrow(token, "ed25519/zz", READ, SOON),
        lambda token: approve(token, ROGUE.public, APPROVALS.newest[1], PLAN, [], SOON),
    ],
)
def test_a_token_of_an_unknown_issuer_is_not_extended(attempt: Callable[[str], str]) -> None:
    token = anns()
    with pytest.raises(CapabilityRefused) as refused:
        attempt(token)
    assert_quotes_nothing(str(refused.value), token)


def test_a_token_needs_an_end_with_a_time_zone() -> None:
    with pytest.raises(ValueError, match="time zone"):
        mint(
            ISSUER, subject="ann", tenant=TENANT, action="order_cancellation", requester="storefront",
            expires=datetime(2030, 1, 1), approvals=APPROVALS.public,
        )  # fmt: skip


def test_rows_are_what_the_arguments_name_with_masked_values_put_back() -> None:
    call = PlannedCall(
        call="exchanging",
        key="exchanging#1",
        tool="orders.exchange",
        arguments={"order_id": "<ORDER_1>", "item_ids": ["1", "2"], "reason": "#W9", "deep": {"order_id": "#W8"}},
    )
    assert use_of("write", ID, [call, call], {"<ORDER_1>": "#W1"}) == Use(
        "write", ID, ("orders.exchange",), ("#W1", "1", "2")
    )


def test_a_message_shows_no_token_and_neither_does_its_error() -> None:
    call = PlannedCall(call="reading", key="reading#1", tool="orders.list", arguments={})
    token = anns()
    assert token not in repr(CallRequest(action_id=ID, capability=token, planned=call))
    with pytest.raises(ValidationError) as refused:
        CallRequest(action_id=ID, capability=f"{token}!", planned=call)
    assert_quotes_nothing(str(refused.value).replace("planned", ""), token)
    assert f"{11:064x}" not in repr(ISSUER)


def subsets(*names: str) -> st.SearchStrategy[tuple[str, ...]]:
    return st.sets(st.sampled_from(names)).map(lambda chosen: tuple(sorted(chosen)))


uses = st.builds(
    Use,
    operation=st.sampled_from(["read", "write", "destructive", "preview", "judge", "record"]),
    action_id=st.sampled_from([ID, f"{ID}-2"]),
    tools=subsets("orders.list", "orders.cancel"),
    rows=subsets("#W1", "#W2", ""),
    plan=st.sampled_from([None, PLAN, OTHER_PLAN, ""]),
)
WIDEST = approved(approved(minted()), digest=OTHER_PLAN)


def allows(token: str, use: Use) -> bool:
    try:
        return VERIFIER.verify(token, use).subject == "ann"
    except CapabilityRefused:
        return False


@given(uses, uses, uses)
def test_narrowing_never_widens(first: Use, second: Use, asked: Use) -> None:
    once = only(first, WIDEST)
    twice = only(second, once)
    assert allows(once, first) == allows(WIDEST, first), "narrowed to a use, it is good for that use"
    assert not allows(once, asked) or asked == first
    assert not allows(twice, asked) or asked == first == second
    assert not allows(once, asked) or allows(WIDEST, asked)
