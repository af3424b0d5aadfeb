"""Each proof refuses a machine that breaks it, and names the path."""

from datetime import timedelta
from typing import Annotated, Literal

import pytest

from machines.amounts import two_above, typed_above
from machines.arguments import Arguments, Cites
from machines.base import ActionMachine
from machines.registry import machines, register
from machines.shop.money_back import TYPED_ABOVE, money_back
from machines.states import Ask, Call, Confirm, Decide, End
from machines.verify import UnsafeMachine, verify

DAYS = timedelta(days=3)


class Go(Arguments):
    way: Literal["on"]


class Grounds(Arguments):
    clause: Annotated[str, Cites(lambda facts: ["CLAUSE"])]


class Skips(ActionMachine):
    """Lets the model destroy without a person."""

    deciding = Decide("p", {"go": Go, "hand_over": Go}, initial=True)
    erasing = Call("rows.erase", "destructive")
    confirming = Confirm(["erasing"], role="support", within=DAYS)
    done = End("done", "done")
    person = End("handed_over", "person")

    go = deciding.to(erasing)
    hand_over = deciding.to(person)
    undecided = deciding.to(person)
    succeeded = erasing.to(done)
    failed = erasing.to(person)
    stale = erasing.to(confirming)
    approved = confirming.to(erasing)
    rejected = confirming.to(person)
    expired = confirming.to(person)
    unplannable = confirming.to(person)


class CoversAnother(ActionMachine):
    """The confirmation shows one call, and another one runs."""

    confirming = Confirm(["erasing"], role="support", within=DAYS)
    erasing = Call("rows.erase", "destructive")
    paying = Call("money.pay", "destructive")
    done = End("done", "done")
    person = End("handed_over", "person")

    approved = confirming.to(erasing)
    rejected = confirming.to(person)
    expired = confirming.to(person)
    unplannable = confirming.to(person)
    succeeded = erasing.to(paying) | paying.to(done)
    failed = erasing.to(person) | paying.to(person)
    stale = erasing.to(confirming) | paying.to(confirming)


class RunsTwice(ActionMachine):
    """One approval, any number of runs."""

    confirming = Confirm(["erasing"], role="support", within=DAYS)
    erasing = Call("rows.erase", "destructive")
    checking = Call("rows.list", "read")
    person = End("handed_over", "person")

    approved = confirming.to(erasing)
    rejected = confirming.to(person)
    expired = confirming.to(person)
    unplannable = confirming.to(person)
    succeeded = erasing.to(checking) | checking.to(erasing)
    failed = erasing.to(person) | checking.to(person)
    stale = erasing.to(confirming)


class AsksTheModelBetween(ActionMachine):
    """After the approval the model may change the arguments."""

    confirming = Confirm(["erasing"], role="support", within=DAYS)
    deciding = Decide("p", {"go": Go, "hand_over": Go})
    erasing = Call("rows.erase", "destructive")
    done = End("done", "done")
    person = End("handed_over", "person")

    approved = confirming.to(deciding)
    rejected = confirming.to(person)
    expired = confirming.to(person)
    unplannable = confirming.to(person)
    go = deciding.to(erasing)
    hand_over = deciding.to(person)
    undecided = deciding.to(person)
    succeeded = erasing.to(done)
    failed = erasing.to(person)
    stale = erasing.to(confirming)


class StaleGoesOn(ActionMachine):
    """A plan that no longer holds is not confirmed anew."""

    confirming = Confirm(["erasing"], role="support", within=DAYS)
    erasing = Call("rows.erase", "destructive")
    done = End("done", "done")
    person = End("handed_over", "person")

    approved = confirming.to(erasing)
    rejected = confirming.to(person)
    expired = confirming.to(person)
    unplannable = confirming.to(person)
    succeeded = erasing.to(done)
    failed = erasing.to(person)
    stale = erasing.to(done)


class ExpiryApproves(ActionMachine):
    """Silence counts as consent."""

    confirming = Confirm(["erasing"], role="support", within=DAYS)
    erasing = Call("rows.erase", "destructive")
    done = End("done", "done")
    person = End("handed_over", "person")

    approved = confirming.to(erasing)
    expired = confirming.to(erasing)
    rejected = confirming.to(person)
    unplannable = confirming.to(person)
    succeeded = erasing.to(done)
    failed = erasing.to(person)
    stale = erasing.to(confirming)


class WaitsForEver(ActionMachine):
    """An open question without a deadline."""

    reading = Call("rows.list", "read", initial=True)
    asking = Ask("ask", within=timedelta(0))
    done = End("done", "done")

    succeeded = reading.to(asking)
    failed = reading.to(done)
    answered = asking.to(done)
    unanswered = asking.to(done)


class HasNoPatience(ActionMachine):
    """A model that is away would be waited for without an end: that is what no time means to a timer."""

    deciding = Decide("p", {"hand_over": Go}, patience=timedelta(0), initial=True)
    person = End("handed_over", "person")

    hand_over = deciding.to(person)
    undecided = deciding.to(person)


