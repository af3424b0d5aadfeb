"""Vendure's API: where it is, and with whose right it is asked."""

from dataclasses import replace
from typing import ClassVar

from tools.credential import UserToken
from tools.http.api import Api
from tools.http.settings import HttpSettings
from tools.http.system import HttpSystem

SHOP, ADMIN = "/shop-api", "/admin-api"


class VendureSystem(HttpSystem):
    MISSING = "this worker has no access to Vendure; set LEVERFRAME_VENDURE_URL"


class Vendure(HttpSettings):
    system: ClassVar[type[HttpSystem]] = VendureSystem


READS = Api(
    system=VendureSystem,
    credential=UserToken("vendure", ("orders:read",), once=True),
    rule="ORDER-CANCEL",
    code="errors.0.extensions.code data.it.errorCode",
    within="data.it",
)
CANCELS = replace(READS, credential=UserToken("vendure", ("orders:cancel",), once=True))

READS_ADDRESSES = replace(READS, credential=UserToken("vendure", ("addresses:read",), once=True), rule="ADDRESS-CHANGE")
CHANGES = replace(READS_ADDRESSES, credential=UserToken("vendure", ("addresses:change",), once=True))
