"""What the notifications role does: tell the business's webhook about an action, in a signed message.

Which action it is, it takes from the Temporal server and not from what it is asked, so that no workflow has a message
sent in another's name.
"""

import asyncio
import hashlib
import json
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Literal
from urllib.parse import quote

import httpx2
from pydantic import ValidationError
from temporalio import activity
from temporalio.exceptions import ApplicationError

from leverframe.contracts import names
from leverframe.contracts.notification import Notification, NotificationData, NotifyRequest
from leverframe.notification_signature import signed_headers

Delivery = Literal["delivered", "nobody to notify"]

LATER = (408, 425, 429)
"""What a receiver answers that will take the message another time, besides 5xx."""
GONE = 410
"""What a receiver answers that wants no more messages (Standard Webhooks)."""


@dataclass(frozen=True)
class Webhook:
    """Where messages go, and what they are signed with."""

    url: str = field(repr=False)
    """Not in any message: an address may be a secret in itself."""
    secrets: str = field(repr=False)
    timeout: float = 10
    """Seconds for one attempt."""
    ui_url: str | None = None
    """The Temporal UI's address, for links."""


@activity.defn(name=names.NOTIFY)
async def tell_nobody(request: NotifyRequest) -> Delivery:
    """Where there is no webhook: no failure."""
    return "nobody to notify"


class Notifying:
    """The activity of the notifications role where there is a webhook."""

    def __init__(self, webhook: Webhook) -> None:
        self._webhook = webhook
        # Neither redirects nor proxies: the message goes where the settings say, and nowhere else.
        self._http = httpx2.AsyncClient(
            transport=httpx2.AsyncHTTPTransport(),
            headers={"user-agent": "leverframe", "content-type": "application/json"},
            follow_redirects=False,
            # asyncio's own bounds the whole attempt, and not each of its steps.
            timeout=None,
        )

    @activity.defn(name=names.NOTIFY)
    async def notify(self, request: NotifyRequest) -> Delivery:
        """Deliver one message, or raise; retried, it has the same id and the same body, and a new signature."""
        about = await _about()
        body = _notification(request, about, self._webhook.ui_url).model_dump_json(exclude_none=True).encode()
        headers = signed_headers(self._webhook.secrets, _message_id(request, about), body, datetime.now(UTC))
        refusal = _refusal(await self._post(body, headers))
        if refusal is not None:
            raise refusal
        return "delivered"

    async def close(self) -> None:
        await self._http.aclose()

    async def _post(self, body: bytes, headers: dict[str, str]) -> int:
        """The status of the answer, whose body nobody reads; what goes wrong on the way may go right later."""
        webhook = self._webhook
        try:
            async with (
                asyncio.timeout(webhook.timeout),
                self._http.stream("POST", webhook.url, content=body, headers=headers) as answer,
            ):
                return answer.status_code
        except TimeoutError:
            what = f"the receiver gave no answer within {webhook.timeout:g} seconds"
        except httpx2.ConnectError as error:
            what = f"the receiver cannot be reached: {error}"
        except httpx2.HTTPError as error:
            # By its kind alone: the text may be the receiver's.
            what = f"the receiver's answer broke off ({type(error).__name__})"
        raise ApplicationError(what)


def _refusal(status: int) -> ApplicationError | None:
    """What an answer means; ``None`` when the message was taken."""
    if 200 <= status < 300:
        return None
    if status in LATER or status >= 500:
        return ApplicationError(f"the receiver answered {status}")
    why = "expected 2xx"
    if status == GONE:
        why = "it wants no more messages: change LEVERFRAME_NOTIFICATIONS_URL or take it out"
    elif 300 <= status < 400:
        why = "a redirect, which is not followed: name the address itself in LEVERFRAME_NOTIFICATIONS_URL"
    return ApplicationError(f"the receiver answered {status}; {why}", non_retryable=True)


@dataclass(frozen=True)
class _About:
    """An action's workflow, as the Temporal server knows it."""

    action_id: str
    action: str
    run_id: str
    namespace: str


async def _about() -> _About:
    """The workflow that asks; of one that does nothing but tell, the action that has started it."""
    info = activity.info()
    workflow_id, kind, run_id = info.workflow_id or "", info.workflow_type or "", info.workflow_run_id or ""
    if kind == names.TELL:
        telling = await activity.client().get_workflow_handle(workflow_id, run_id=run_id).describe()
        workflow_id, run_id = telling.parent_id or "", telling.parent_run_id or ""
        if not workflow_id:
            raise ApplicationError("nothing is sent: expected an action to have started this", non_retryable=True)
        kind = (await activity.client().get_workflow_handle(workflow_id, run_id=run_id).describe()).workflow_type
    return _About(workflow_id, kind, run_id, info.namespace)


def _notification(request: NotifyRequest, about: _About, ui_url: str | None) -> Notification:
    """The message, about that action."""
    link = None
    if ui_url and about.action_id and about.run_id:
        page = "/".join(quote(part, safe="") for part in (about.namespace, "workflows", about.action_id))
        link = f"{ui_url.rstrip('/')}/namespaces/{page}/{about.run_id}/user-metadata"
    try:
        data = {
            **request.model_dump(exclude={"type", "visit", "at"}),
            "parts": [part.model_dump() for part in request.parts] or None,
            "action_id": about.action_id,
            "action": about.action,
            "link": link,
        }
        happened = request.at or activity.info().scheduled_time
        return Notification(type=request.type, timestamp=happened, data=NotificationData.model_validate(data))
    except ValidationError as error:
        wrong = ", ".join(".".join(map(str, item["loc"])) for item in error.errors())
        raise ApplicationError(
            f"nothing is sent: expected an action's own workflow to name a state and a role; look at {wrong}",
            non_retryable=True,
        ) from None


def _message_id(request: NotifyRequest, about: _About) -> str:
    """The same for each attempt, and for no other message: receivers know by it what they have had."""
    said = [about.namespace, about.action_id, request.state, request.visit, request.type]
    if request.type.startswith("case.") or request.type == "action.ended":
        said.append(about.run_id)  # an action may have one case after the other, and end anew when it is woken
    return f"msg_{hashlib.sha256(json.dumps(said).encode()).hexdigest()[:32]}"
