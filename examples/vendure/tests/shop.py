"""The company's shop, a real Vendure, seen by whoever looks at it from outside Leverframe; and a bad line to it."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

import httpx2
import psycopg

from tests.support.faulty_proxy import Request, _http, _pass_on, _read

EN, PASSWORD = "en", "pw-1234567"
MONEY = 4990
"""Of one kettle, in the smallest unit."""
PLACED = "... on Order { code } ... on ErrorResult { errorCode }"


@dataclass
class Shop:
    port: int
    database: str
    headers: dict[str, str] = field(default_factory=dict)
    variant: str = ""

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def ask(self, side: str, document: str, session: str | None = None, **variables: Any) -> Any:
        """What it answers with a session; the administrator's own, unless another is named."""
        headers = {"authorization": f"Bearer {session}"} if session is not None else self.headers
        async with httpx2.AsyncClient(timeout=30) as http:
            body = {"query": document, "variables": variables}
            answer = await http.post(f"{self.url}/{side}-api", json=body, headers=headers)
        told = answer.json()
        if answer.status_code == HTTPStatus.UNAUTHORIZED:
            raise RuntimeError("not let in")
        if "errors" in told:
            raise RuntimeError(told["errors"][0].get("extensions", {}).get("code", "no code"))
        return next(iter(told["data"].values()))

    async def login(self, side: str, user: str, password: str) -> str:
        """A session of somebody's with a password."""
        document = "mutation($u: String!, $p: String!) { login(username: $u, password: $p) { __typename } }"
        async with httpx2.AsyncClient(timeout=30) as http:
            body = {"query": document, "variables": {"u": user, "p": password}}
            answer = await http.post(f"{self.url}/{side}-api", json=body)
        return str(answer.headers["vendure-auth-token"])

    async def opened(self) -> None:
        """As the company has set it up: one product, one way to send and one to pay, and who may what."""
        self.headers = {"authorization": f"Bearer {await self.login('admin', 'superadmin', 'superadmin')}"}
        country = await self._made(
            "createCountry", "CreateCountryInput", code="CH", enabled=True, translations=named("CH")
        )
        zone = await self._made("createZone", "CreateZoneInput", name="World", memberIds=[country])
        await self._made(
            "updateChannel", "UpdateChannelInput", id="1", defaultTaxZoneId=zone, defaultShippingZoneId=zone,
            pricesIncludeTax=True, defaultCurrencyCode="CHF", availableCurrencyCodes=["CHF"], got="__typename",
        )  # fmt: skip
        tax = await self._made("createTaxCategory", "CreateTaxCategoryInput", name="Standard", isDefault=True)
        await self._made(
            "createTaxRate", "CreateTaxRateInput", name="Standard", enabled=True, value=8.1, categoryId=tax, zoneId=zone
        )
        await self._made(
            "createShippingMethod", "CreateShippingMethodInput", code="post", fulfillmentHandler="manual-fulfillment",
            translations=named("Post", description=""),
            checker=handler("default-shipping-eligibility-checker", orderMinimum="0"),
            calculator=handler("default-shipping-calculator", rate="700", includesTax="auto", taxRate="0"),
        )  # fmt: skip
        await self._made(
            "createPaymentMethod", "CreatePaymentMethodInput", code="dummy", enabled=True, translations=named("Dummy"),
            handler=handler("dummy-payment-handler", automaticSettle="true"),
        )  # fmt: skip
        await self._made(
            "createRole",
            "CreateRoleInput",
            code="own-orders",
            description="-",
            permissions=["ReadOrder", "UpdateOrder"],
        )
        self.variant = await self.product("Kettle", tax)
        for name in ("ann", "bob"):
            document = """mutation($i: CreateCustomerInput!, $p: String!) {
                createCustomer(input: $i, password: $p) { __typename } }"""
            who = {"firstName": name, "lastName": "Muster", "emailAddress": f"{name}@example.com"}
            await self.ask("admin", document, i=who, p=PASSWORD)

    async def product(self, name: str, tax: str = "1") -> str:
        """Something that is sold; returns its variant's id."""
        slug = name.lower()[:20].replace(" ", "-")
        product = await self._made(
            "createProduct", "CreateProductInput", enabled=True, translations=named(name, slug=slug, description="")
        )
        document = "mutation($i: [CreateProductVariantInput!]!) { createProductVariants(input: $i) { id } }"
        sold = {"productId": product, "sku": slug, "price": MONEY, "taxCategoryId": tax, "stockOnHand": 9999}
        (made,) = await self.ask("admin", document, i=[{**sold, "translations": named(name)}])
        return str(made["id"])

    async def order(self, name: str, variant: str = "") -> str:
        """What a customer buys in the shop by themselves: two of it, paid; returns the order's code."""
        own = await self.login("shop", f"{name}@example.com", PASSWORD)
        add = f"mutation($v: ID!) {{ addItemToOrder(productVariantId: $v, quantity: 2) {{ {PLACED} }} }}"
        await self.ask("shop", add, own, v=variant or self.variant)
        address = '{streetLine1: "Weg 1", city: "Bern", postalCode: "3000", countryCode: "CH"}'
        await self.ask("shop", f"mutation {{ setOrderShippingAddress(input: {address}) {{ __typename }} }}", own)
        (method,) = await self.ask("shop", "{ eligibleShippingMethods { id } }", own)
        shipping = "mutation($m: [ID!]!) { setOrderShippingMethod(shippingMethodId: $m) { __typename } }"
        await self.ask("shop", shipping, own, m=[method["id"]])
        await self.ask("shop", 'mutation { transitionOrderToState(state: "ArrangingPayment") { __typename } }', own)
        pay = f'mutation {{ addPaymentToOrder(input: {{method: "dummy", metadata: {{}}}}) {{ {PLACED} }} }}'
        placed = await self.ask("shop", pay, own)
        return str(placed["code"])

    async def address(self, name: str) -> str:
        """Where the shop sends what a customer orders; set by themselves. Returns its id."""
        own = await self.login("shop", f"{name}@example.com", PASSWORD)
        document = "mutation($i: CreateAddressInput!) { createCustomerAddress(input: $i) { id } }"
        where = {"streetLine1": "Weg 1", "city": "Bern", "postalCode": "3000", "countryCode": "CH"}
        made = await self.ask("shop", document, own, i={**where, "defaultShippingAddress": True})
        return str(made["id"])

    async def customer(self, name: str) -> dict[str, Any]:
        """A customer's addresses and history, as the company's staff sees them."""
        document = """query($mail: String!) { customers(options: {filter: {emailAddress: {eq: $mail}}}) { items {
            addresses { id streetLine1 postalCode city defaultShippingAddress }
            history(options: {take: 100, sort: {createdAt: DESC}}) {
            items { type administrator { emailAddress } data } } } } }"""
        (found,) = (await self.ask("admin", document, mail=f"{name}@example.com"))["items"]
        return dict(found)

    async def look(self, code: str) -> dict[str, Any]:
        """An order, as the company's staff sees it."""
        document = """query($code: String!) { orders(options: {filter: {code: {eq: $code}}}) { items {
            id code state totalWithTax lines { id quantity } payments { id amount refunds { total state reason } }
            history(options: {take: 100}) { items { type administrator { emailAddress } data } } } } }"""
        (found,) = (await self.ask("admin", document, code=code))["items"]
        return dict(found)

    async def lets_in(self, bearer: str) -> bool:
        """Whether a token or a session is still good at one side or the other."""
        for side in ("shop", "admin"):
            with suppress(RuntimeError):
                await self.ask(side, "{ me { id } }", bearer)
                return True
        return False

    async def sessions(self) -> int:
        """How many there are that began with a token."""
        async with await psycopg.AsyncConnection.connect(self.database) as connection:
            found = await connection.execute(
                "SELECT count(*) FROM session WHERE \"authenticationStrategy\" = 'company'"
            )
            (count,) = await found.fetchone() or (0,)
        return int(count)

    async def refunds(self, code: str) -> list[dict[str, Any]]:
        """The money that went back for an order."""
        return [one for payment in (await self.look(code))["payments"] for one in payment["refunds"]]

    async def pay_back(self, code: str) -> str:
        """As the staff does it, by hand, all of it; returns what came of it."""
        found = await self.look(code)
        (payment,) = found["payments"]
        document = """mutation($i: RefundOrderInput!) {
            refundOrder(input: $i) { __typename ... on ErrorResult { errorCode } } }"""
        asked = {"paymentId": payment["id"], "amount": payment["amount"], "reason": "by hand"}
        told = await self.ask("admin", document, i={**asked, "lines": [], "shipping": 0, "adjustment": 0})
        return str(told.get("errorCode", told["__typename"]))

    async def _made(self, what: str, kind: str, got: str = "id", **fields: Any) -> str:
        told = await self.ask("admin", f"mutation($i: {kind}!) {{ {what}(input: $i) {{ {got} }} }}", i=fields)
        return str(told.get("id", ""))


