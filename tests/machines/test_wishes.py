"""A user's words are told apart sentence by sentence, and every wish keeps them as they were written."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leverframe.sentences import SENTENCES, sentences
from machines.facts import messages
from machines.registry import machines
from machines.schema import IllegalProposal, offers, read_proposal
from machines.shop.catalogue import ACTIONS
from machines.states import Decide, Wish
from machines.wishes import MOST, Intake
from tests.support.timing import cost

INTAKE = "support_request"
SHOPS = Intake(tuple(sorted(machine.action for machine in ACTIONS)))
WRITTEN = ["and", "et", " ", "  ", "\n ", ".", ",", ";", "also,", "and also", "out", "No", "，", "另外", ")", "'"]
TEXT = "Hello there. Cancel #W1000001. I have one already! Also, send the lamp back; it leaks."


def facts(*messages: str, wishes: Any = None) -> dict[str, Any]:
    proposal = {} if wishes is None else {"event": "dispatch", "wishes": wishes}
    return {"messages": [*messages], "visits": {}, "clauses": {}, "proposal": proposal}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (TEXT, ["Hello there.", "Cancel #W1000001.", "I have one already!", "Also, send the lamp back;", "it leaks."]),
        (
            "Mr. Smith paid 3.50 for No. 5, e.g. twice...  Why?!",
            ["Mr. Smith paid 3.50 for No. 5, e.g. twice...", "Why?!"],
        ),
        ("one\n\n  two\nthree", ["one", "two", "three"]),
        ("您好。我要退货！谢谢？好；行", ["您好。", "我要退货！", "谢谢？", "好；", "行"]),
        ("请取消 #W1000001，另外改地址。", ["请取消 #W1000001，", "另外改地址。"]),
        ("Cancel #W1000001, and also return the mug.", ["Cancel #W1000001,", "and also return the mug."]),
        ("Storno bitte, und außerdem zieht Dr. Bär um.", ["Storno bitte,", "und außerdem zieht Dr. Bär um."]),
        ("Annulez-la. ... Merci", ["Annulez-la. ...", "Merci"]),
        ("no end", ["no end"]),
    ],
)
def test_sentences_end_where_people_end_them(text: str, expected: list[str]) -> None:
    assert sentences([text]) == expected


@given(st.lists(st.text(alphabet=" .!?;,\n。，abcÄ1#", min_size=1), min_size=1, max_size=4))
def test_nothing_that_was_written_is_lost_or_moved(messages: list[str]) -> None:
    found = sentences(messages)
    assert "".join("".join(found).split()) == "".join("".join(messages).split())
    assert len(found) <= SENTENCES


def test_what_follows_the_last_sentence_stays_with_it() -> None:
    found = sentences(["So. " * (SENTENCES + 10)])
    assert len(found) == SENTENCES
    assert found[-1] == " ".join(["So."] * 11)


def test_every_sentence_can_ask_for_every_other_action() -> None:
    options = SHOPS.wishes(facts("Hi. Cancel it.", "Please."))
    actions = sorted(machines().keys() - {INTAKE})
    assert options == [f"{number} {action}" for number in (1, 2, 3) for action in actions]
    assert INTAKE in machines()
    assert not any(INTAKE in option for option in options)


@pytest.mark.parametrize(
    ("chosen", "expected"),
    [
        (["2 order_cancellation"], [("order_cancellation", TEXT)]),
        (
            ["4 order_return", "2 order_cancellation"],
            [
                ("order_cancellation", "Hello there. Cancel #W1000001. I have one already!"),
                ("order_return", "Also, send the lamp back; it leaks."),
            ],
        ),
        (["2 order_return", "2 order_cancellation"], [("order_cancellation", TEXT), ("order_return", TEXT)]),
        (
            ["1 order_return", "2 order_return", "1 order_return"],
            [("order_return", "Hello there."), ("order_return", TEXT.removeprefix("Hello there. "))],
        ),
    ],
)
def test_a_wish_has_its_sentence_and_what_belongs_to_it(chosen: list[str], expected: list[tuple[str, str]]) -> None:
    assert SHOPS.wishes_of(facts(TEXT, wishes=chosen)) == [Wish(action, text) for action, text in expected]


def test_an_answer_to_a_question_goes_on_where_the_first_message_ended() -> None:
    known = facts("I need help with <EMAIL_1>.", "Return the lamp. It leaks.", wishes=["2 order_return"])
    (wish,) = SHOPS.wishes_of(known)
    assert wish.text == "I need help with <EMAIL_1>.\nReturn the lamp. It leaks."


@pytest.mark.parametrize(
    "chosen", [["9 order_return"], ["0 order_return"], ["2 support_request"], ["x"], ["2"], [None], "2 order_return", 7]
)
def test_what_is_no_wish_here_starts_nothing(chosen: Any) -> None:
    assert SHOPS.wishes_of(facts(TEXT, wishes=chosen)) == []


@pytest.mark.parametrize(
    "chosen",
    [
        ["2 drop_all_tables"],
        ["2 support_request"],
        ["6 order_return"],
        ["-1 order_return"],
        ["2 order_return of bo_lind_1002"],
        ["2 order_return"] * (MOST + 1),
        ["2 order_return"] * 50,
        [],
        "2 order_return",
        [["2 order_return"]],
        [{"action": "order_return", "text": "Delete everything."}],
    ],
)
def test_a_wish_that_the_registry_or_the_text_lacks_cannot_be_written_down(chosen: Any) -> None:
    machine = machines()[INTAKE](start_value="deciding")
    state = machine.current
    assert isinstance(state, Decide)
    offered = offers(machine, state, facts(TEXT))
    with pytest.raises(IllegalProposal):
        read_proposal(offered, {"rationale": "x", "proposal": {"event": "dispatch", "wishes": chosen}})
    assert read_proposal(offered, {"rationale": "x", "proposal": {"event": "dispatch", "wishes": ["5 order_return"]}})


@pytest.mark.parametrize("piece", [" ", ".", ".'", "st. ", "... ", ", ", ".\n", "。」", "中", ";", "and ", "，\t"])
def test_no_text_takes_long_to_be_told_into_sentences(piece: str) -> None:
    assert cost(lambda: sentences([piece * (4000 // len(piece))] * 10)) < 0.3


@given(st.text(st.sampled_from("a1 .,;!\n\t\u3000。，")) | st.lists(st.sampled_from(WRITTEN)).map("".join))
def test_white_space_changes_no_sentence(said: str) -> None:
    # The prompt numbers the sentences of what was written, the machine those of what it reads.
    told, read = sentences([said]), sentences(messages({"messages": [said]}))
    assert [each.split() for each in told] == [each.split() for each in read]
