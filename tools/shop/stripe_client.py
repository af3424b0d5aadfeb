"""Refunds at the payment provider: the edge to Stripe's API, and to whatever speaks it."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any, ClassVar

import httpx2
import stripe
from pydantic import BaseModel, ConfigDict, ValidationError
from stripe.params import RefundCreateParams, RefundListParams

from tools.bounded_http import ResponseTooLong, bounded_client
from tools.errors import NotConnected, ToolRefused, Unreachable
from tools.outside import Answer, Sending
from tools.retry_after import retry_after
from tools.shop.money import from_cents
from tools.shop.provider import PROVIDER, PaymentProvider, ProviderRefund, Seen, Tag

TIMEOUT = 4.0
"""Seconds for one request; a call makes two after each other, within :data:`leverframe.call_timeouts.ATTEMPT`."""
PAGE = 100
"""Refunds of a payment that are read at a time."""
LONGEST_ANSWER = 4_000_000
"""Bytes; a page of refunds takes a tenth of it."""

stripe.enable_telemetry = False


class _Charge(BaseModel):
    model_config = ConfigDict(strict=True)

    amount: int
    amount_captured: int | None = None
    currency: str
    captured: bool
    disputed: bool = False


class _Http(stripe.HTTPClient):
    """The library's own clients follow redirects, and read an answer however long it is."""

    name = "httpx2"

    def __init__(self) -> None:
        super().__init__()
        self._client = bounded_client(LONGEST_ANSWER, TIMEOUT)

    async def request_async(
        self, method: str, url: str, headers: Mapping[str, str], post_data: Any = None
    ) -> tuple[bytes, int, Mapping[str, str]]:
        async with asyncio.timeout(TIMEOUT):
            answer = await self._client.request(method, url, headers=headers, content=post_data)
        return answer.content, answer.status_code, answer.headers

    async def close_async(self) -> None:
        await self._client.aclose()


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
    except stripe.StripeError as error:
        words = f"{type(error).__name__}, HTTP {error.http_status}"
        after = retry_after((error.headers or {}).get("retry-after"))
        raise Unreachable(f"the payment provider gave no usable answer ({words})", after) from None
    except (httpx2.HTTPError, ResponseTooLong, TimeoutError, OSError) as error:
        raise Unreachable(f"the payment provider gave no usable answer ({type(error).__name__})") from None
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