def named(name: str, **more: str) -> list[dict[str, str]]:
    return [{"languageCode": EN, "name": name, **more}]


def handler(code: str, **arguments: str) -> dict[str, Any]:
    return {"code": code, "arguments": [{"name": name, "value": value} for name, value in arguments.items()]}


@dataclass
class Line:
    """The way to the shop, on which answers are lost or changed, and something else happens in between."""

    upstream: int
    port: int = 0
    loses: str = ""
    """The answers to requests with this word in them are lost, once what was asked is done."""
    never: str = ""
    """Requests with this word in them do not arrive."""
    edits: tuple[bytes, bytes] = (b"", b"")
    """In answers to what has the word :attr:`edits_in`, the first is replaced by the second."""
    edits_in: str = "cancelOrder"
    meanwhile: Callable[[], Awaitable[object]] | None = None
    """What happens, once, just before the next request that pays back arrives."""
    seen: list[Request] = field(default_factory=list)

    def asked(self, word: str) -> int:
        """How many requests with this word in them have gone by."""
        return sum(word.encode() in one.body for one in self.seen)

    @property
    def bearers(self) -> set[str]:
        """Every token that has gone by."""
        return {one.headers["authorization"].removeprefix("Bearer ") for one in self.seen}

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while request := await _read(reader):
                self.seen.append(request)
                answer = await self._answer(request)
                if answer is None:
                    writer.transport.abort()
                    return
                writer.write(answer)
                await writer.drain()
                return  # The shop has said that it closes.
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    async def _answer(self, request: Request) -> bytes | None:
        said = json.loads(request.body)["query"]
        if self.never and self.never in said:
            return None
        if self.meanwhile and "refundOrder" in said:
            happens, self.meanwhile = self.meanwhile, None
            await happens()
        answer = await _pass_on(self.upstream, request)
        if self.loses and self.loses in said:
            self.loses = ""
            return None
        if not (self.edits[0] and self.edits_in in said):
            return answer
        return _http(200, answer.partition(b"\r\n\r\n")[2].replace(*self.edits))
