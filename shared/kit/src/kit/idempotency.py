"""`Idempotency-Key`: a command that is sent again gets the answer of the first time.

It follows the IETF's draft-ietf-httpapi-idempotency-key-header-07.

The record commits with the effect: a refused or failed command leaves no record and may be sent again.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import asyncpg
from pydantic import TypeAdapter

from kit.database import Part, Transaction, literal
from kit.errors import KeyReused, StillRunning

_headers: TypeAdapter[dict[str, str]] = TypeAdapter(dict[str, str])


@dataclass(frozen=True)
class Answer:
    """What a command answers: the same bytes each time it is sent with the same key."""

    status: int
    body: bytes
    headers: dict[str, str] = field(default_factory=dict[str, str])


async def begin(tx: Transaction, actor: str, key: str, digest: bytes) -> Answer | None:
    """Begin the transaction and take the key for it, or return the answer that it has.

    Both in one round trip, which only a statement without parameters allows. Raises KeyReused, StillRunning.
    """
    try:
        done = await tx.driver.execute(_BEGIN.format(literal(actor), literal(key), digest.hex()))
    except asyncpg.LockNotAvailableError as error:
        raise StillRunning("the first request with this Idempotency-Key is not done; ask again in a moment") from error
    if done == "INSERT 0 1":
        return None
    [stored] = await tx.driver.fetch(_STORED, actor, key)
    if stored["digest"] != digest:
        raise KeyReused("this Idempotency-Key came with another request before; make a new key for a new request")
    return Answer(stored["status"], stored["body"], _headers.validate_json(stored["headers"]))


def keeping(actor: str, key: str, answer: Answer) -> Part:
    """Store the answer under its key, as a part of another statement."""
    headers = _headers.dump_json(answer.headers).decode()
    return Part(_KEEP, (actor, key, answer.status, answer.body, headers))


async def forget_old(tx: Transaction) -> None:
    """Drop answers older than 31 days."""
    _ = await tx.exec_driver_sql("DELETE FROM idempotency WHERE created_at < now() - interval '31 days'")


_BEGIN = "BEGIN; INSERT INTO idempotency (actor, key, digest) VALUES ({}, {}, '\\x{}') ON CONFLICT DO NOTHING"
_STORED = "SELECT digest, status, body, headers::text AS headers FROM idempotency WHERE actor = $1 AND key = $2"
_KEEP = """
kept AS (
  UPDATE idempotency SET status = {2}, body = {3}, headers = {4}::text::jsonb WHERE actor = {0} AND key = {1}
)
"""
