"""The timeline: everybody's events as entries, each under the customer whom it concerns, in whatever order they come.

Whoever writes an entry that is nobody's holds the rows of its ids in `known`; whoever ties such an id to a customer
waits for that row and then moves the entry. So no entry is overlooked by two batches that run at the same time.
"""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from contracts.event import LOOP_IDS, Event, Recorded
from contracts.ids import CustomerId
from customer.domain.timeline import Known, TimelineEntry, customer_of, entry_of, ids_named_in, known_after
from kit.database import Transaction

Happened = Sequence[tuple[Recorded, Event]]


class Timeline:
    """The timelines of all customers, and what is known of whose the nouns of the loop are."""

    def __init__(self, tx: Transaction) -> None:
        self.tx = tx

    async def tell(self, happened: Happened) -> None:
        """Add an entry for each event; entries that waited for one of its ids find their customer."""
        events = [event for _, event in happened]
        before = await self._known({id for event in events for id in ids_named_in(event).values()})
        now = await self._taught(events, before)
        entries = [
            entry_of(event, event_id=each.id, customer_id=customer_of(event, now), recorded_at=each.time)
            for each, event in happened
        ]
        await self._add([entry for entry in entries if entry.customer_id or _ids_of(entry)])
        await self._settle({id: owner for id, owner in now.items() if owner is not None and before.get(id) is None})

    async def _known(self, ids: set[UUID]) -> dict[UUID, CustomerId | None]:
        if not ids:
            return {}
        rows = await self.tx.exec_driver_sql(_KNOWN, (list(ids),))
        return {row.id: row.customer_id for row in rows}

    async def _taught(self, events: Sequence[Event], before: Known) -> dict[UUID, CustomerId | None]:
        """What is known after these events, and written so.

        What is a customer's already stays as it is and is not written again. Another batch may have tied an id at the
        same moment: the answer of the upsert is the truth, and may tie more ids here.
        """
        now = dict(before)
        new = {id: owner for id, owner in known_after(events, now).items() if now.get(id) is None}
        while new:
            now |= await self._learn(new)
            after = known_after(events, now)
            new = {id: owner for id, owner in after.items() if owner is not None and now.get(id) is None}
        return now

    async def _learn(self, new: Known) -> dict[UUID, CustomerId | None]:
        rows = await self.tx.exec_driver_sql(_LEARN, (list(new), list(new.values())))
        return {row.id: row.customer_id for row in rows}

    async def _add(self, entries: Sequence[TimelineEntry]) -> None:
        if entries:
            columns = zip(*(_row(entry) for entry in entries), strict=True)
            await self.tx.exec_driver_sql(_ADD, tuple(list(column) for column in columns))

    async def _settle(self, learned: Known) -> None:
        """Give entries that were nobody's to their customer; their other ids are then the customer's, too."""
        while learned:
            rows = (await self.tx.exec_driver_sql(_SETTLE, (list(learned), list(learned.values())))).mappings()
            more = {row[name]: row["customer_id"] for row in rows for name in LOOP_IDS if row[name] is not None}
            unheard = {id: owner for id, owner in more.items() if id not in learned}
            learned = await self._learn(unheard) if unheard else {}


def _ids_of(entry: TimelineEntry) -> list[UUID]:
    return [id for name in LOOP_IDS if (id := getattr(entry, name)) is not None]


def _row(entry: TimelineEntry) -> tuple[object, ...]:
    told = (entry.event_id, entry.customer_id, entry.kind.value, entry.service, entry.event, entry.title)
    return (*told, entry.recorded_at, entry.happened_on, *(getattr(entry, name) for name in LOOP_IDS))


_KNOWN = "SELECT id, customer_id FROM known WHERE id = ANY ($1::uuid[])"

_IDS = ", ".join(LOOP_IDS)

_ADD = f"""
INSERT INTO timeline (event_id, customer_id, kind, service, event, title, recorded_at, happened_on, {_IDS}, waits_for)
SELECT told.*, CASE WHEN customer_id IS NULL THEN array_remove(ARRAY[{_IDS}], NULL) END
  FROM unnest($1::uuid[], $2::uuid[], $3::text[], $4::text[], $5::text[], $6::text[], $7::timestamptz[], $8::date[],
              {", ".join(f"${place}::uuid[]" for place in range(9, 9 + len(LOOP_IDS)))})
    AS told(event_id, customer_id, kind, service, event, title, recorded_at, happened_on, {_IDS})
ON CONFLICT DO NOTHING
"""

_LEARN = """
INSERT INTO known (id, customer_id) SELECT * FROM unnest($1::uuid[], $2::uuid[]) ORDER BY 1
ON CONFLICT (id) DO UPDATE SET customer_id = coalesce(known.customer_id, excluded.customer_id)
RETURNING id, customer_id
"""

_SETTLE = f"""
UPDATE timeline SET customer_id = learned.customer_id, waits_for = NULL
  FROM unnest($1::uuid[], $2::uuid[]) AS learned(id, customer_id)
 WHERE timeline.customer_id IS NULL AND timeline.waits_for && $1::uuid[] AND learned.id = ANY (timeline.waits_for)
RETURNING timeline.customer_id, {_IDS}
"""
