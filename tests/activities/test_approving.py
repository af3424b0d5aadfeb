"""The approvals role: whoever lies to it, it signs only what enough permitted people have approved."""

import base64
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, TypedDict, get_args

import pytest
from biscuit_auth import KeyPair, PublicKey
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine
from temporalio.exceptions import ApplicationError

from activities.permission import VISITS
from leverframe.capability import Approval, Claims, Use, verify
from leverframe.codec import data_converter
from leverframe.contracts.calling import Previewed
from leverframe.contracts.decision import Approver, Choice, Decision, Judged, Trust
from leverframe.contracts.plan import Plan, PlannedCall, RowChange
from leverframe.decision_signature import key_id, sign_decision, signed_by
from leverframe.digest import make_plan
from leverframe.errors import CapabilityRefused, Undecryptable
from leverframe.keys import PayloadKeys, SigningKeys
from leverframe.naming import stands
from leverframe.operators import Operator, Operators
from tests.activities.approvals_desk import (
    ID,
    REQUESTER,
    SUBJECT,
    Desk,
    cancelling,
    directory,
    plan,
    planned,
    refunding,
    signature,
)
from tests.support.keys import capability
from tools.approvals import ApprovalRecord, RecordedDecision
from worker.testing.keys import APPROVALS, ISSUER, OLGA, RITA, TENANT, payload, private

LARGE = "500.01"
"""A refund that needs two people."""


class Way(TypedDict, total=False):
    """How somebody sends a decision."""

    identity: str
    principal: str
    signed: str


@pytest.fixture
def desk(approvals: ApprovalRecord) -> Desk:
    return Desk(approvals)


def claims(judged: Judged, shown: Plan, keys: SigningKeys = APPROVALS, now: datetime | None = None) -> Claims:
    """What a tools worker reads from the approved capability; raises CapabilityRefused."""
    assert judged.approved is not None, judged.reason
    use = Use("destructive", ID, plan=shown.digest)
    return verify(judged.approved, ISSUER.public, use, tenant=TENANT, approvals=keys.public, now=now)


def refused(judged: Judged, reason: str) -> None:
    assert (judged.accepted, judged.approved, judged.approvals) == (False, None, ())
    assert reason in judged.reason


async def recorded(desk: Desk, shown: Plan) -> list[tuple[Choice, str, str, Trust, str]]:
    decisions = await desk.record.decisions(ID, shown.digest)
    return [(one.choice, one.person, one.identity, one.trust, one.role) for one in decisions]


async def test_an_approval_is_recorded_and_signed(desk: Desk) -> None:
    shown = await desk.show()
    judged = await desk.decide(shown, principal="jwt:olga")
    olga = Approver(person="olga", identity="jwt:olga", trust="principal", event_id=3)
    assert (judged.accepted, judged.reason, judged.approver, judged.approvals) == (True, "", olga, (olga,))
    assert claims(judged, shown).subject == SUBJECT
    assert claims(judged, shown).approvals == (Approval("olga", "principal"),)
    assert await recorded(desk, shown) == [("approve", "olga", "jwt:olga", "principal", "support")]


async def test_a_signed_approval_ends_an_hour_after_the_decision_and_is_for_this_plan_alone(desk: Desk) -> None:
    shown = await desk.show()
    judged = await desk.decide(shown, "olga@support")
    decided = desk.history.now
    assert claims(judged, shown, now=decided + timedelta(minutes=59))
    with pytest.raises(CapabilityRefused):
        claims(judged, shown, now=decided + timedelta(minutes=61))
    with pytest.raises(CapabilityRefused):
        claims(judged, plan("54.11"))


NOBODY = "Nobody vouches for who you are"


