"""Notifications in a chat channel, by the incoming webhook that Slack, Microsoft Teams and Mattermost each have.

- Slack takes ``{"text": …}`` with &, < and > escaped, and links as ``<address|words>``
  (https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks).
- Mattermost takes ``{"text": …}`` in Markdown (https://developers.mattermost.com/integrate/webhooks/incoming).
- Teams takes a message with an Adaptive Card, at the address of a workflow "When a Teams webhook request is received"
  (https://learn.microsoft.com/microsoftteams/platform/webhooks-and-connectors/how-to/connectors-using).
"""

import asyncio
from typing import Any, Literal

import httpx2

from leverframe import Notification
from worker.receivers.message_text import details, for_operators, title
from worker.receivers.receiving import NotTaken

Form = Literal["slack", "teams", "mattermost"]
TIMEOUT = 8.0
"""Seconds: less than the sender of the notification waits."""
LINK = "Open it"


class Chat:
    """One channel."""

    def __init__(self, address: str, form: Form) -> None:
        """``address`` is the channel's incoming webhook: whoever knows it can write there."""
        self._address, self._form = address, form
        self._http = httpx2.AsyncClient(transport=httpx2.AsyncHTTPTransport(), follow_redirects=False, timeout=None)

    async def hand_on(self, message_id: str, told: Notification) -> None:
        """Post it; raises NotTaken, which names no address."""
        if not for_operators(told):
            return
        try:
            async with asyncio.timeout(TIMEOUT):
                answer = await self._http.post(self._address, json=message(told, self._form))
        except (TimeoutError, httpx2.HTTPError) as error:
            raise NotTaken(f"the chat gives no answer ({type(error).__name__})") from None
        if not answer.is_success:
            raise NotTaken(f"the chat answered {answer.status_code}; expected 2xx")

    async def close(self) -> None:
        await self._http.aclose()


def message(told: Notification, form: Form) -> dict[str, Any]:
    """What the chat is sent."""
    if form == "teams":
        return _card(told)
    lines, link = details(told), told.data.link
    if form == "slack":
        lines = [f"*{_slack(title(told))}*", *map(_slack, lines)]
        return {"text": "\n".join([*lines, *([f"<{_slack(link)}|{LINK}>"] if link else [])])}
    lines = [f"**{_mattermost(title(told))}**", *map(_mattermost, lines)]
    return {"text": "\n".join([*lines, *([f"[{LINK}]({link})"] if link else [])])}


def _card(told: Notification) -> dict[str, Any]:
    heading = {"type": "TextBlock", "text": title(told), "weight": "Bolder", "wrap": True}
    facts = [dict(zip(("title", "value"), line.split(": ", 1), strict=True)) for line in details(told)]
    card: dict[str, Any] = {
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "type": "AdaptiveCard",
        "version": "1.4",
        "body": [heading, {"type": "FactSet", "facts": facts}],
    }
    if told.data.link:
        card["actions"] = [{"type": "Action.OpenUrl", "title": LINK, "url": told.data.link}]
    attachment = {"contentType": "application/vnd.microsoft.card.adaptive", "contentUrl": None, "content": card}
    return {"type": "message", "attachments": [attachment]}


def _slack(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _mattermost(text: str) -> str:
    """Ids hold underscores, which are Markdown's; '@' would call people."""
    return "".join(f"\\{letter}" if letter in "\\`*_{}[]<>#|~" else letter for letter in text).replace("@", "(at)")
