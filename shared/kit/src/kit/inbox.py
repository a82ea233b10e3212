"""What has reached us: the fence against repeats, the gapless sequence per foreign aggregate, the offsets.

All of it is written in the transaction of the effects, a statement for a whole batch.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple
from uuid import UUID

from aiokafka import ConsumerRecord

from contracts.event import Recorded
from kit.database import Part, Transaction, driver
from kit.envelope import NotACloudEvent, read
from kit.locks import numbers_of

log = logging.getLogger(__name__)

Key = tuple[str, UUID]
"""Topic and subject: events of one key are applied in their order."""


class Message(NamedTuple):
    """An event as it came from Kafka."""

    topic: str
    partition: int
    offset: int
    recorded: Recorded

    @property
    def key(self) -> Key:
        return (self.topic, self.recorded.subject)


def messages_of(records: Sequence[ConsumerRecord[bytes, bytes]]) -> list[Message]:
    """What the client read of one partition, in its order."""
    found: list[Message] = []
    for record in records:
        try:
            event = read(record.headers, record.value)
        except NotACloudEvent as foreign:
            # Nothing of ours writes such a record: it has no key that could be parked, and stays in the topic.
            log.error("record %s/%d@%d is skipped: %s", record.topic, record.partition, record.offset, foreign)
            continue
        found.append(Message(record.topic, record.partition, record.offset, event))
    return found


async def fence(tx: Transaction, ids: Sequence[UUID]) -> set[UUID]:
    """Insert the ids; the ones returned are new. A second owner of the partition waits here and then finds none."""
    if not ids:
        return set()
    rows = await tx.exec_driver_sql(
        "INSERT INTO inbox (event_id) SELECT id FROM unnest($1::uuid[]) AS n(id) ORDER BY id"
        " ON CONFLICT DO NOTHING RETURNING event_id",
        (list(ids),),
    )
    return {row[0] for row in rows}


@dataclass(frozen=True)
class Standing:
    """Which events are new, how far each key has come, and which keys are parked and why."""

    new: set[UUID]
    last: dict[Key, int]
    parked: dict[Key, str]


async def arrive(tx: Transaction, ids: Sequence[UUID], keys: Iterable[Key], locks: Iterable[UUID] = ()) -> Standing:
    """`fence`, `positions` and `lock`, in this order, in one statement."""
    rows = await (await driver(tx)).fetch(_ARRIVE, list(ids), *_split(keys), numbers_of(locks))
    return Standing(
        new={row["subject"] for row in rows if row["what"] == "new"},
        last={(row["topic"], row["subject"]): row["last"] for row in rows if row["what"] == "last"},
        parked={(row["topic"], row["subject"]): row["kind"] for row in rows if row["what"] == "parked"},
    )


async def positions(tx: Transaction, keys: Iterable[Key]) -> tuple[dict[Key, int], dict[Key, str]]:
    """Where each key stands: the last number applied, and for parked ones why. Holds both until the commit.

    The parked ones come first, as in a retry: who then sees that a key is no longer parked also sees how far it went.
    """
    topics, subjects = _split(keys)
    parked = await tx.exec_driver_sql(_PARKED, (topics, subjects))
    last = await tx.exec_driver_sql(_LAST, (topics, subjects))
    return (
        {(row.topic, row.subject): row.last for row in last},
        {(row.topic, row.subject): row.kind for row in parked},
    )


def advancing(
    applied: Mapping[Key, Recorded], offsets: Mapping[tuple[str, int], int], cluster: str | None = None
) -> Part:
    """Remember the last event of each key and the next offset of each partition, as a part of another statement.

    An offset may go back: a topic that was lost and filled again from the outbox begins at 0, and repeats do no harm.
    It is of a cluster, as far as that is known.
    """
    events = list(applied.values())
    numbers, loops = [each.sequence for each in events], [each.correlation_id for each in events]
    partitions = [list(column) for column in zip(*offsets, strict=True)] if offsets else [[], []]
    return Part(_ADVANCE, (*_split(applied), numbers, loops, *partitions, list(offsets.values()), cluster))


async def advance(
    tx: Transaction,
    applied: Mapping[Key, Recorded],
    offsets: Mapping[tuple[str, int], int],
    cluster: str | None = None,
) -> None:
    """`advancing` as a statement of its own."""
    await advancing(applied, offsets, cluster).run(tx)


async def offsets(tx: Transaction, topics: Sequence[str], cluster: str | None = None) -> dict[tuple[str, int], int]:
    """What comes next in each partition. Those that another cluster gave out say nothing in this one.

    Of those that were written while nobody knew the cluster, and while nobody knows it now, each counts.
    """
    rows = await tx.exec_driver_sql(_OFFSETS, (list(topics), cluster))
    return {(row.topic, row.partition): row.next for row in rows}


async def forget_old(tx: Transaction) -> None:
    """Drop the ids of events older than 31 days: by then the sequence of their key says that they are repeats."""
    milliseconds = int((time.time() - 31 * 86_400) * 1000)
    _ = await tx.exec_driver_sql("DELETE FROM inbox WHERE event_id < $1", (UUID(int=milliseconds << 80),))


def _split(keys: Iterable[Key]) -> tuple[list[str], list[UUID]]:
    ordered = list(keys)
    return [topic for topic, _ in ordered], [subject for _, subject in ordered]


# `= ANY` says what the join says already: for the join alone the planner would read the whole of a large table.
_LAST = """
SELECT topic, subject, last FROM applied JOIN unnest($1::text[], $2::uuid[]) AS k(topic, subject) USING (topic, subject)
 WHERE applied.subject = ANY($2::uuid[]) ORDER BY subject, topic FOR UPDATE OF applied