@pytest.mark.parametrize(
    ("how", "update", "accepted"),
    [
        ("claimed", False, {"claimed"}),
        ("claimed", True, {"claimed"}),
        ("signed", False, {"claimed", "signed"}),
        ("signed", True, {"claimed", "signed"}),
        ("principal", False, {"claimed", "signed", "principal"}),
    ],
)
@pytest.mark.parametrize("least", ["claimed", "signed", "principal"])
async def test_a_person_must_be_established_well_enough(
    approvals: ApprovalRecord, how: Trust, update: bool, accepted: set[Trust], least: Trust
) -> None:
    desk = Desk(approvals, directory(least))
    shown = await desk.show()
    principal = "jwt:olga" if how == "principal" else None
    signed = signature(OLGA, shown) if how == "signed" else None
    judged = await desk.decide(shown, "olga@support", principal=principal, signed=signed, update=update)
    assert judged.approver is not None
    assert (judged.approver.person, judged.approver.trust) == ("olga", how)
    if least in accepted:
        assert claims(judged, shown).approvals == (Approval("olga", how),)
    else:
        refused(judged, NOBODY)
        assert await recorded(desk, shown) == []


async def test_approvals_from_when_less_was_asked_of_people_do_not_count(desk: Desk) -> None:
    shown = await desk.show(plan(LARGE))
    assert (await desk.decide(shown, "olga@support")).accepted
    desk.operators = directory("signed")
    judged = await desk.decide(shown, signed=signature(RITA, shown))
    assert ([approver.person for approver in judged.approvals], judged.approved) == (["rita"], None)


async def test_the_principal_on_an_update_is_the_workers_and_counts_for_nobody(approvals: ApprovalRecord) -> None:
    """The server stamps that event when the workflow worker answers the update."""
    desk = Desk(approvals, directory("principal"))
    shown = await desk.show()
    refused(await desk.decide(shown, principal="jwt:olga", update=True), NOBODY)
    desk.operators = directory("signed")
    judged = await desk.decide(shown, principal="jwt:worker", signed=signature(RITA, shown), update=True)
    assert claims(judged, shown).approvals == (Approval("rita", "signed"),)


@pytest.mark.parametrize(
    ("identity", "principal", "signer", "reason"),
    [
        ("olga@support", "jwt:rita", OLGA, "name two different people"),
        ("olga@support", "jwt:stranger", OLGA, "name two different people"),
        ("olga@support", "jwt:stranger", None, "directory does not know you"),
        ("olga@support", "users:olga", None, "directory does not know you"),
        ("olga@support", "jwt:OLGA", None, "directory does not know you"),
        ("stranger", None, None, "you do not have the role 'support'"),
        ("", None, None, "directory does not know you"),
        ("jwt:olga", None, None, "directory does not know you"),
        ("max@billing", None, None, "You do not have the role 'support'"),
        ("olga@support", "jwt:max", None, "You do not have the role 'support'"),
        ("lea@support", None, None, "You do not have the role 'support'"),
    ],
)
async def test_only_permitted_people_decide(
    desk: Desk, identity: str, principal: str | None, signer: SigningKeys | None, reason: str
) -> None:
    shown = await desk.show()
    choices: tuple[Choice, ...] = ("approve", "reject")
    for choice in choices:
        signed = signature(signer, shown, choice) if signer else None
        refused(await desk.decide(shown, identity, principal=principal, signed=signed, choice=choice), reason)
    assert await recorded(desk, shown) == []


async def test_a_signature_that_does_not_hold_never_falls_back_to_the_claimed_name(desk: Desk) -> None:
    shown = await desk.show()
    stranger = SigningKeys.parse(private(99))
    for bad in (
        signature(stranger, shown),
        signature(OLGA, shown, "reject"),
        signature(OLGA, plan("54.11")),
        signature(OLGA, shown, valid=timedelta(minutes=-1)),
        "garbage",
        "",
    ):
        judged = await desk.decide(shown, "olga@support", principal="jwt:olga", signed=bad)
        refused(judged, "The signature does not hold")
        refused(await desk.decide(shown, "olga@support", signed=bad), "The signature does not hold")
    desk.operators = Operators(None, "claimed")
    refused(await desk.decide(shown, "olga@support", signed=signature(OLGA, shown)), "The signature does not hold")
    assert await recorded(desk, shown) == []


