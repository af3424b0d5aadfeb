"""What a receiver believes: messages signed with its secret, just now, and nothing else."""

import base64
import json
from datetime import UTC, datetime, timedelta

import pytest
from standardwebhooks.webhooks import Webhook as StandardWebhook

from leverframe import InvalidKeys, NotificationRefused, verify_notification
from leverframe.notification_signature import signed_headers
from tests.support.receiver import SECRET

NOW = datetime(2026, 5, 4, 12, tzinfo=UTC)
OLDER = "whsec_" + base64.b64encode(b"the secret before this one").decode()
TOLD = {
    "type": "action.escalated",
    "timestamp": "2026-05-04T11:59:58Z",
    "data": {
        "action_id": "order_cancellation-1",
        "action": "order_cancellation",
        "state": "confirming",
        "awaiting": "operator",
        "role": "support_lead",
        "deadline": "2026-05-05T12:00:00Z",
        "of a later version": 1,
    },
    "of a later version": {},
}
BODY = json.dumps(TOLD).encode()
HEADERS = signed_headers(SECRET, "msg_1", BODY, NOW)


def test_a_signed_message_is_believed() -> None:
    told = verify_notification(BODY, HEADERS, SECRET, now=NOW)
    assert (told.type, told.data.role, told.data.link) == ("action.escalated", "support_lead", None)
    assert told.data.deadline == datetime(2026, 5, 5, 12, tzinfo=UTC)
    shouted = {name.upper(): value for name, value in HEADERS.items()}
    assert verify_notification(BODY, shouted, SECRET, now=NOW) == told


def test_what_others_sign_by_the_specification_is_believed() -> None:
    signature = StandardWebhook(SECRET).sign("msg_1", NOW, BODY.decode())
    assert HEADERS["webhook-signature"] == signature
    verify_notification(BODY, HEADERS | {"webhook-signature": f"v2,other v1a,more {signature}"}, SECRET, now=NOW)


def test_while_the_secret_is_exchanged_either_counts() -> None:
    for signed_with, known in ((OLDER, f"{SECRET} {OLDER}"), (f"{SECRET} {OLDER}", OLDER), (SECRET, SECRET.strip("="))):
        verify_notification(BODY, signed_headers(signed_with, "msg_1", BODY, NOW), known, now=NOW)
    with pytest.raises(NotificationRefused, match="not signed with this webhook's secret"):
        verify_notification(BODY, HEADERS, OLDER, now=NOW)


@pytest.mark.parametrize(
    ("body", "changed", "words"),
    [
        (BODY.replace(b"support_lead", b"nobody"), {}, "not signed"),
        (BODY + b" ", {}, "not signed"),
        (b"", {}, "not signed"),
        (BODY, {"webhook-id": "msg_2"}, "not signed"),
        (BODY, {"webhook-timestamp": str(int(NOW.timestamp()) + 1)}, "not signed"),
        (BODY, {"webhook-signature": ""}, "not signed"),
        (BODY, {"webhook-signature": "v1,"}, "not signed"),
        (BODY, {"webhook-signature": "v1"}, "not signed"),
        (BODY, {"webhook-signature": "v1,é ,, v1,====="}, "not signed"),
        (BODY, {"webhook-signature": HEADERS["webhook-signature"].replace("v1,", "v2,")}, "not signed"),
        (BODY, {"webhook-id": ""}, "expected the headers webhook-id"),
        (BODY, {"webhook-id": "\udcff"}, "expected the headers webhook-id"),
        (BODY, {"webhook-timestamp": ""}, "expected the headers webhook-id"),
        (BODY, {"webhook-timestamp": "yesterday"}, "seconds since 1970"),
        (BODY, {"webhook-timestamp": "-1"}, "seconds since 1970"),
        (BODY, {"webhook-timestamp": "9" * 40}, "seconds since 1970"),
    ],
)
def test_anything_else_is_refused(body: bytes, changed: dict[str, str], words: str) -> None:
    with pytest.raises(NotificationRefused, match=words):
        verify_notification(body, HEADERS | changed, SECRET, now=NOW)


def test_a_missing_header_is_named() -> None:
    for name in HEADERS:
        with pytest.raises(NotificationRefused, match="expected the headers webhook-id, webhook-timestamp and"):
            verify_notification(BODY, {key: value for key, value in HEADERS.items() if key != name}, SECRET, now=NOW)


@pytest.mark.parametrize("minutes", [-5.1, 5.1, -60 * 24 * 365])
def test_an_old_message_sent_again_is_refused(minutes: float) -> None:
    with pytest.raises(NotificationRefused, match="more than 300 seconds before or after now"):
        verify_notification(BODY, HEADERS, SECRET, now=NOW + timedelta(minutes=minutes))


def test_now_is_now_and_the_tolerance_is_the_receivers() -> None:
    verify_notification(BODY, signed_headers(SECRET, "msg_1", BODY, datetime.now(UTC)), SECRET)
    with pytest.raises(NotificationRefused, match="more than 300 seconds"):
        verify_notification(BODY, HEADERS, SECRET)
    verify_notification(BODY, HEADERS, SECRET, now=NOW + timedelta(hours=1), tolerance=timedelta(hours=1))


@pytest.mark.parametrize(
    ("body", "where"),
    [
        (b"{}", "type"),
        (b"no json", "body"),
        (json.dumps(TOLD | {"type": "action.celebrated"}).encode(), "type"),
        (json.dumps(TOLD | {"data": {"action_id": "a"}}).encode(), r"data\.action"),
    ],
)
def test_what_is_signed_but_unknown_is_refused(body: bytes, where: str) -> None:
    with pytest.raises(NotificationRefused, match=f"no notification that is known here: look at .*{where}"):
        verify_notification(body, signed_headers(SECRET, "msg_1", body, NOW), SECRET, now=NOW)


@pytest.mark.parametrize(
    "secret", ["", " ", "whsec_", "whsec_short", SECRET[6:], "whsec_" + "A" * 200, "whsec_äöü" * 9]
)
def test_a_bad_secret_is_told_and_not_quoted(secret: str) -> None:
    with pytest.raises(InvalidKeys, match="expected 'whsec_' and 24 to 64 random bytes in base64") as caught:
        verify_notification(BODY, HEADERS, secret, now=NOW)
    assert len(secret) < 8 or secret not in str(caught.value)
