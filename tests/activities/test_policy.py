"""The policy's clauses: read from files, with errors that say where, and found for a decision."""

from pathlib import Path

import pytest
from temporalio.testing import ActivityEnvironment

from activities.policy import InvalidPolicy, load_policy
from activities.policy.clauses import read_policy
from activities.policy.retrieving import RELATED, Retrieving
from leverframe.contracts.policy import Clause, Retrieved, RetrieveRequest

GOOD = """# Orders

For readers, and for nobody else.

## CANCEL-PENDING
version: 3
words: cancel,
  stornieren

An order can only be cancelled
while its status is 'pending'.

## RETURN-DELIVERED
version: 1

An order can only be returned once it is 'delivered'.
"""


def folder(path: Path, **files: str) -> Path:
    for name, source in files.items():
        (path / f"{name}.md").write_text(source, encoding="utf-8")
    return path


async def retrieved(policy: Path, *messages: str, citable: tuple[str, ...] = ()) -> Retrieved:
    request = RetrieveRequest(action_id="a", citable=citable, messages=messages)
    return await ActivityEnvironment().run(Retrieving(read_policy(policy)).retrieve, request)


def test_clauses_are_read_with_their_ids_versions_and_texts(tmp_path: Path) -> None:
    policy = read_policy(folder(tmp_path, orders=GOOD, README="## NO-CLAUSE"))
    assert list(policy.clauses) == ["CANCEL-PENDING", "RETURN-DELIVERED"]
    text = "An order can only be cancelled while its status is 'pending'."
    assert policy.clauses["CANCEL-PENDING"] == Clause(id="CANCEL-PENDING", version=3, text=text)


def test_what_is_only_searched_is_found_and_not_shown(tmp_path: Path) -> None:
    (found,) = read_policy(folder(tmp_path, orders=GOOD)).nearest("bitte stornieren")
    assert found.id == "CANCEL-PENDING"
    assert "stornieren" not in found.text


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        ("RETURN-DELIVERED", "CANCEL-PENDING", "orders.md: the clause CANCEL-PENDING is there twice"),
        ("An order can only be returned once it is 'delivered'.", "", "'RETURN-DELIVERED' is not valid: text"),
        ("RETURN-DELIVERED", "Return delivered", "'Return delivered' is not valid: id"),
        ("RETURN-DELIVERED", "", "the clause '' is not valid: id"),
        ("version: 1\n\n", "", "'RETURN-DELIVERED': expected lines like 'version, words: …'"),
        ("version: 1\n", "words: return\n", "'RETURN-DELIVERED': version is missing"),
        ("version: 1\n", "version: one\n", "expected a whole number from 1 as version, and it is 'one'"),
        ("version: 1\n", "version: 0\n", "expected a whole number from 1 as version, and it is '0'"),
        ("version: 1\n", "version: 1\nversion: 2\n", "expected 'version' once, with a value"),
        (
            "version: 1\n",
            "version: 1\nauthor: me\n",
            "expected lines like 'version, words: …', and one is 'author: me'",
        ),
        ("version: 1\n", "version: 1\nwords:\n", "expected 'words' once, with a value"),
    ],
)
def test_a_clause_of_another_form_is_refused_by_name(tmp_path: Path, old: str, new: str, complaint: str) -> None:
    with pytest.raises(InvalidPolicy) as refused:
        read_policy(folder(tmp_path, orders=GOOD.replace(old, new)))
    assert complaint in str(refused.value)


def test_an_id_is_used_once_over_all_files(tmp_path: Path) -> None:
    with pytest.raises(InvalidPolicy, match=r"service\.md: the clause CANCEL-PENDING is there twice"):
        read_policy(folder(tmp_path, orders=GOOD, service=GOOD))


def test_a_folder_without_clauses_is_no_policy(tmp_path: Path) -> None:
    with pytest.raises(InvalidPolicy, match="there is no clause in"):
        read_policy(folder(tmp_path, README=GOOD))
    with pytest.raises(InvalidPolicy, match="there is no clause in"):
        read_policy(tmp_path / "absent")


async def test_what_can_be_cited_is_given_whatever_the_words_and_the_nearest_beside_it(tmp_path: Path) -> None:
    searched = folder(tmp_path, orders=GOOD.replace("version: 1\n", "version: 1\nwords: send back\n"))
    found = await retrieved(searched, "送回", "return it", citable=("CANCEL-PENDING",))
    assert [clause.id for clause in found.citable] == ["CANCEL-PENDING"]
    assert [clause.id for clause in found.related] == ["RETURN-DELIVERED"]


async def test_a_clause_without_words_is_given_by_its_id_and_never_searched_for(tmp_path: Path) -> None:
    found = await retrieved(folder(tmp_path, orders=GOOD), "return", "delivered", citable=("RETURN-DELIVERED",))
    assert [clause.id for clause in found.citable] == ["RETURN-DELIVERED"]
    assert read_policy(tmp_path).nearest("return delivered") == []


async def test_a_clause_that_is_not_there_is_not_given(tmp_path: Path) -> None:
    found = await retrieved(folder(tmp_path, orders=GOOD), "cancel", citable=("OWN-ORDERS",))
    assert found.citable == ()
    assert [clause.id for clause in found.related] == ["CANCEL-PENDING"]


async def test_few_are_given_and_the_same_ones_each_time() -> None:
    request = RetrieveRequest(action_id="a", citable=(), messages=("cancel, return, exchange, refund, address",))
    first, again = [await ActivityEnvironment().run(Retrieving(load_policy()).retrieve, request) for _ in range(2)]
    assert first == again
    assert len(first.related) == RELATED
