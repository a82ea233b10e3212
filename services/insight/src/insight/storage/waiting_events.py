"""The events that wait because they, or one before them, could not be taken in: from the kit's own tables."""

from __future__ import annotations

from datetime import timedelta

from contracts.event import Recorded
from insight.domain.waiting_events import WaitingEvent
from kit.bulk import read_rows
from kit.database import Transaction

MOST = 500


async def waiting_events(tx: Transaction, grace: timedelta) -> list[WaitingEvent]:
    """The first event of each key that is parked; the oldest keys, at most `MOST`."""
    return [
        WaitingEvent(
            first=Recorded.model_validate_json(row["first"]),
            missing_before=row["kind"] == "gap",
            reason=row["reason"],
            is_old=row["is_old"],
        )
        for row in await read_rows(tx, _WAITING, grace, MOST)
    ]


_WAITING = """
SELECT k.kind, k.reason, k.parked_at <= now() - $1::interval AS is_old, m.recorded::text AS first
  FROM parked_key k CROSS JOIN LATERAL (
    SELECT recorded FROM parked_message m
     WHERE m.topic = k.topic AND m.subject = k.subject ORDER BY sequence LIMIT 1
  ) m ORDER BY k.parked_at LIMIT $2
"""
