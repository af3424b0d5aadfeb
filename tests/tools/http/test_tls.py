"""Over TLS, a system is connected to at a checked address, and must be what its name says."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, cast

import pytest
from aiohttp import web
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from pydantic import SecretStr

from tests.tools.http.contracts import API, Contracts
from tools import bounded_http
from tools.base import CallContext
from tools.errors import NotSent
from tools.http.system import Request

HOST = "crm.example.com"
CALL = CallContext(session=cast(Any, None), subject="ann", action_id="a-1", key="k")


def certificate(folder: Path) -> Path:
    """One for :data:`HOST` that vouches for itself, with its key."""
    key, name = ec.generate_private_key(ec.SECP256R1()), x509.Name.from_rfc4514_string(f"CN={HOST}")
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder(
            name, name, key.public_key(), x509.random_serial_number(), now, now + timedelta(hours=1)
        )
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(HOST)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    encoding = serialization.Encoding.PEM
    private = key.private_bytes(encoding, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    path = folder / "certificate.pem"
    path.write_bytes(made.public_bytes(encoding) + private)
    return path


@pytest.fixture
async def port(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[int]:
    """A server that is trusted as :data:`HOST`; every name stands at this machine."""
    own = certificate(tmp_path)
    serving = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    serving.load_cert_chain(own)
    app = web.Application()

    async def answer(request: web.Request) -> web.Response:
        return web.json_response({})

    app.router.add_get("/", answer)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0, ssl_context=serving).start()

    async def here(host: str, port: int, **_: Any) -> list[Any]:
        return [(0, 0, 0, "", ("127.0.0.1", port))]

    monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", here)
    monkeypatch.setenv("SSL_CERT_FILE", str(own))
    bounded_http.trusted.cache_clear()
    yield runner.addresses[0][1]
    bounded_http.trusted.cache_clear()
    await runner.cleanup()


@pytest.mark.parametrize(("host", "let_in"), [(HOST, True), ("other.example.com", False), ("127.0.0.1", False)])
async def test_its_certificate_is_for_its_name(port: int, host: str, let_in: bool) -> None:
    client = Contracts(f"https://{host}:{port}", token=SecretStr("x"), private=["127.0.0.0/8"])
    try:
        if let_in:
            assert (await client.send(CALL, API.credential, Request("GET", "/"))).status == 200
        else:
            with pytest.raises(NotSent, match=r"cannot be reached \(ConnectError\); nothing was sent"):
                await client.send(CALL, API.credential, Request("GET", "/"))
    finally:
        await client.close()
