"""The operators' views: the queries, and the addresses that lead to them. A browser follows them in tests/ui."""

from datetime import UTC, datetime
from urllib.parse import parse_qs, urlsplit
from zoneinfo import ZoneInfo

import pytest
from aiohttp import ClientSession

from leverframe.codec import EncryptedPayloads
from leverframe.local_time import day_start
from worker.codec.server import CodecServer, parse_origins, serving
from worker.codec.views import VIEWS
from worker.testing.keys import PAYLOADS

UI = "https://ui.example.com"
SINCE = datetime(2026, 3, 29, 23, 0, tzinfo=UTC)
BERLIN = ZoneInfo("Europe/Berlin")


def test_a_query_names_the_role_and_when_today_began() -> None:
    assert VIEWS["awaiting"].query("support_lead", SINCE) == (
        'LeverframeAwaiting = "support_lead" AND ExecutionStatus = "Running"'
    )
    assert VIEWS["refused-today"].query("support", SINCE) == (
        'LeverframeOutcome IN ("rejected", "blocked") AND CloseTime >= "2026-03-29T23:00:00Z"'
    )


@pytest.mark.parametrize("role", ["", "Support", 'x" OR "1" = "1', "x\n", "9x", "a" * 41, "rôle"])
def test_a_role_that_is_none_makes_no_query(role: str) -> None:
    with pytest.raises(ValueError, match="is no role; expected one such as support"):
        VIEWS["awaiting"].query(role, SINCE)


@pytest.mark.parametrize(
    ("moment", "began"),
    [
        (datetime(2026, 3, 29, 21, 59, tzinfo=UTC), datetime(2026, 3, 28, 23, tzinfo=UTC)),
        (datetime(2026, 3, 29, 22, 0, tzinfo=UTC), datetime(2026, 3, 29, 22, tzinfo=UTC)),
        (datetime(2026, 10, 25, 12, 0, tzinfo=UTC), datetime(2026, 10, 24, 22, tzinfo=UTC)),
    ],
    ids=["the clock went forward that day", "midnight", "the clock went back that day"],
)
def test_today_begins_where_the_business_is(moment: datetime, began: datetime) -> None:
    assert day_start(moment, BERLIN) == began
    assert day_start(moment, None) == moment.replace(hour=0, minute=0)


async def test_an_address_leads_to_the_ui_and_nowhere_else() -> None:
    server = CodecServer(EncryptedPayloads(PAYLOADS), parse_origins(f"{UI}, http://localhost:8080"), None, "shop")
    async with serving(server.app(), "127.0.0.1", 0) as address, ClientSession() as session:
        for path in ("views/awaiting?role=privacy&ui=https://evil.example", "codec/views/awaiting?role=privacy"):
            async with session.get(f"{address}/{path}", allow_redirects=False) as answer:
                assert answer.status == 302
                led = urlsplit(answer.headers["Location"])
                assert f"{led.scheme}://{led.netloc}{led.path}" == f"{UI}/namespaces/shop/workflows"
                assert 'LeverframeAwaiting = "privacy"' in parse_qs(led.query)["query"][0]
                assert answer.headers["Cache-Control"] == "no-store"
        today = day_start(datetime.now(UTC))
        async with session.get(f"{address}/views/refused-today", allow_redirects=False) as answer:
            (query,) = parse_qs(urlsplit(answer.headers["Location"]).query)["query"]
            assert query == VIEWS["refused-today"].query("support", today)
        for path, status, told in (
            ("views/awaiting?role=%22%20OR", 400, "is no role; expected one such as support"),
            ("views/nothing", 404, "There is no such view; expected one of awaiting, escalated"),
            ("views/awaiting/more", 404, ""),
        ):
            async with session.get(f"{address}/{path}", allow_redirects=False) as answer:
                assert (answer.status, told in await answer.text()) == (status, True)
                assert "Location" not in answer.headers
        async with session.get(f"{address}/views") as answer:
            page = await answer.text()
            assert all(f'"views/{name}' in page and view.title in page for name, view in VIEWS.items())
            assert "<script" not in page
        async with session.post(f"{address}/views", headers={"Origin": UI}) as answer:
            assert answer.status == 405