class NoWayToAPerson(ActionMachine):
    """The model must act."""

    deciding = Decide("p", {"go": Go}, initial=True)
    done = End("done", "done")

    go = deciding.to(done)
    undecided = deciding.to(done)


class OffersWhatItLacks(ActionMachine):
    """An offer without a transition, and a transition without an offer."""

    deciding = Decide("p", {"hand_over": Go, "fly": Go}, initial=True)
    done = End("done", "done")
    person = End("handed_over", "person")

    hand_over = deciding.to(person)
    undecided = deciding.to(person)
    go = deciding.to(done)


class ForgetsAnOutcome(ActionMachine):
    """A failing read has nowhere to go."""

    reading = Call("rows.list", "read", initial=True)
    done = End("done", "done")

    succeeded = reading.to(done)


class LeavesAWriteStanding(ActionMachine):
    """The first write stays when the second is rejected."""

    confirming = Confirm(["cancelling"], role="support", within=DAYS)
    cancelling = Call("orders.cancel", "destructive")
    confirming_refund = Confirm(["refunding"], role="support", within=DAYS)
    refunding = Call("payments.refund", "destructive")
    done = End("done", "done")
    refused = End("rejected", "refused")
    person = End("handed_over", "person")

    approved = confirming.to(cancelling) | confirming_refund.to(refunding)
    rejected = confirming.to(refused) | confirming_refund.to(refused)
    expired = confirming.to(refused) | confirming_refund.to(person)
    unplannable = confirming.to(person) | confirming_refund.to(person)
    succeeded = cancelling.to(confirming_refund) | refunding.to(done)
    failed = cancelling.to(person) | refunding.to(person)
    stale = cancelling.to(confirming) | refunding.to(confirming_refund)


class LeavesWhatStandsOutside(ActionMachine):
    """The letter is sent, the line cannot be cut, and all is done."""

    confirming = Confirm(["writing", "cutting"], role="support", within=DAYS)
    writing = Call("post.write", "destructive", asks=True)
    cutting = Call("network.cut", "destructive", asks=True)
    undoing = Call("rows.undo", "write", compensates="cutting")
    done = End("done", "done")
    person = End("handed_over", "person")

    approved = confirming.to(writing)
    rejected = confirming.to(person)
    expired = confirming.to(person)
    unplannable = confirming.to(person)
    succeeded = writing.to(cutting) | cutting.to(done) | undoing.to(done)
    failed = writing.to(person) | cutting.to(undoing) | undoing.to(person)
    stale = writing.to(confirming) | cutting.to(confirming)


class ReadsBetween(ActionMachine):
    """Of two calls that are approved together, the second comes only once something was looked up."""

    confirming = Confirm(["writing", "cutting"], role="support", within=DAYS)
    writing = Call("rows.write", "destructive")
    looking = Call("rows.list", "read")
    cutting = Call("rows.cut", "destructive")
    done = End("done", "done")
    person = End("handed_over", "person")

    approved = confirming.to(writing)
    rejected = confirming.to(person)
    expired = confirming.to(person)
    unplannable = confirming.to(person)
    succeeded = writing.to(looking) | looking.to(cutting) | cutting.to(done)
    failed = person.from_(writing, looking, cutting)
    stale = writing.to(confirming) | cutting.to(confirming)


class FailsQuietly(ActionMachine):
    """A failing write ends as if nothing had happened."""

    writing = Call("rows.add", "write", initial=True)
    done = End("done", "done")

    succeeded = writing.to(done)
    failed = writing.to(done)


class AsksLessTheSecondTime(ActionMachine):
    """After stale data one person is enough for what needed two; and escalation has no moment to happen."""

    confirming = Confirm(["erasing"], role="support", within=DAYS, quorum=2, escalate_to="lead")
    confirming_anew = Confirm(["erasing"], role="support", within=DAYS)
    erasing = Call("rows.erase", "destructive")
    starting = Call("rows.list", "read", initial=True)
    done = End("done", "done")
    person = End("handed_over", "person")

    succeeded = starting.to(confirming) | erasing.to(done)
    approved = confirming.to(erasing) | confirming_anew.to(erasing)
    rejected = confirming.to(person) | confirming_anew.to(person)
    expired = confirming.to(person) | confirming_anew.to(person)
    unplannable = confirming.to(person) | confirming_anew.to(person)
    failed = starting.to(person) | erasing.to(person)
    stale = erasing.to(confirming_anew)


class TypesNothingTheSecondTime(ActionMachine):
    """After stale data nobody types the amount any more."""

    confirming = Confirm(["erasing"], role="support", within=DAYS, money=money_back, amount=typed_above(TYPED_ABOVE))
    confirming_anew = Confirm(["erasing"], role="support", within=DAYS)
    erasing = Call("rows.erase", "destructive")
    starting = Call("rows.list", "read", initial=True)
    done = End("done", "done")
    person = End("handed_over", "person")

    succeeded = starting.to(confirming) | erasing.to(done)
    approved = confirming.to(erasing) | confirming_anew.to(erasing)
    rejected = confirming.to(person) | confirming_anew.to(person)
    expired = confirming.to(person) | confirming_anew.to(person)
    unplannable = confirming.to(person) | confirming_anew.to(person)
    failed = starting.to(person) | erasing.to(person)
    stale = erasing.to(confirming_anew)


