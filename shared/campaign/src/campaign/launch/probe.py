"""The probe: each event that a consumer applies leaves a row in `campaign.effect`, in the same transaction."""

from __future__ import annotations

from collections.abc import Sequence

from contracts.event import Recorded
from kit.consumer import Consumer
from kit.database import Transaction, driver

WRITE = """
INSERT INTO campaign.effect (event_id, topic, subject, sequence, type)
SELECT * FROM unnest($1::uuid[], $2::text[], $3::uuid[], $4::bigint[], $5::text[])
"""


def install() -> None:
    """From now on every consumer of this process writes it."""
    effects = Consumer._effects  # pyright: ignore[reportPrivateUsage]  # the one place where all effects pass

    async def probed(self: Consumer, tx: Transaction, events: Sequence[Recorded]) -> object:
        told = await effects(self, tx, events)
        if events:
            await _write(tx, events)
        return told

    Consumer._effects = probed  # type: ignore[method-assign]


async def _write(tx: Transaction, events: Sequence[Recorded]) -> None:
    connection = await driver(tx)
    await connection.execute(
        WRITE,
        [each.id for each in events],
        [topic_of(each) for each in events],
        [each.subject for each in events],
        [each.sequence for each in events],
        [each.type for each in events],
    )


def topic_of(event: Recorded) -> str:
    """Each service tells what happened in one topic of its own."""
    return f"{event.source.rpartition('/')[2]}.events"
