"""Many events out of few: whole loops again, with ids of their own."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from itertools import cycle, islice
from uuid import UUID

import asyncpg

from orderloop.driving.events import Seen

ID = re.compile(rb"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
PAGE = 10_000

Row = tuple[UUID, str, UUID, int, UUID, UUID, str, None, datetime, bytes]
COLUMNS = (
    "event_id", "type", "subject", "sequence", "correlation_id", "causation_id", "actor", "traceparent", "recorded_at",
    "value",
)  # fmt: skip


def ids_of(events: Sequence[Seen]) -> set[str]:
    """Every id that these events name: of customers, items and so on that the loops share."""
    return {each.decode() for seen in events for each in ID.findall(seen.value + seen.subject.encode())}


def copied(events: Sequence[Seen], known: set[str], number: int) -> Iterator[Seen]:
    """About `number` events: the loops again and again, the same but for their ids; what is `known` keeps its own."""
    own = [seen for seen in events if seen.subject not in known]
    for copy in range(1, 1 + -(-number // max(len(own), 1))):
        for seen in own:
            yield _copy(seen, known, copy)


def copy_of(identity: str, copy: int) -> str:
    """Another id with the same time in front (they are UUIDv7), always the same for the same copy."""
    digest = hashlib.md5(f"{copy}{identity}".encode(), usedforsecurity=False).hexdigest()
    return f"{identity[:14]}7{digest[:3]}-a{digest[3:6]}-{digest[6:18]}"


async def fill_outbox(address: str, events: Sequence[Seen], rows: int) -> None:
    """So many rows of what this service told, each the first event of a subject of its own, committed by pages."""
    connection = await asyncpg.connect(address)
    try:
        copy, source = 0, cycle(events)
        while copy * PAGE < rows:
            page = [_row(_copy(seen, set(), copy * PAGE + n)) for n, seen in enumerate(islice(source, PAGE))]
            await connection.copy_records_to_table("outbox", records=page[: rows - copy * PAGE], columns=COLUMNS)
            copy += 1
        await connection.execute("ANALYZE outbox")
    finally:
        await connection.close()


def _row(seen: Seen) -> Row:
    event_id, subject, loop, cause = (UUID(each) for each in (seen.id, seen.subject, seen.correlation, seen.causation))
    return (event_id, seen.headers["ce_type"], subject, 1, loop, cause, seen.actor, None, seen.time, seen.value)


def _copy(seen: Seen, known: set[str], copy: int) -> Seen:
    def other(found: re.Match[bytes]) -> bytes:
        identity = found[0].decode()
        return found[0] if identity in known else copy_of(identity, copy).encode()

    headers = {name: ID.sub(other, value.encode()).decode() for name, value in seen.headers.items()}
    return replace(seen, headers=headers, value=ID.sub(other, seen.value))
