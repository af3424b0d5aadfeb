"""Signing in with the company's account: it lets people of the directory see, and nobody decides anything with it."""

from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from pathlib import Path
from time import time
from typing import Any

import jwt
import pytest
from temporalio.testing import WorkflowEnvironment

from desk.inbox.desk import Desk
from desk.web.app import WebDesk
from desk.web.company import Company
from desk.web.directory import take_in
from desk.web.invitations import Invitations
from desk.web.tries import OF_ADDRESS
from leverframe.operators_file import OperatorsFile
from tests.support.authenticator import Authenticator
from tests.support.company_sign_in import ACCOUNTS, CLIENT, Liar, led_back, lying, stock_provider
from tests.support.rig import Rig
from tests.threats.test_desk import SITE, Visitor
from tests.threats.test_desk import rig as rig
from tests.threats.test_desk import web as web
from tests.ui.browser_desk import DIRECTORY

KNOWN = DIRECTORY.replace("[olga]\n", '[olga]\naccounts = ["u-olga", "olga@example.com"]\n').replace(
    '"support_lead"]', '"support_lead"]\naccounts = ["u-rita", "rita@example.com"]'
)
Opens = Callable[[Company], Visitor]
BACK = f"{SITE}/sign-in/company/back"


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    file = tmp_path / "operators.toml"
    file.write_text(KNOWN)
    return file


@pytest.fixture(scope="module")
async def provider() -> AsyncIterator[Company]:
    async with stock_provider(SITE) as company:
        yield company


@pytest.fixture
async def liar() -> AsyncIterator[Liar]:
    async with lying() as liar:
        yield liar


@pytest.fixture
def visitor(temporal: WorkflowEnvironment, directory: Path) -> Opens:
    def made(company: Company) -> Visitor:
        return Visitor(
            WebDesk(
                desk=Desk(temporal.client),
                operators=OperatorsFile(directory, "signed"),
                invitations=Invitations(directory.parent / "invitations"),
                site=SITE,
                company=company,
            )
        )

    return made


async def sent(one: Visitor, after: str = "/") -> str:
    answer = await one.http.get("/sign-in/company", params={"next": after})
    assert answer.status_code == 303, answer.text
    return str(answer.headers["location"])


async def signed_in(one: Visitor) -> bool:
    return (await one.http.get("/")).status_code == 200


async def test_whoever_the_directory_knows_sees_and_their_passkey_alone_decides(
    provider: Company, directory: Path, rig: Rig, web: WebDesk
) -> None:
    status = await rig.waiting()
    olga = Visitor(replace(web, company=provider))
    assert "Sign in with your company" in (await olga.http.get("/sign-in")).text
    back = await led_back(await sent(olga, f"/actions/{status.action_id}"), "u-olga")
    answer = await olga.http.get(back)
    assert (answer.status_code, answer.headers["location"]) == (303, f"/actions/{status.action_id}")
    held = answer.headers.get_list("set-cookie")
    assert all("HttpOnly" in one and "Secure" in one and "SameSite=lax" in one for one in held), held
    page = await olga.http.get(answer.headers["location"])
    assert "54.10" in page.text
    assert "You have no passkey for this desk." in page.text
    device = Authenticator("b2xnYQ", SITE)
    assert (await olga.decide(status, device)).status_code == 403
    assert (await olga.decide(status, device, signed=None)).status_code == 403
    assert (await rig.service.status(status.action_id)).plan is not None

    take_in(directory, "olga", device.passkey)
    assert (await olga.decide(status, device)).json()["accepted"] is True
    assert (await rig.result(status.action_id)).kind == "done"
    assert len(await rig.refunds()) == 1


async def test_what_came_back_once_counts_once_and_for_the_browser_that_was_sent(
    provider: Company, visitor: Opens
) -> None:
    olga, thief = visitor(provider), visitor(provider)
    back = await led_back(await sent(olga), "u-olga")
    # Somebody else's browser, with or without a sign-in of its own, or another state.
    assert (await thief.http.get(back)).status_code == 403
    own = await led_back(await sent(thief), "u-zoe")
    state, code = own.rpartition("state=")[2].partition("&")[0], back.partition("code=")[2].partition("&")[0]
    injected = f"{BACK}?code={code}&state={state}&iss={provider.issuer}"
    answer = await thief.http.get(injected)
    assert (answer.status_code, "does not know this sign-in" in answer.text) == (403, True)
    assert (await olga.http.get(back.replace("state=", "state=x"))).status_code == 403
    assert (await olga.http.get(back.replace(f"localhost%3A{provider.issuer[-5:]}", "evil.example"))).status_code in (
        303,
        403,
    )
    olga.http.cookies.clear()
    assert (await olga.http.get(back)).status_code == 403
    assert not await signed_in(thief)
    back = await led_back(await sent(olga), "u-olga")
    assert (await olga.http.get(back)).status_code == 303
    assert await signed_in(olga)
    olga.http.cookies.clear()
    replayed = await olga.http.get(back)
    assert (replayed.status_code, "was used already" in replayed.text) == (403, True)


