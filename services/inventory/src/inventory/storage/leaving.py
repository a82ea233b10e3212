"""What a shipment needs to leave the house, locked and read in two statements."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from asyncpg import Record

from contracts.errors import NotFound
from contracts.ids import ShipmentId
from inventory.domain.demand import Demand
from inventory.domain.lot import Lot
from inventory.domain.shipment import Shipment
from inventory.storage.demands import demands_of
from inventory.storage.lots import lots_of
from inventory.storage.shipments import read_shipment
from inventory.storage.stock import Stock
from kit.bulk import Row, read_rows
from kit.database import Transaction
from kit.locks import number_in_sql
from kit.storage import must_be_at


@dataclass(frozen=True)
class Leaving:
    """A shipment, the lots and the stock of its items in its warehouse, and what its order asked for."""

    shipment: Shipment
    demand: Demand | None
    stock: Stock
    lots: Sequence[Lot]


async def leaving(tx: Transaction, shipment_id: ShipmentId, expected_version: int | None) -> Leaving:
    """Raises NotFound, VersionMismatch.

    The items are locked by a statement of its own: what it waits for is seen by the next one only. They are read
    before they are locked, but a shipment's items only ever become fewer.
    """
    _ = await read_rows(tx, _LOCK, shipment_id)
    rows = await read_rows(tx, _READ, shipment_id)
    if not rows:
        raise NotFound(f"there is no shipment {shipment_id}")
    shipment = read_shipment(_part(rows[0], "s_"))
    must_be_at("shipment", shipment.version, expected_version)
    demand = demands_of(_once(rows, "d_", "line_id")).get(shipment.order_id)
    stock = Stock.of(tx, _once(rows, "i_", "item_id"))
    return Leaving(shipment, demand, stock, lots_of(_once(rows, "l_", "lot_id")))


def _once(rows: Sequence[Record], prefix: str, key: str) -> list[Row]:
    """The rows of one table, of which the join repeats what it has to; none where there is none."""
    place = prefix + key
    firsts = {row[place]: row for row in reversed(rows) if row[place] is not None}
    return [_part(row, prefix) for row in firsts.values()]


def _part(row: Record, prefix: str) -> Row:
    return {name[2:]: value for name, value in row.items() if name[:2] == prefix}


def _named(prefix: str, alias: str, *columns: str) -> str:
    return ", ".join(f"{alias}.{column} AS {prefix}{column}" for column in columns)


_LOCK = f"""
SELECT pg_advisory_xact_lock(n)
  FROM (SELECT DISTINCT {number_in_sql("line->>'item_id'")} AS n
          FROM shipments, jsonb_array_elements(lines) AS line WHERE shipment_id = $1 ORDER BY 1) AS numbers
"""

_SHIPMENT = _named(
    "s_", "s", "shipment_id", "version", "order_id", "customer_id", "warehouse_id", "status", "lines", "split_from",
    "carrier", "tracking_number", "received_by",
)  # fmt: skip
_DEMAND = _named(
    "d_", "d", "line_id", "order_id", "customer_id", "requested_at", "item_id", "stocked", "unit", "requested",
    "backordered", "shipped", "released", "holdings",
)  # fmt: skip
_ITEM = _named(
    "i_", "i", "item_id", "version", "sku", "description", "kind", "unit", "standard_cost", "currency", "tracked",
    "supplier", "lead_days",
)  # fmt: skip
_LEVEL = f"""
{_named("i_", "k", "on_hand", "reserved", "quarantined")},
s.warehouse_id AS i_warehouse_id, ARRAY[s.warehouse_id] AS i_warehouses
"""
_LOT = _named(
    "l_", "l", "lot_id", "version", "item_id", "warehouse_id", "number", "received_on", "unit", "on_hand",
    "quarantined", "unit_cost", "value", "currency", "serials", "origin_lot_id",
)  # fmt: skip

_READ = f"""
SELECT {_SHIPMENT}, {_DEMAND}, {_ITEM}, {_LEVEL}, {_LOT}
  FROM shipments s
  LEFT JOIN demand_lines d ON d.order_id = s.order_id
   AND s.lines @> jsonb_build_array(jsonb_build_object('line_id', d.line_id))
  LEFT JOIN items i ON i.item_id = d.item_id
  LEFT JOIN stock_levels k ON k.item_id = d.item_id AND k.warehouse_id = s.warehouse_id
  LEFT JOIN lots l ON l.item_id = d.item_id AND l.warehouse_id = s.warehouse_id AND l.on_hand > 0
 WHERE s.shipment_id = $1 FOR UPDATE OF s
"""
