"""A tool is a typed function with a name, and says clearly what it cannot use."""

import pytest

from tools.base import Arguments, CallContext, Nothing, Result, Toolbox, tool
from tools.errors import BadArguments, UnknownTool
from tools.toolbox import toolbox


class Greeting(Arguments):
    name: str
    times: int = 1


class Greeted(Result):
    text: str


@tool("greetings.send", effect="write")
async def greet(call: CallContext, arguments: Greeting) -> Greeted:
    return Greeted(text=f"{arguments.name} {arguments.times} {call.derive_id()} {call.derive_id()}")


def context(key: str = "greeting#1") -> CallContext:
    return CallContext(session=None, subject="ann", action_id="a-1", key=key)  # type: ignore[arg-type]


READS = {
    "customers.addresses", "orders.details", "orders.list", "payment_methods.list", "products.variants",
}  # fmt: skip
DESTRUCTIVE = {
    "customers.change_address", "customers.copy_address", "orders.cancel", "orders.change_address",
    "orders.change_items", "orders.change_payment", "orders.copy_address", "orders.request_exchange",
    "orders.request_return", "payments.refund",
}  # fmt: skip


def test_the_shop_offers_its_tools_with_their_effects() -> None:
    assert {name: toolbox().get(name).effect for name in READS} == dict.fromkeys(READS, "read")
    assert {name: toolbox().get(name).effect for name in DESTRUCTIVE} == dict.fromkeys(DESTRUCTIVE, "destructive")
    undoing = {name: toolbox().get(name) for name in toolbox().names if toolbox().get(name).effect == "write"}
    assert all(set(tool.compensates) <= DESTRUCTIVE | {"payments.refund_partly"} for tool in undoing.values())
    assert all(tool.compensates for tool in undoing.values())
    assert undoing["orders.reinstate"].compensates == ("orders.cancel",)


def test_an_unknown_tool_is_answered_with_the_known_ones() -> None:
    with pytest.raises(UnknownTool, match=r"no tool 'orders.delete'; known are .*orders.cancel, orders.change_address"):
        toolbox().get("orders.delete")


@pytest.mark.parametrize(
    ("name", "arguments", "words"),
    [
        ("orders.cancel", {"order_id": "#W1234567"}, "reason: Field required"),
        ("orders.cancel", {"order_id": "#W1\n", "reason": "no longer needed"}, "order_id: String should match pattern"),
        (
            "orders.cancel",
            {"order_id": "1" * 201, "reason": "no longer needed"},
            "order_id: String should have at most",
        ),
        ("orders.request_return", {"order_id": "#W1", "item_ids": "1", "payment_method_id": "x"}, "item_ids: Input"),
        ("orders.request_return", {"order_id": "#W1", "item_ids": [1], "payment_method_id": "x"}, "item_ids.0: Input"),
        ("orders.request_return", {"order_id": "#W1", "item_ids": ["1"]}, "payment_method_id: Field required"),
        ("customers.change_address", {"zip": 80202}, "zip: Input should be a valid string"),
        ("orders.cancel", {"order_id": 7, "reason": "no longer needed"}, "order_id: Input should be a valid string"),
        ("orders.cancel", {"order_id": ["#W1234567"], "reason": "no longer needed"}, "order_id"),
        ("payments.refund", {"order_id": "#W1234567", "amount": "1000.00"}, "amount: Extra inputs"),
        ("payments.refund", {}, "It takes: order_id"),
        ("orders.list", {"customer_id": "bob"}, "It takes: order_ids"),
        ("payment_methods.list", {"customer_id": "bob"}, "It takes: none"),
    ],
)
def test_wrong_arguments_name_the_field_and_what_was_expected(
    name: str, arguments: dict[str, object], words: str
) -> None:
    with pytest.raises(BadArguments, match=name) as refused:
        toolbox().get(name).parse(arguments)  # type: ignore[arg-type]
    assert words in str(refused.value)
    assert "1000.00" not in str(refused.value), "values may be a customer's"


async def test_ids_derive_from_the_action_and_the_key() -> None:
    first = await greet.run(context(), {"name": "Ann"})
    assert await greet.run(context(), {"name": "Ann"}) == first
    other = await greet.run(context("greeting#2"), {"name": "Ann"})
    ids = {*str(first["text"]).split()[2:], *str(other["text"]).split()[2:]}
    assert len(ids) == 4


def test_a_toolbox_refuses_two_of_one_name_and_a_compensation_of_nothing() -> None:
    @tool("greetings.take_back", effect="write", compensates="greetings.send")
    async def take_back(call: CallContext, arguments: Nothing) -> Greeted:
        return Greeted(text="")

    with pytest.raises(ValueError, match=r"greetings.take_back compensates greetings.send"):
        Toolbox().add(take_back)
    with pytest.raises(ValueError, match="two tools named"):
        Toolbox().add(greet).add(greet)
    assert Toolbox().add(greet).add(take_back).names == ("greetings.send", "greetings.take_back")


def test_a_function_without_types_is_not_a_tool() -> None:
    async def untyped(call, arguments):  # type: ignore[no-untyped-def]
        ...

    with pytest.raises(TypeError, match="a typed function"):
        tool("greetings.untyped", effect="read")(untyped)
