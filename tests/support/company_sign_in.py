"""A company's sign-in: a stock OpenID provider, and one that says what an attacker would."""

import json
import re
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from time import time
from typing import Any
from urllib.parse import parse_qs, urljoin, urlsplit

import httpx2
import jwt
from aiohttp import web
from cryptography.hazmat.primitives.asymmetric import rsa

from desk.web.company import Company
from tests.support.npm_programs import free_port, installed, serving
from worker.codec.server import serving as serving_http

CLIENT, SECRET = "leverframe-desk", "what: only the desk knows/+"
ACCOUNTS: Mapping[str, Mapping[str, object]] = {
    "u-olga": {"email": "olga@example.com", "email_verified": True, "groups": ["lf-support", "everybody"]},
    "u-rita": {"email": "rita@example.com", "email_verified": False, "groups": []},
    "u-zoe": {"email": "zoe@example.com", "email_verified": True},
}


@asynccontextmanager
async def stock_provider(site: str) -> AsyncIterator[Company]:
    """An oidc-provider that knows the desk at ``site``; skips where there is no npm."""
    port = free_port()
    settings = {"port": port, "client": CLIENT, "secret": SECRET, "back": [f"{site}/sign-in/company/back"]}
    arguments = json.dumps(settings | {"accounts": ACCOUNTS})
    async with serving(installed("oidc"), "sign_in.mjs", arguments):
        yield Company(f"http://localhost:{port}", CLIENT, SECRET)


async def led_back(address: str, account: str) -> str:
    """Sign in at the stock provider's own pages, as a browser would; where it leads back to."""
    async with httpx2.AsyncClient() as browser:
        answer = await browser.get(address)
        while True:
            while answer.is_redirect:
                address = urljoin(address, answer.headers["location"])
                if "/sign-in/company/back" in address:
                    return address
                answer = await browser.get(address)
            form = re.search(r'action="([^"]+)"', answer.text)
            prompt = re.search(r'name="prompt" value="(\w+)"', answer.text)
            assert form is not None, answer.text
            assert prompt is not None, answer.text
            address = urljoin(address, form[1])
            answer = await browser.post(address, data={"prompt": prompt[1], "login": account, "password": "x"})


@dataclass
class Liar:
    """A provider that answers every code with whatever it is told to."""

    issuer: str = ""
    key: rsa.RSAPrivateKey = field(default_factory=lambda: rsa.generate_private_key(65537, 2048))
    wrong: dict[str, Any] = field(default_factory=dict)
    """Claims that are other than they should be; ``None`` for missing."""
    token: Any = None
    """Makes another ID token of the claims."""
    describes: dict[str, Any] = field(default_factory=dict)
    _nonces: dict[str, str] = field(default_factory=dict)

    @property
    def company(self) -> Company:
        return Company(self.issuer, CLIENT, SECRET)

    def code(self, address: str) -> str:
        """The address to which it leads back from its own."""
        asked = {name: one[0] for name, one in parse_qs(urlsplit(address).query).items()}
        self._nonces["c"] = asked["nonce"]
        return f"{asked['redirect_uri']}?code=c&state={asked['state']}"

    def app(self) -> web.Application:
        app = web.Application()
        app.router.add_get("/.well-known/openid-configuration", self._describe)
        app.router.add_post("/token", self._token)
        app.router.add_get("/jwks", self._keys)
        return app

    async def _describe(self, _: web.Request) -> web.Response:
        told = {"issuer": self.issuer, "authorization_endpoint": f"{self.issuer}/auth"}
        told |= {"token_endpoint": f"{self.issuer}/token", "jwks_uri": f"{self.issuer}/jwks"}
        return web.json_response(told | self.describes)

    async def _token(self, _: web.Request) -> web.Response:
        now = int(time())
        claims = {"iss": self.issuer, "sub": "u-olga", "aud": CLIENT, "iat": now, "exp": now + 300}
        claims |= {"nonce": self._nonces["c"]} | self.wrong
        claims = {name: value for name, value in claims.items() if value is not None}
        made = self.token(claims) if self.token else jwt.encode(claims, self.key, "RS256", {"kid": "1"})
        return web.json_response({"access_token": "x", "token_type": "Bearer", "id_token": made})

    async def _keys(self, _: web.Request) -> web.Response:
        public = jwt.algorithms.RSAAlgorithm.to_jwk(self.key.public_key(), as_dict=True)
        return web.json_response({"keys": [{**public, "kid": "1", "use": "sig", "alg": "RS256"}]})


@asynccontextmanager
async def lying() -> AsyncIterator[Liar]:
    """The liar, reachable."""
    liar = Liar()
    async with serving_http(liar.app(), "127.0.0.1", 0) as url:
        liar.issuer = url
        yield liar
