"""Capabilities that no longer count: by the revocation id of any of their blocks."""

import re
from collections.abc import Iterable

from sqlalchemy import Column, ColumnElement, DateTime, MetaData, Table, Text, exists
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncEngine

from leverframe.errors import CapabilityRefused

REVOCATIONS = Table(
    "revocations",
    MetaData(schema="leverframe"),
    Column("token_id", Text, primary_key=True),
    Column("reason", Text),
    Column("at", DateTime(timezone=True)),
)


def is_revoked(revocation_ids: Iterable[str]) -> ColumnElement[bool]:
    """Whether one of these is revoked; to be asked along with a transaction's first statement."""
    return exists().where(REVOCATIONS.c.token_id.in_(list(revocation_ids))).label("revoked")


def refuse(revoked: bool) -> None:
    """Raise CapabilityRefused if so."""
    if revoked:
        raise CapabilityRefused("the capability has been revoked; expected one that still counts")


def is_token_id(text: str) -> bool:
    """Whether this has the form of a revocation id (bytes in hex), and so cannot be a token."""
    return re.fullmatch(r"([0-9a-f]{2}){1,128}", text) is not None


async def revoke_token(owner: AsyncEngine, token_id: str, reason: str) -> bool:
    """Revoke a capability for good, with the owner's login; ``False`` when it was revoked before."""
    async with owner.begin() as connection:
        row = insert(REVOCATIONS).values(token_id=token_id, reason=reason).on_conflict_do_nothing()
        return (await connection.execute(row.returning(REVOCATIONS.c.token_id))).first() is not None
