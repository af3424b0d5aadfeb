"""The codec server."""

from pydantic import Field

from worker.settings.base import PRIVATE_RING, PayloadRing
from worker.settings.shared import KeyServiceAccess


class CodecSettings(KeyServiceAccess):
    """The codec server, through which the Temporal UI shows decoded payloads."""

    needed_by = "the codec command"

    payload_keys: PayloadRing = Field(description=PRIVATE_RING)
    codec_host: str = "127.0.0.1"
    codec_port: int = Field(ge=1, le=65535, description="TCP port to listen on")
    codec_origins: str = Field(description="origins of the UI that may ask, with commas between")
    codec_jwks_url: str | None = None
    """Where the public keys of whoever signs the UI's access tokens are; without it no token is asked for."""
    codec_audience: str | None = None
    """The ``aud`` that a token must have."""
    codec_role: str = ""
    """The role that a token must name to see payloads; empty for none."""