class SaysNotWhichMoney(ActionMachine):
    """How much must be typed is a rule on money, and nobody says which."""

    confirming = Confirm(["erasing"], role="support", within=DAYS, amount=typed_above(TYPED_ABOVE))
    confirming_anew = Confirm(["erasing"], role="support", within=DAYS, quorum=two_above(TYPED_ABOVE))
    erasing = Call("rows.erase", "destructive")
    starting = Call("rows.list", "read", initial=True)
    done = End("done", "done")
    person = End("handed_over", "person")

    succeeded = starting.to(confirming) | erasing.to(done)
    approved = confirming.to(erasing) | confirming_anew.to(erasing)
    rejected = confirming.to(person) | confirming_anew.to(person)
    expired = confirming.to(person) | confirming_anew.to(person)
    unplannable = confirming.to(person) | confirming_anew.to(person)
    failed = starting.to(person) | erasing.to(person)
    stale = erasing.to(confirming_anew)


class DeclinesAtWill(ActionMachine):
    """The model declines, by way of a call, without a clause that says so."""

    deciding = Decide("p", {"go": Go, "hand_over": Go, "decline": Grounds}, initial=True)
    reading = Call("rows.list", "read")
    refused = End("declined", "refused")
    person = End("handed_over", "person")

    go = deciding.to(reading)
    decline = deciding.to(refused)
    hand_over = deciding.to(person)
    undecided = deciding.to(person)
    succeeded = reading.to(refused)
    failed = reading.to(person)


class DeclinesUnread(ActionMachine):
    """A customer is refused before anybody has decided anything."""

    reading = Call("rows.list", "read", initial=True)
    refused = End("declined", "refused")

    succeeded = reading.to(refused)
    failed = reading.to(refused)


BROKEN = [
    (Skips, "'erasing' is reachable without a confirmation that covers it: deciding --go--> erasing"),
    (CoversAnother, "'paying' is reachable without a confirmation that covers it: confirming --approved--> erasing"),
    (RunsTwice, "'erasing' is reachable without a confirmation that covers it"),
    (AsksTheModelBetween, "confirming --approved--> deciding --go--> erasing"),
    (StaleGoesOn, "a stale plan must be confirmed anew, but erasing --stale--> done"),
    (ExpiryApproves, "must end the action or undo it, but leads on: confirming --expired--> erasing"),
    (WaitsForEver, "'asking' needs a deadline"),
    (HasNoPatience, "'deciding' needs a deadline for a model that is away"),
    (NoWayToAPerson, "'deciding' offers no unconditional way to a person"),
    (NoWayToAPerson, "must go to a person: deciding --undecided--> done"),
    (OffersWhatItLacks, "'fly' must be both a transition and an offer"),
    (OffersWhatItLacks, "'go' must be both a transition and an offer"),
    (ForgetsAnOutcome, "'reading' has no unconditional transition for its outcome 'failed'"),
    (LeavesWhatStandsOutside, "what was asked of a system outside stands after another such call has failed"),
    (ReadsBetween, "covers 'writing' and then 'cutting', but there is writing --succeeded--> looking"),
    (LeavesAWriteStanding, "a write is left standing by an action that ends 'refused'"),
    (TypesNothingTheSecondTime, "covers just what another one does, and they ask differently of people"),
    (SaysNotWhichMoney, "'confirming' has a rule on people or amounts, and does not say of which money"),
    (SaysNotWhichMoney, "'confirming_anew' has a rule on people or amounts, and does not say of which money"),
    (AsksLessTheSecondTime, "covers just what another one does, and they ask differently of people"),
    (AsksLessTheSecondTime, "'confirming' escalates when it reminds, so it needs a reminder"),
    (DeclinesAtWill, "declined without a clause that it rests on: deciding --go--> reading --succeeded--> refused"),
    (DeclinesUnread, "declined without a clause that it rests on: reading --succeeded--> refused"),
    (FailsQuietly, "leads to no compensation and no person: writing --failed--> done"),
]


@pytest.mark.parametrize(("machine", "words"), BROKEN, ids=[f"{m.__name__}-{n}" for n, (m, _) in enumerate(BROKEN)])
def test_an_unsafe_machine_does_not_load(machine: type[ActionMachine], words: str) -> None:
    machine.action = machine.__name__.lower()
    with pytest.raises(UnsafeMachine) as refusal:
        register(machine, "tests")
    assert words in str(refusal.value)
    assert machine.action not in machines()


@pytest.mark.parametrize("machine", machines().values(), ids=machines().keys())
def test_the_registered_machines_hold(machine: type[ActionMachine]) -> None:
    verify(machine)


def test_a_name_is_taken_once() -> None:
    taken = next(iter(machines().values()))
    with pytest.raises(ValueError, match="is there already"):
        register(taken, "tests")
