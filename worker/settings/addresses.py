"""Addresses to which secrets may be sent."""

import ipaddress
import re
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator

HOST = re.compile(r"[A-Za-z0-9_.-]+|[0-9a-f:]+")


def safe(url: str) -> str:
    """The address; raises ValueError for one to which nothing secret may be sent."""
    if not is_safe(url):
        raise ValueError(
            "expected an https:// address without a name or password in it, or http:// to this machine itself"
        )
    return url


SafeAddress = Annotated[str, AfterValidator(safe)]


def is_safe(url: str) -> bool:
    """Whether it is an address to which nobody on the way reads what is sent."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
        if port == 0 or not HOST.fullmatch(host) or "@" in parts.netloc or re.search(r"[^!-~]", url):
            return False
        local = host == "localhost" or (parts.scheme == "http" and ipaddress.ip_address(host).is_loopback)
    except ValueError:
        return False
    return parts.scheme == "https" or (parts.scheme == "http" and local)
