"""docs/notifications.md says what is so: its example is a message, and its receiver runs."""

import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import HTTPServer
from pathlib import Path
from typing import Any, get_args

import pytest
from temporalio.exceptions import ApplicationError

from leverframe import Notification
from leverframe.contracts.notification import NotificationData, NotificationType
from tests.activities.test_notifying import ACTION, OTHER, notify
from tests.support.receiver import SECRET, Receiver
from worker.settings.notifications import EventSettings, NotificationSettings

PAGE = (Path(__file__).parent.parent / "docs" / "notifications.md").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", PAGE, re.DOTALL)


@contextmanager
def served(handler: Any) -> Iterator[str]:
    with HTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}/"
        finally:
            server.shutdown()
            thread.join()


async def test_the_pages_receiver_believes_what_is_signed_once(capsys: pytest.CaptureFixture[str]) -> None:
    page: dict[str, Any] = {"SECRET": SECRET, "__name__": "page"}
    (receiver,) = blocks("python")
    exec(receiver, page)
    page["Webhook"].log_message = lambda *_: None
    with served(page["Webhook"]) as url:
        settings = Receiver(url=url)
        assert await notify(settings.settings()) == "delivered"
        assert await notify(settings.settings()) == "delivered"
        with pytest.raises(ApplicationError, match="the receiver answered 400"):
            await notify(settings.settings(OTHER))
    assert capsys.readouterr().out == f"action.waiting {ACTION} support\n"


def test_the_pages_message_is_one_and_all_types_and_settings_are_named() -> None:
    waiting, ended = map(Notification.model_validate_json, blocks("json"))
    assert set("".join(blocks("json")).split('"')[1::2]) >= NotificationData.model_fields.keys()
    assert waiting.data.link is not None
    assert ended.data.parts
    for kind in get_args(NotificationType):
        assert f"| `{kind}` |" in PAGE
    for name in NotificationSettings.model_fields | EventSettings.model_fields:
        assert f"| `LEVERFRAME_{name.upper()}` |" in PAGE
