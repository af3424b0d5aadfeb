"""What is another user's, or lies beside its path, is neither read nor changed."""

import pytest

from tests.support.rest_system import RestSystem
from tests.support.two_customers import ANN, BOB, Action
from tests.tools.http.acting import BOBS
from tests.tools.http.contracts import PATH, delivering, planned
from tools.errors import BadArguments, NotTheirs


@pytest.mark.parametrize(
    "id", ["../contracts/C-2", "C-1/../C-2", "..", ".", "C-1%2f..%2fC-2", "C-1?x=1", "C-1#", "\\", ""]
)
async def test_an_argument_does_not_leave_its_path(acting: Action, rest: RestSystem, id: str) -> None:
    for call in (delivering(id), planned("end", id=id), planned("write", id=id, text="x"), planned("read", id=id)):
        with pytest.raises(BadArguments, match="id would leave its place in the path"):
            await (acting.run(call) if call.tool == "contracts.read" else acting.preview(call))
    assert rest.requests == []


async def test_another_users_is_not_read_and_not_changed(acting: Action, rest: RestSystem) -> None:
    """The system's account sees everybody's; what is not the asking user's is not used."""
    for call in (delivering("C-2"), planned("end", id="C-2"), planned("write", id="C-2", text="x")):
        with pytest.raises(NotTheirs, match="it is not used"):
            await acting.preview(call)
    with pytest.raises(NotTheirs):
        await acting.run(planned("read", id="C-2"))
    assert rest.asked == []
    assert rest.resources[BOBS]["delivery"] == "daily"


async def test_what_has_become_another_users_is_not_changed(acting: Action, rest: RestSystem) -> None:
    plan = await acting.preview(delivering())
    rest.resources[PATH]["owner"] = BOB
    with pytest.raises(NotTheirs):
        await acting.run(delivering(), plan)
    assert rest.asked == []


async def test_a_list_is_the_users_own(acting: Action, rest: RestSystem) -> None:
    rest.has("/contracts/C-3", ANN, delivery="weekend", poem="left out")
    found = await acting.run(planned("list"))
    assert found.output == {
        "found": [
            {"id": "C-1", "delivery": "daily", "version": 1},
            {"id": "C-3", "delivery": "weekend", "version": 1},
        ]
    }
    rest.resources[BOBS]["note"] = ANN
    with pytest.raises(NotTheirs):
        await acting.run(planned("list"))
