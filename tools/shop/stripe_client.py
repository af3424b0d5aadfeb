"""Refunds at the payment provider: the edge to Stripe's API, and to whatever speaks it."""

import ssl
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any, ClassVar

import aiohttp
import stripe
from pydantic import BaseModel, ConfigDict, ValidationError
from stripe.params import RefundCreateParams, RefundListParams

from tools.errors import NotConnected, ToolRefused, Unreachable
from tools.outside import Answer, Sending
from tools.shop.money import from_cents
from tools.shop.provider import PROVIDER, PaymentProvider, ProviderRefund, Seen, Tag

TIMEOUT = aiohttp.ClientTimeout(total=4, connect=2)
"""Of one request; a call makes two after each other, within :data:`leverframe.call_timeouts.ATTEMPT`."""
PAGE = 100
"""Refunds of a payment that are read at a time."""

stripe.enable_telemetry = False


class _Charge(BaseModel):
    model_config = ConfigDict(strict=True)

    amount: int
    amount_captured: int | None = None
    currency: str
    captured: bool
    disputed: bool = False


class _Http(stripe.HTTPClient):
    """The library's own client leaves a connection open when an answer breaks off, and follows redirects."""

    name = "aiohttp"

    def __init__(self) -> None:
        super().__init__()
        self._session: aiohttp.ClientSession | None = None

    async def request_async(
        self, method: str, url: str, headers: Mapping[str, str], post_data: Any = None
    ) -> tuple[bytes, int, Mapping[str, str]]:
        if self._session is None:
            trusted = ssl.create_default_context(cafile=stripe.ca_bundle_path)
            self._session = aiohttp.ClientSession(connector=aiohttp.TCPConnector(ssl=trusted), timeout=TIMEOUT)
        async with self._session.request(method, url, headers=headers, data=post_data, allow_redirects=False) as answer:
            return await answer.read(), answer.status, answer.headers

    async def close_async(self) -> None:
        if self._session is not None:
            await self._session.close()


class StripeRefunds(PaymentProvider):
    """Refunds at Stripe; a payment is a ``pi_...`` or a ``ch_...``."""

    service = "stripe.refunds"
    SERVICES: ClassVar[frozenset[str]] = frozenset({service})

    def __init__(self, api_key: str, url: str) -> None:
        self._http = _Http()
        # Retried by Temporal alone, which looks for an earlier result first.
        self._stripe = stripe.StripeClient(
            api_key, base_addresses={"api": url.rstrip("/")}, max_network_retries=0, http_client=self._http
        ).v1

    async def see(self, payment: str) -> Seen:
        async with _answers():
            if _intent(payment):
                intent = await self._stripe.payment_intents.retrieve_async(payment, {"expand": ["latest_charge"]})
                charge = _Charge.model_validate(intent.to_dict()["latest_charge"])
            else:
                charge = _Charge.model_validate((await self._stripe.charges.retrieve_async(payment)).to_dict())
            captured = charge.amount if charge.amount_captured is None else charge.amount_captured
            refunds = await self._stripe.refunds.list_async(_list(payment))
            found = [_refund(refund) async for refund in refunds.auto_paging_iter()]
        return Seen(captured if charge.captured else 0, charge.currency, tuple(found), charge.disputed)

    async def create(self, payment: str, cents: int, tag: Tag) -> ProviderRefund:
        async with _answers():
            wanted = _create(payment, cents, tag)
            refund = _refund(await self._stripe.refunds.create_async(wanted, {"idempotency_key": tag.refund_id}))
            if refund.amount != cents or refund.metadata != tag.metadata:
                raise Unreachable(f"the payment provider answered with another refund than that of {from_cents(cents)}")
            return refund

    async def find(self, sent: Sending) -> Answer | None:
        """The refund that a request has made, found by the id of its row, which is its tag."""
        payment, row = str((sent.asked.after or {})["payment"]), str(sent.asked.key["idempotency_key"])
        refund = next((one for one in (await self.see(payment)).refunds if one.row == row), None)
        return refund.answer() if refund else None

    async def close(self) -> None:
        """Close the connections."""
        await self._http.close_async()


@asynccontextmanager
async def _answers() -> AsyncIterator[None]:
    """Sorts what can go wrong into what is final and what may be tried again; without what was sent."""
    try:
        yield
    except (stripe.AuthenticationError, stripe.PermissionError) as error:
        raise NotConnected(
            f"the payment provider does not accept this worker's key (HTTP {error.http_status}); expected "
            "LEVERFRAME_STRIPE_API_KEY to be one that may read payments and make refunds"
        ) from None
    except (stripe.InvalidRequestError, stripe.CardError, stripe.IdempotencyError) as error:
        raise ToolRefused(f"The payment provider refuses: {str(error.user_message)[:200]}", PROVIDER) from None
    except (stripe.StripeError, aiohttp.ClientError, TimeoutError, OSError) as error:
        status = getattr(error, "http_status", None)
        words = f"{type(error).__name__}{f', HTTP {status}' if status else ''}"
        raise Unreachable(f"the payment provider gave no usable answer ({words})") from None
    except (ValidationError, ValueError, TypeError, AttributeError, LookupError) as error:
        # What the library makes of JSON of another form.
        raise Unreachable(f"the payment provider's answer cannot be read ({type(error).__name__})") from None


def _refund(answer: stripe.Refund) -> ProviderRefund:
    told: Mapping[str, Any] = answer.to_dict()
    return ProviderRefund.model_validate(
        {name: told[name] for name in ProviderRefund.model_fields if told.get(name) is not None}
    )


def _list(payment: str) -> RefundListParams:
    return {"payment_intent": payment, "limit": PAGE} if _intent(payment) else {"charge": payment, "limit": PAGE}


def _create(payment: str, cents: int, tag: Tag) -> RefundCreateParams:
    wanted: RefundCreateParams = {"amount": cents, "metadata": tag.metadata}
    if _intent(payment):
        wanted["payment_intent"] = payment
    else:
        wanted["charge"] = payment
    return wanted


def _intent(payment: str) -> bool:
    return payment.startswith("pi_")
