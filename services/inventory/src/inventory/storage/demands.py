"""Demands: one row an order line. A line is written by those who hold the lock of its item.

So a demand is loaded with the lines that are needed, and two transactions that fill different lines of one order do not
wait for each other.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from uuid import UUID

from pydantic import TypeAdapter

from contracts.ids import CustomerId, ItemId, LineId, OrderId
from contracts.values import Quantity
from inventory.domain.demand import Demand, DemandLine, Holding
from inventory.domain.item import Tracking
from kit.bulk import Row, Write, read_rows, write_rows
from kit.database import Transaction
from kit.kept import Kept
from kit.later import Put

_HOLDINGS: TypeAdapter[list[Holding]] = TypeAdapter(list[Holding])


class Demands:
    """What the orders want."""

    def __init__(self, tx: Transaction) -> None:
        self.tx = tx
        self._kept: Kept[Demand] = Kept(tx, "demand")
        self._tracked: Kept[Tracking] = Kept(tx, "tracking")

    async def of_order(self, order_id: OrderId) -> Demand | None:
        """With all its lines; None when the order never asked for anything."""
        return await self._kept.one(order_id, self._of_orders)

    async def read_ahead(self, order_ids: Collection[OrderId]) -> None:
        """Read these in one statement, for those who ask for one of them in this batch."""
        _ = await self._kept.all(order_ids, self._of_orders)

    def begin(self, demand: Demand) -> Demand:
        """An order asks for the first time; it is saved as the others are."""
        self._kept.put(demand.order_id, demand)
        return demand

    async def tracking(self, item_ids: Collection[ItemId]) -> dict[ItemId, Tracking]:
        """How items are tracked."""
        return {ItemId(id): each for id, each in (await self._tracked.all(item_ids, self._tracking)).items()}

    async def waiting(self, item_ids: Collection[ItemId]) -> dict[OrderId, Demand]:
        """The orders that wait for these items, with the lines that do."""
        return await self._parts("backordered > 0", item_ids)

    async def holding(self, item_ids: Collection[ItemId]) -> dict[OrderId, Demand]:
        """The orders for which something of these items is kept, with the lines for which it is."""
        return await self._parts("reserved + planned > 0", item_ids)

    async def save(self, *demands: Demand, lines: Collection[LineId] | None = None) -> None:
        """Write the lines that are loaded, or only these: those of which the caller holds the item's lock."""
        await write_rows(self.tx, self.saving(*demands, lines=lines))

    def saving(self, *demands: Demand, lines: Collection[LineId] | None = None) -> Write:
        """What `save` writes, to be written together with something else."""
        due = ((each, line) for each in demands for line in each.lines if lines is None or line.line_id in lines)
        return _PUT, [_row(each, line) for each, line in due]

    async def merge(self, customer_id: CustomerId, survivor_id: CustomerId) -> None:
        """What names a merged customer now names the survivor, and will."""
        for statement in _MERGE:
            _ = await self.tx.exec_driver_sql(statement, (customer_id, survivor_id))

    async def _parts(self, which: str, item_ids: Collection[ItemId]) -> dict[OrderId, Demand]:
        """Orders with some of their lines: what is changed of them is not seen in those that are kept."""
        wanted = f"{_SELECT} WHERE item_id = ANY($1::uuid[]) AND {which} ORDER BY line_id"
        found = demands_of(await read_rows(self.tx, wanted, list(item_ids)))
        self._kept.forget()
        return found

    async def _of_orders(self, order_ids: list[UUID]) -> Mapping[OrderId, Demand]:
        """How their items are tracked comes along: it never changes."""
        rows = await read_rows(self.tx, _OF_ORDERS, order_ids)
        for row in rows:
            self._tracked.put(row["item_id"], row["tracked"])
        return demands_of(rows)

    async def _tracking(self, item_ids: list[UUID]) -> dict[UUID, Tracking]:
        rows = await read_rows(self.tx, "SELECT item_id, tracked FROM items WHERE item_id = ANY($1::uuid[])", item_ids)
        return {row["item_id"]: row["tracked"] for row in rows}


