"""What must be there before a service starts: its database, up to date and with the probe's table, and the topics."""

from __future__ import annotations

from collections.abc import Sequence

import asyncpg

from kit import migrations
from orderloop.platform import databases, topics
from orderloop.platform.issuer import Issuer
from orderloop.platform.plan import Plan

PROBE = """
CREATE SCHEMA IF NOT EXISTS campaign;
CREATE TABLE IF NOT EXISTS campaign.effect (
  id bigserial PRIMARY KEY, event_id uuid, topic text, subject uuid, sequence bigint, type text,
  at timestamptz DEFAULT clock_timestamp()
);
"""
"""One row for each event that a consumer applied, written in the transaction of its effects."""


async def prepare(plan: Plan, services: Sequence[str]) -> None:
    """All databases and topics, the token issuer; the schemas of these services."""
    await databases.ensure(plan)
    await topics.ensure(plan)
    Issuer(plan.folder).ensure()
    for service in services:
        await migrations.upgrade(service, plan.database(service))
        await _make_probe(plan.database(service))


async def _make_probe(database: str) -> None:
    """Made by the service's own role, which therefore may write it."""
    connection: asyncpg.Connection = await asyncpg.connect(database, timeout=10)
    try:
        await connection.execute(PROBE)
    finally:
        await connection.close()