"""

_PARKED = """
SELECT topic, subject, kind
  FROM parked_key JOIN unnest($1::text[], $2::uuid[]) AS k(topic, subject) USING (topic, subject)
   FOR SHARE OF parked_key
"""


def _second(sql: str) -> str:
    """A statement over keys whose parameters come after the ids."""
    return sql.replace("$2", "$3").replace("$1", "$2")


_ARRIVE = f"""
WITH fenced AS (
  INSERT INTO inbox (event_id) SELECT id FROM unnest($1::uuid[]) AS n(id) ORDER BY id
  ON CONFLICT DO NOTHING RETURNING event_id
), parked AS ({_second(_PARKED)}), latest AS ({_second(_LAST)}
), locked AS MATERIALIZED (
  SELECT n, pg_advisory_xact_lock(n) FROM unnest($4::bigint[]) AS n
)
SELECT 'new' AS what, event_id AS subject, NULL::text AS topic, 0::bigint AS last, NULL::text AS kind FROM fenced
UNION ALL SELECT 'parked', subject, topic, 0, kind FROM parked
UNION ALL SELECT 'last', subject, topic, last, NULL FROM latest
UNION ALL SELECT 'locks', NULL, NULL, count(locked), NULL FROM locked
"""

_OFFSETS = """
SELECT topic, partition, next FROM consumer_offset
 WHERE topic = ANY($1::text[]) AND (cluster IS NULL OR $2::text IS NULL OR cluster = $2)
"""

_ADVANCE = """
moved AS (
  INSERT INTO consumer_offset (topic, partition, next, cluster)
  SELECT *, {7}::text FROM unnest({4}::text[], {5}::int[], {6}::bigint[]) ORDER BY 1, 2
  ON CONFLICT (topic, partition) DO UPDATE
     SET next = excluded.next, cluster = coalesce(excluded.cluster, consumer_offset.cluster)
), advanced AS (
  INSERT INTO applied (topic, subject, last, correlation_id)
  SELECT * FROM unnest({0}::text[], {1}::uuid[], {2}::bigint[], {3}::uuid[]) AS a(topic, subject, last, correlation_id)
   ORDER BY subject, topic
  ON CONFLICT (subject, topic) DO UPDATE SET last = excluded.last WHERE applied.last < excluded.last
)
"""