async def test_who_stands_in_no_entry_is_nobody_here(provider: Company, directory: Path, visitor: Opens) -> None:
    zoe = visitor(provider)
    answer = await zoe.http.get(await led_back(await sent(zoe), "u-zoe"))
    assert answer.status_code == 403
    assert "knows no account" in answer.text
    by_mail = visitor(replace(provider, claim="email"))
    answer = await by_mail.http.get(await led_back(await sent(by_mail), "u-rita"))
    assert (answer.status_code, "has not verified your e-mail address" in answer.text) == (403, True)
    answer = await by_mail.http.get(await led_back(await sent(by_mail), "u-olga"))
    assert answer.status_code == 303
    assert await signed_in(by_mail)
    # Who leaves the directory, or whose account does, is signed out.
    directory.write_text(KNOWN.replace("olga@example.com", "olga@other.example"))
    assert not await signed_in(by_mail)


@pytest.mark.parametrize(
    ("account", "names", "left"),
    [
        ("u-olga", {"lf-support": "support", "everybody": "support_lead"}, {"support"}),
        ("u-olga", {"everybody": "billing"}, set[str]()),
        ("u-olga", {}, set[str]()),
        ("u-rita", {"lf-support": "support"}, set[str]()),
    ],
)
async def test_a_claim_takes_roles_away_and_gives_none(
    provider: Company, visitor: Opens, account: str, names: dict[str, str], left: set[str]
) -> None:
    someone = visitor(replace(provider, roles_claim="groups", roles=names))
    assert "groups" in ACCOUNTS[account]
    assert (await someone.http.get(await led_back(await sent(someone), account))).status_code == 303
    asked = [await someone.http.get("/", params={"role": role}) for role in ("support", "support_lead", "billing")]
    assert {str(one.url.params["role"]) for one in asked if one.status_code == 200} == left


def _unsigned(claims: dict[str, Any]) -> str:
    return jwt.encode(claims, "", "none")


def _with_hmac(claims: dict[str, Any]) -> str:
    return jwt.encode(claims, "any secret, long enough to be taken for one", "HS256", {"kid": "1"})


def _by_another(claims: dict[str, Any]) -> str:
    return jwt.encode(claims, Liar().key, "RS256", {"kid": "1"})


@pytest.mark.parametrize(
    ("wrong", "token"),
    [
        ({"nonce": "another"}, None),
        ({"nonce": None}, None),
        ({"aud": "another-program"}, None),
        ({"aud": [CLIENT, "another"], "azp": "another"}, None),
        ({"iss": "https://other.example"}, None),
        ({"exp": int(time()) - 60}, None),
        ({"exp": None}, None),
        ({"iat": int(time()) + 9999}, None),
        ({"sub": None}, None),
        ({"sub": 7}, None),
        ({}, _unsigned),
        ({}, _with_hmac),
        ({}, _by_another),
        ({}, lambda _: "no token"),
        ({}, lambda _: 7),
    ],
)
async def test_a_token_that_does_not_prove_it_signs_nobody_in(
    liar: Liar, visitor: Opens, wrong: dict[str, Any], token: Any
) -> None:
    someone = visitor(liar.company)
    honest = await someone.http.get(liar.code(await sent(someone)))
    assert (honest.status_code, await signed_in(someone)) == (303, True)
    someone.http.cookies.clear()
    liar.wrong, liar.token = wrong, token
    answer = await someone.http.get(liar.code(await sent(someone)))
    assert answer.status_code in (403, 503)
    assert "Traceback" not in answer.text
    assert not await signed_in(someone)


async def test_a_provider_that_is_another_or_away_is_told_in_words(liar: Liar, visitor: Opens) -> None:
    for wrong in ({"issuer": "https://other.example"}, {"token_endpoint": "https://evil.example/t"}, {"jwks_uri": 7}):
        liar.describes = wrong
        answer = await visitor(liar.company).http.get("/sign-in/company")
        assert (answer.status_code, "cannot be used now" in answer.text) == (503, True)
    away = replace(liar.company, issuer="http://127.0.0.1:9")
    assert (await visitor(away).http.get("/sign-in/company")).status_code == 503
    # One that says it names itself in its answers, and does not (RFC 9207).
    liar.describes = {"authorization_response_iss_parameter_supported": True}
    someone = visitor(liar.company)
    assert (await someone.http.get(liar.code(await sent(someone)))).status_code == 403
    refused = await someone.http.get(f"{liar.code(await sent(someone))}&iss=https://evil.example")
    assert refused.status_code == 403
    state = liar.code(await sent(someone)).rpartition("state=")[2]
    denied = await someone.http.get(f"{BACK}?error=access_denied&error_description=<b>click</b>&state={state}")
    assert (denied.status_code, "access_denied" in denied.text, "click" in denied.text) == (403, True, False)


async def test_it_leads_nowhere_but_to_the_desks_own_pages(liar: Liar, visitor: Opens) -> None:
    for after in (
        "https://evil.example",
        "//evil.example",
        "/\\evil.example",
        "/sign-out",
        "/actions/x?y=1",
        "/x\r\ny: 1",
    ):
        someone = visitor(liar.company)
        answer = await someone.http.get(liar.code(await sent(someone, after)))
        assert (answer.status_code, answer.headers["location"]) == (303, "/")


async def test_tries_are_limited_by_address_and_by_person(liar: Liar, visitor: Opens) -> None:
    someone = visitor(liar.company)
    statuses = [(await someone.http.get(BACK)).status_code for _ in range(OF_ADDRESS + 1)]
    assert statuses == [403] * OF_ADDRESS + [429]
    refused = await someone.http.post("/sign-in", json={})
    assert (refused.status_code, "Try again in" in refused.json()["message"]) == (429, True)
    assert int(refused.headers["retry-after"]) <= 2