def renamed(signature: str, number: int | None) -> str:
    """The same signature under another number of its key, or none: a Biscuit's first field, which is not signed."""
    token = base64.urlsafe_b64decode(signature + "=" * (-len(signature) % 4))
    assert token[0] == 0x08
    rest = token[1:].lstrip(bytes(range(0x80, 0x100)))[1:]
    varint = (
        b""
        if number is None
        else b"\x08" + bytes([*((number >> by & 0x7F) | 0x80 for by in (0, 7, 14, 21)), number >> 28])
    )
    return base64.urlsafe_b64encode(varint + rest).decode()


async def test_whoever_signs_is_found_by_the_key_alone_among_any_number_of_people(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At most one signature is checked, also where it is nobody's; and one that is passed off as somebody's is not."""
    tried: list[str] = []

    def counting(signature: str, key: PublicKey, **about: Any) -> bool:
        tried.append(str(key))
        return signed_by(signature, key, **about)

    monkeypatch.setattr("activities.person.signed_by", counting)
    strangers = [Operator(f"p{number}", ["support"], keys=[KeyPair().public_key]) for number in range(3000)]
    desk.operators = Operators([*strangers, *directory("signed")], "signed")
    shown = await desk.show()
    (olgas,), (ritas,) = OLGA.public.values(), RITA.public.values()
    stranger = SigningKeys.parse(private(99))
    for bad, checked in (
        (signature(stranger, shown), []),
        (signature(OLGA, shown, "reject"), [str(olgas)]),
        (renamed(signature(stranger, shown), key_id(olgas)), [str(olgas)]),
        (renamed(signature(OLGA, shown), None), []),
        (renamed(signature(OLGA, shown), key_id(ritas)), [str(ritas)]),
    ):
        tried.clear()
        refused(await desk.decide(shown, signed=bad), "The signature does not hold")
        assert tried == checked
    tried.clear()
    assert claims(await desk.decide(shown, signed=signature(OLGA, shown)), shown).approvals
    assert tried == [str(olgas)]


@pytest.mark.parametrize(
    "again",
    ["mona\u200b", "m\u043ena", " MONA\u2060", "\u041cONA", "\uff4dona", "mo\u00adna\ufeff", "\U000e0041mona"],
    ids=ascii,
)
async def test_a_name_and_what_looks_like_it_are_one_person(desk: Desk, again: str) -> None:
    desk.operators = Operators(None, "claimed")
    shown = await desk.show(plan(LARGE))
    assert (await desk.decide(shown, "mona")).accepted
    refused(await desk.decide(shown, again), "You have decided on this plan already")
    assert len(await recorded(desk, shown)) == 1
    assert (await desk.decide(shown, "m\u00f3na")).approved, "an accent is seen"


OLGAS_NAMES = (
    "olga", " OLGA@Support ", "O.BERG", "jwt:olga", "JWT:Olga", "\uff4flga", "ol\u200bga", "\u043elga", "\u039fLGA",
    "olg\u0251\ufe0f", "\u2066olga@supp\u043ert\u2069", "o.b\u0435rg\u00ad",
)  # fmt: skip


@pytest.mark.parametrize(
    "token",
    [capability(SUBJECT, requester=name, action_id=ID) for name in OLGAS_NAMES]
    + [capability(name, action_id=ID) for name in OLGAS_NAMES],
    ids=[f"requester {name}" for name in OLGAS_NAMES] + [f"subject {name}" for name in OLGAS_NAMES],
)
async def test_nobody_decides_on_what_they_have_asked_for(desk: Desk, token: str) -> None:
    shown = await desk.show()
    ways: list[Way] = [
        {"identity": "olga@support"},
        {"identity": " Olga@SUPPORT"},
        {"identity": "o.berg"},
        {"identity": "rita@support", "principal": "jwt:olga"},
        {"identity": "rita@support", "signed": signature(OLGA, shown)},
    ]
    for way in ways:
        refused(await desk.decide(shown, **way, capability=token), "Whoever asked for an action cannot decide on it")
    assert (await desk.decide(shown, "rita@support", capability=token)).accepted


async def test_nor_without_a_directory(approvals: ApprovalRecord) -> None:
    desk = Desk(approvals, Operators(None, "claimed"))
    shown = await desk.show()
    for name in (REQUESTER, f" {REQUESTER.upper()} ", SUBJECT):
        refused(await desk.decide(shown, name), "Whoever asked")
        refused(await desk.decide(shown, f"jwt:{name}"), "Whoever asked")
        refused(await desk.decide(shown, "olga", principal=f"jwt:{name}"), "Whoever asked")


async def test_without_a_directory_everyone_decides_under_the_name_they_claim(approvals: ApprovalRecord) -> None:
    desk = Desk(approvals, Operators(None, "claimed"))
    shown = await desk.show(plan(LARGE))
    assert (await desk.decide(shown, " Olga@Support ")).accepted
    refused(await desk.decide(shown, "olga@support"), "You have decided on this plan already")
    judged = await desk.decide(shown)
    assert claims(judged, shown).approvals == (Approval("olga@support", "claimed"), Approval("unnamed", "claimed"))


async def test_a_large_amount_takes_two_people(desk: Desk) -> None:
    shown = await desk.show(plan(LARGE))
    first = await desk.decide(shown, "olga@support")
    assert (first.accepted, first.approved) == (True, None)
    assert [approver.person for approver in first.approvals] == ["olga"]
    second = await desk.decide(shown, principal="jwt:rita")
    assert [approver.person for approver in second.approvals] == ["olga", "rita"]
    assert claims(second, shown).approvals == (Approval("olga", "claimed"), Approval("rita", "principal"))


async def test_one_person_under_several_names_counts_once(desk: Desk) -> None:
    shown = await desk.show(plan(LARGE))
    assert (await desk.decide(shown, "olga@support")).accepted
    ways: list[Way] = [
        {"identity": "o.berg"},
        {"identity": "OLGA@SUPPORT"},
        {"principal": "jwt:olga"},
        {"identity": "rita@support", "signed": signature(OLGA, shown)},
        {"principal": "jwt:olga", "signed": signature(OLGA, shown)},
    ]
    for way in ways:
        refused(await desk.decide(shown, **way), "You have decided on this plan already")
    assert len(await recorded(desk, shown)) == 1


async def test_a_rejection_ends_it(desk: Desk) -> None:
    shown = await desk.show(plan(LARGE))
    assert (await desk.decide(shown, "olga@support")).accepted
    rejected = await desk.decide(shown, "rita@support", choice="reject")
    assert (rejected.accepted, rejected.approved, rejected.approvals) == (True, None, ())
    assert await recorded(desk, shown) == [
        ("approve", "olga", "olga@support", "claimed", "support"),
        ("reject", "rita", "rita@support", "claimed", "support"),
    ]
    refused(await desk.decide(shown, "rita@support"), "rejected already")
    desk.history.pass_time(days=2, hours=1)
    refused(await desk.decide(shown, "lea@support"), "rejected already")


@pytest.mark.parametrize(
    ("after", "olga", "lea"),
    [
        (timedelta(0), "", "You do not have the role 'support'"),
        (timedelta(days=2) - timedelta(seconds=1), "", "You do not have the role 'support'"),
        (timedelta(days=2), "You do not have the role 'support lead'", ""),
        (timedelta(days=3) - timedelta(seconds=1), "You do not have the role 'support lead'", ""),
        (timedelta(days=3), "Too late", "Too late"),
        (timedelta(days=300), "Too late", "Too late"),
    ],
)
async def test_after_a_while_others_decide_and_then_nobody(desk: Desk, after: timedelta, olga: str, lea: str) -> None:
    shown = await desk.show()
    desk.history.now += after
    for identity, reason in (("olga@support", olga), ("lea@support", lea)):
        judged = await desk.decide(shown, identity)
        if reason:
            refused(judged, reason)
        else:
            assert judged.accepted, judged.reason


async def test_a_signature_must_be_valid_when_the_server_takes_the_decision(desk: Desk) -> None:
    shown = await desk.show()
    signed = signature(OLGA, shown)
    desk.history.pass_time(minutes=11)
    refused(await desk.decide(shown, signed=signed), "The signature does not hold")
    lasting = signature(OLGA, shown, valid=timedelta(hours=1))
    assert (await desk.decide(shown, signed=lasting)).accepted


async def test_the_code_must_be_of_this_plan(desk: Desk) -> None:
    shown = await desk.show(plan(LARGE))
    for wrong in ("deadbeef", "0" * 64, "0", shown.digest[:7], shown.digest[1:10], plan("54.11").code):
        refused(await desk.decide(shown, "olga@support", code=wrong), "Wrong code")
    assert (await desk.decide(shown, "olga@support", code=f" {shown.code.upper()} ")).accepted
    assert (await desk.decide(shown, "rita@support", code=shown.digest)).accepted


def long_plan() -> Plan:
    rows = [RowChange(table="orders", key={"n": n}, before={"address1": "12 Elm Street"}, after={}) for n in range(500)]
    return make_plan(ID, [(cancelling(), rows), (refunding(), [])])


async def test_of_a_plan_too_long_for_a_screen_only_the_whole_digest_counts(desk: Desk) -> None:
    shown = await desk.show(long_plan())
    for code in (shown.code, shown.digest[:63]):
        for choice in get_args(Choice):
            refused(await desk.decide(shown, "olga@support", choice=choice, code=code), "too long for one screen")
    refused(await desk.decide(shown, "olga@support", code="0" * 64), "Wrong code")
    # Nor is a rejection under it one that the workflow worker has kept to itself.
    assert (await desk.decide(shown, "olga@support", code=shown.digest)).accepted


async def test_whoever_signs_a_plan_too_long_for_a_screen_has_named_its_digest(desk: Desk) -> None:
    shown = await desk.show(long_plan())
    decision = sign_decision(str(OLGA.newest[1]), action_id=ID, digest=shown.digest, choice="approve")
    assert (await desk.decide(shown, signed=decision.signature, code=decision.code)).accepted


async def test_a_decision_on_one_plan_is_no_decision_on_another(desk: Desk) -> None:
    """The workflow worker claims that the decision was about something else."""
    shown, other = await desk.show(), await desk.show(plan("99.00"))
    refused(await desk.decide(shown, "olga@support", digest=other.digest), "Wrong code")
    signed = signature(OLGA, shown)
    refused(await desk.decide(shown, signed=signed, digest=other.digest), "The signature does not hold")
    assert await recorded(desk, other) == []


async def test_an_event_decides_once(desk: Desk) -> None:
    """Even where somebody has found two plans whose digests begin alike."""
    shown = await desk.show()
    assert (await desk.decide(shown, "olga@support")).accepted
    (first,) = await desk.record.decisions(ID, shown.digest)
    await desk.show(twin := plan("60.00"))
    used = replace(first, digest=twin.digest, event_id=first.event_id + 3)
    await desk.record.record(replace(used, person="rita"), ())
    refused(await desk.decide(twin, "olga@support"), "used already")


async def test_trying_again_gives_the_same_and_records_once(desk: Desk) -> None:
    shown = await desk.show(plan(LARGE))
    await desk.decide(shown, "olga@support")
    second = await desk.decide(shown, "rita@support")
    assert desk.last is not None
    again = await desk.judge(desk.last)
    assert again.model_copy(update={"approved": second.approved}) == second
    assert claims(again, shown).approvals == claims(second, shown).approvals
    assert len(await recorded(desk, shown)) == 2


async def test_a_plan_that_was_never_shown_is_not_approved(desk: Desk) -> None:
    early = plan()
    refused(await desk.decide(early, "olga@support"), "Too early")
    await desk.history.activity("call", Previewed(plan=early))
    await desk.history.activity("preview", Previewed(plan=None, refusal="no"))
    await desk.history.activity("preview", {"plan": "unreadable"})
    await desk.show(plan("54.11"))
    refused(await desk.decide(early, "olga@support"), "Too early")
    await desk.show(early)
    assert (await desk.decide(early, "olga@support")).accepted


WIDER = planned("refunding", "payments.refund", to="another")


OTHER_CALLS = [
    (cancelling(),),
    (refunding(),),
    (refunding(), cancelling()),
    (cancelling(), refunding(), refunding(2)),
    (cancelling(), planned("refunding", "orders.cancel")),
    (cancelling(), planned("reinstating", "orders.reinstate")),
    (cancelling(), planned("paying", "payments.refund")),
    (cancelling(), WIDER),
    (cancelling(VISITS + 1), refunding()),
    (cancelling(0), refunding()),
    (cancelling().model_copy(update={"key": "cancelling#01"}), refunding()),
    (cancelling().model_copy(update={"key": "cancelling#1\n"}), refunding()),
    (cancelling().model_copy(update={"key": "cancelling#١"}), refunding()),
    (cancelling().model_copy(update={"key": "refunding#2"}), refunding()),
]


async def test_a_plan_of_other_calls_is_not_approved(desk: Desk) -> None:
    for calls in OTHER_CALLS:
        shown = await desk.show(plan(calls=calls))
        refused(await desk.decide(shown, "olga@support"), "does not hold exactly the calls")


async def test_the_highest_visit_is_still_approved(desk: Desk) -> None:
    shown = await desk.show(plan(calls=(cancelling(VISITS), refunding(VISITS))))
    assert claims(await desk.decide(shown, "olga@support"), shown)


async def test_only_a_confirmation_of_the_machine_has_a_plan_approved(desk: Desk) -> None:
    shown = await desk.show()
    for state in ("cancelling", "asking", "cancelled", "unheard_of", ""):
        refused(await desk.decide(shown, "olga@support", state=state), f"no confirmation named '{stands(state)}'")
    refused(await desk.decide(shown, "olga@support", state="confirming_refund"), "exactly the calls")


async def test_a_forged_plan_is_not_approved(desk: Desk) -> None:
    large, small = plan(LARGE), plan("1.00")
    for forged in (
        small.model_copy(update={"digest": large.digest}),
        large.model_copy(update={"calls": small.calls}),
        large.model_copy(update={"calls": (large.calls[0], small.calls[1])}),
        large.model_copy(update={"calls": (large.calls[0], large.calls[1].model_copy(update={"digest": "0" * 64}))}),
        plan(action_id="another"),
        unspeakable(),
    ):
        await desk.show(forged)
        refused(await desk.decide(forged, "olga@support"), "not genuine")


def unspeakable() -> Plan:
    """With a number that canonical JSON cannot hold."""
    calls = tuple(call.model_copy(update={"planned": refunding_of(2**60)}) for call in plan().calls)
    return plan().model_copy(update={"calls": calls})


def refunding_of(amount: int) -> PlannedCall:
    return PlannedCall(call="refunding", key="refunding#1", tool="payments.refund", arguments={"order_id": amount})


async def test_an_amount_that_cannot_be_read_is_not_approved(desk: Desk) -> None:
    shown = await desk.show(plan("a lot"))
    refused(await desk.decide(shown, "olga@support"), "How many people must approve this plan cannot be told")


async def test_showing_a_plan_again_does_not_carry_approvals_over(desk: Desk) -> None:
    """Else a worker that previews again and again would keep a half approved plan alive for ever."""
    shown = await desk.show(plan(LARGE))
    assert (await desk.decide(shown, "olga@support")).accepted
    desk.history.pass_time(days=4)
    refused(await desk.decide(shown, "rita@support"), "Too late")
    await desk.show(shown)
    judged = await desk.decide(shown, "rita@support")
    assert ([approver.person for approver in judged.approvals], judged.approved) == (["rita"], None)


async def test_approvals_of_another_run_do_not_count(desk: Desk) -> None:
    shown = await desk.show(plan(LARGE))
    other = RecordedDecision(ID, "run-0", 100, "approve", shown.digest, "rita", "rita@support", "claimed", "support", 2)
    await desk.record.record(other, ())
    judged = await desk.decide(shown, "olga@support")
    assert ([approver.person for approver in judged.approvals], judged.approved) == (["olga"], None)


OTHER_ISSUER = SigningKeys.parse(private(12))
FORGED_ISSUER = SigningKeys((11, key) for _, key in OTHER_ISSUER)


@pytest.mark.parametrize(
    "token",
    [
        capability(SUBJECT, action_id=ID.replace("1", "2")),
        capability(SUBJECT, action_id=ID, issuer=OTHER_ISSUER),
        capability(SUBJECT, action_id=ID, issuer=FORGED_ISSUER),
        capability(SUBJECT, action_id=ID, days=-1),
        "garbage",
    ],
    ids=["another action", "unknown issuer", "forged issuer", "expired", "garbage"],
)
async def test_a_capability_that_does_not_hold_is_an_error(desk: Desk, token: str) -> None:
    shown = await desk.show()
    with pytest.raises(ApplicationError) as error:
        await desk.decide(shown, "olga@support", capability=token)
    assert (error.value.type, error.value.non_retryable) == ("CapabilityRefused", True)
    assert token not in str(error.value)
    assert await recorded(desk, shown) == []


async def test_a_capability_for_an_action_that_is_not_known_here(desk: Desk) -> None:
    shown = await desk.show()
    request = await desk.history.signal("approve", Decision(code=shown.code), "olga@support")
    token = capability(SUBJECT, action="erase_everything", action_id=ID)
    asked = request.model_copy(update={"digest": shown.digest, "capability": token})
    refused(await desk.judge(asked, action="erase_everything"), "'erase everything', which is not known here")


async def test_a_capability_for_another_kind_of_action_than_the_one_that_runs(desk: Desk) -> None:
    shown = await desk.show()
    token = capability(SUBJECT, action="order_return", action_id=ID)
    with pytest.raises(ApplicationError, match="is for the action 'order_return'"):
        await desk.decide(shown, "olga@support", capability=token)


@pytest.mark.parametrize("running", [{"workflow_id": "another"}, {"run_id": "another"}])
async def test_no_other_workflow_has_the_actions_decisions_judged(desk: Desk, running: dict[str, str]) -> None:
    shown = await desk.show(plan(LARGE))
    await desk.decide(shown, "olga@support")
    assert desk.last is not None
    with pytest.raises(ApplicationError, match="no other action's") as error:
        await desk.judge(desk.last, **running)
    assert (error.value.type, error.value.non_retryable) == ("CapabilityRefused", True)


async def test_a_revoked_capability_is_an_error(desk: Desk, owner: AsyncEngine) -> None:
    shown = await desk.show(plan(LARGE))
    token = capability(SUBJECT, action_id=ID)
    first = await desk.decide(shown, "olga@support", capability=token)
    assert first.accepted
    read = verify(token, ISSUER.public, Use("judge", ID), tenant=TENANT, approvals=APPROVALS.public)
    async with owner.begin() as connection:
        revoke = text("INSERT INTO leverframe.revocations (token_id, reason) VALUES (:token_id, 'stolen')")
        await connection.execute(revoke, {"token_id": read.token_id})
    with pytest.raises(ApplicationError) as error:
        await desk.decide(shown, "rita@support", capability=token)
    assert (error.value.type, error.value.non_retryable) == ("CapabilityRefused", True)
    assert len(await recorded(desk, shown)) == 1


async def test_a_decision_that_is_not_in_the_history_is_an_error(desk: Desk) -> None:
    shown = await desk.show()
    await desk.decide(shown, "olga@support")
    assert desk.last is not None
    for wrong in ({"signal_index": 7}, {"signal_index": None, "update_id": "none"}, {"choice": "reject"}):
        with pytest.raises(ApplicationError) as error:
            await desk.judge(desk.last.model_copy(update=wrong))
        assert (error.value.type, error.value.non_retryable) == ("DecisionNotFound", False)


async def test_signals_are_counted_as_the_workflow_counts_them(desk: Desk) -> None:
    """It counts neither signals of other names nor those that its worker cannot read and drops."""
    shown = await desk.show()
    await desk.history.signal("escalate", {"code": shown.code}, "rita@support")
    await desk.history.signal("approve", {"code": shown.code}, "rita@support")
    desk.history.garble()
    desk.history.signals = 0
    judged = await desk.decide(shown, "olga@support")
    assert judged.approver is not None
    assert (judged.accepted, judged.approver.person) == (True, "olga")


async def test_a_key_that_the_role_lacks_is_not_taken_for_an_unreadable_signal(desk: Desk) -> None:
    shown = await desk.show()
    await desk.decide(shown, "olga@support")
    assert desk.last is not None
    desk.history.data_converter = data_converter(PayloadKeys.parse(payload(42)))
    with pytest.raises(Undecryptable, match="no payload key '41' is known here"):
        await desk.judge(desk.last)


async def test_a_decision_without_readable_code_is_refused(desk: Desk) -> None:
    shown = await desk.show()
    for value in ({"note": "no code"}, ["code"], "code", None):
        request = await desk.history.signal("approve", value, "olga@support")
        refused(await desk.judge(request.model_copy(update={"digest": shown.digest})), "Wrong code")


NEWER = SigningKeys.parse(private(22, 21))


async def test_what_waits_is_approved_with_the_key_that_it_trusts(approvals: ApprovalRecord) -> None:
    desk = Desk(approvals, keys=NEWER)
    shown = await desk.show()
    judged = await desk.decide(shown, "olga@support")
    assert claims(judged, shown, APPROVALS)


async def test_what_is_new_is_approved_with_the_newest_key(approvals: ApprovalRecord) -> None:
    desk = Desk(approvals, keys=NEWER)
    shown = await desk.show()
    token = capability(SUBJECT, action_id=ID, approvals=NEWER.public)
    judged = await desk.decide(shown, "olga@support", capability=token)
    assert claims(judged, shown, NEWER)
    with pytest.raises(CapabilityRefused):
        claims(judged, shown, APPROVALS)


async def test_a_capability_that_trusts_no_key_in_use_can_be_rejected_only(approvals: ApprovalRecord) -> None:
    desk = Desk(approvals, keys=SigningKeys.parse(private(24, 23)))
    shown = await desk.show()
    refused(await desk.decide(shown, "olga@support"), "the keys with which approvals are signed were exchanged")
    assert await recorded(desk, shown) == []
    assert (await desk.decide(shown, "olga@support", choice="reject")).accepted


async def test_nothing_secret_is_said(desk: Desk) -> None:
    shown = await desk.show()
    signed = signature(OLGA, plan("54.11"))
    judged = await desk.decide(shown, "olga@support", signed=signed)
    approved = await desk.decide(shown, "olga@support")
    assert approved.approved is not None
    assert desk.last is not None
    said = " ".join([judged.reason, repr(judged), repr(approved), repr(desk.last), repr(desk.keys)])
    for secret in (signed, desk.last.capability, approved.approved, "ed25519"):
        assert secret not in said


async def test_wall_clock_does_not_matter(desk: Desk) -> None:
    """An activity that is tried again much later judges the moment of the decision."""
    desk.history.now = datetime.now(UTC) - timedelta(days=20)
    shown = await desk.show()
    judged = await desk.decide(shown, "olga@support")
    assert judged.approved is not None
    with pytest.raises(CapabilityRefused):
        claims(judged, shown)