def demands_of(rows: Iterable[Row]) -> dict[OrderId, Demand]:
    demands: dict[OrderId, Demand] = {}
    for row in rows:
        order_id = row["order_id"]
        if order_id not in demands:
            demands[order_id] = Demand(
                order_id=order_id, customer_id=row["customer_id"], requested_at=row["requested_at"]
            )
        demands[order_id].lines.append(_line(row))
    return demands


def _line(row: Row) -> DemandLine:
    unit = row["unit"]
    return DemandLine(
        line_id=row["line_id"],
        item_id=row["item_id"],
        stocked=row["stocked"],
        requested=Quantity(value=row["requested"], unit=unit),
        backordered=Quantity(value=row["backordered"], unit=unit),
        shipped=Quantity(value=row["shipped"], unit=unit),
        released=Quantity(value=row["released"], unit=unit),
        holdings=_HOLDINGS.validate_json(row["holdings"]),
    )


def _row(demand: Demand, line: DemandLine) -> tuple[object, ...]:
    holdings = [holding for holding in line.holdings if holding.reserved or holding.planned]
    return (
        line.line_id,
        demand.order_id,
        demand.customer_id,
        demand.requested_at,
        line.item_id,
        line.stocked,
        line.unit,
        line.requested.value,
        line.reserved.value,
        line.planned.value,
        line.backordered.value,
        line.shipped.value,
        line.released.value,
        _HOLDINGS.dump_json(holdings).decode(),
    )


_SELECT = """
SELECT line_id, order_id, customer_id, requested_at, item_id, stocked, unit, requested, backordered, shipped, released,
       holdings FROM demand_lines
"""

_OF_ORDERS = """
SELECT d.line_id, d.order_id, d.customer_id, d.requested_at, d.item_id, d.stocked, d.unit, d.requested, d.backordered,
       d.shipped, d.released, d.holdings, i.tracked
  FROM demand_lines d JOIN items i USING (item_id) WHERE d.order_id = ANY($1::uuid[]) ORDER BY d.line_id
"""

_PUT = Put("""
INSERT INTO demand_lines (line_id, order_id, customer_id, requested_at, item_id, stocked, unit, requested, reserved,
                          planned, backordered, shipped, released, holdings)
SELECT line_id, order_id, coalesce(m.survivor_id, n.customer_id), requested_at, item_id, stocked, unit, requested,
       reserved, planned, backordered, shipped, released, holdings
  FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::timestamptz[], $5::uuid[], $6::bool[], $7::text[], $8::numeric[],
              $9::numeric[], $10::numeric[], $11::numeric[], $12::numeric[], $13::numeric[], $14::jsonb[])
    AS n(line_id, order_id, customer_id, requested_at, item_id, stocked, unit, requested, reserved, planned,
         backordered, shipped, released, holdings)
  LEFT JOIN merged_customers m ON m.customer_id = n.customer_id AND m.customer_id = ANY($3::uuid[])
ON CONFLICT (line_id) DO UPDATE
   SET requested = excluded.requested, reserved = excluded.reserved, planned = excluded.planned,
       backordered = excluded.backordered, shipped = excluded.shipped, released = excluded.released,
       holdings = excluded.holdings
""")

# The survivor may have been merged, too, and that may have been heard of before.
_SURVIVOR = "coalesce((SELECT survivor_id FROM merged_customers WHERE customer_id = $2), $2)"
_MERGE = (
    f"INSERT INTO merged_customers (customer_id, survivor_id) SELECT $1, {_SURVIVOR}"
    " ON CONFLICT (customer_id) DO UPDATE SET survivor_id = excluded.survivor_id",
    f"UPDATE merged_customers SET survivor_id = {_SURVIVOR} WHERE survivor_id = $1",
    f"UPDATE demand_lines SET customer_id = {_SURVIVOR} WHERE customer_id = $1",
    f"UPDATE shipments SET customer_id = {_SURVIVOR}, version = version + 1 WHERE customer_id = $1",
)
