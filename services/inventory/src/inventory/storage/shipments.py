"""Shipments: one row each, with its lines as a document."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from pydantic import TypeAdapter
from sqlalchemy import select
from sqlalchemy.engine import RowMapping

from contracts.ids import ItemId, OrderId, ShipmentId
from inventory.domain.shipment import IN_THE_HOUSE, Shipment, ShipmentLine, ShipmentStatus
from inventory.storage.bulk import write_rows
from inventory.storage.tables import shipments
from kit.database import Transaction
from kit.storage import Rows

_LINES: TypeAdapter[tuple[ShipmentLine, ...]] = TypeAdapter(tuple[ShipmentLine, ...])
_STATE = ("status", "lines", "carrier", "tracking_number", "received_by")


class Shipments:
    """The shipments of this service. What is read here is locked until the transaction ends."""

    def __init__(self, tx: Transaction) -> None:
        self.tx = tx
        self.rows = Rows(tx, shipments, shipments.c.shipment_id, "shipment")

    async def get(self, shipment_id: ShipmentId, expected_version: int | None = None) -> Shipment:
        """Raises NotFound, VersionMismatch."""
        return shipment_of(await self.rows.load(shipment_id, expected_version))

    async def items_of(self, shipment_id: ShipmentId) -> set[ItemId]:
        """Its items, read without a lock: they only ever become fewer. Empty when there is no such shipment."""
        found = await self.tx.scalar(select(shipments.c.lines).where(shipments.c.shipment_id == shipment_id))
        return {line.item_id for line in found or ()}

    async def in_the_house(self, order_ids: Collection[OrderId]) -> dict[OrderId, list[Shipment]]:
        """The shipments of these orders that have not left."""
        own: dict[OrderId, list[Shipment]] = {order_id: [] for order_id in order_ids}
        parameters = (list(own), [status.value for status in IN_THE_HOUSE])
        for row in (await self.tx.exec_driver_sql(_IN_THE_HOUSE, parameters)).mappings():
            own[row["order_id"]].append(shipment_of({**row, "lines": _LINES.validate_json(row["lines"])}))
        return own

    async def add_all(self, new: Sequence[Shipment]) -> None:
        await write_rows(self.tx, _ADD, [_row(shipment) for shipment in new])

    async def save(self, shipment: Shipment) -> None:
        values: Mapping[str, Any] = {name: getattr(shipment, name) for name in _STATE}  # Any: column values
        shipment.version = await self.rows.save(
            shipment.shipment_id, shipment.version, {**values, "status": shipment.status.value}
        )

    async def save_all(self, changed: Iterable[Shipment]) -> None:
        """Write what was called back from these."""
        rows = [(each.shipment_id, each.version, each.status.value, _dumped(each)) for each in changed]
        await write_rows(self.tx, _SAVE, rows)


def shipment_of(row: RowMapping | dict[str, Any]) -> Shipment:  # Any: column values
    names = ("shipment_id", "version", "order_id", "customer_id", "warehouse_id", "split_from", *_STATE)
    shipment = Shipment(**{name: row[name] for name in names})
    shipment.status = ShipmentStatus(row["status"])
    return shipment


def _dumped(shipment: Shipment) -> str:
    return _LINES.dump_json(shipment.lines).decode()


def _row(shipment: Shipment) -> tuple[object, ...]:
    return (
        shipment.shipment_id,
        shipment.order_id,
        shipment.customer_id,
        shipment.warehouse_id,
        shipment.status.value,
        _dumped(shipment),
        shipment.split_from,
    )


_IN_THE_HOUSE = """
SELECT * FROM shipments WHERE order_id = ANY($1::uuid[]) AND status = ANY($2::text[]) ORDER BY shipment_id FOR UPDATE
"""

_ADD = """
INSERT INTO shipments (version, shipment_id, order_id, customer_id, warehouse_id, status, lines, split_from)
SELECT 1, n.* FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::uuid[], $5::text[], $6::jsonb[], $7::uuid[]) AS n
"""

_SAVE = """
UPDATE shipments s SET version = s.version + 1, status = c.status, lines = c.lines
  FROM unnest($1::uuid[], $2::int[], $3::text[], $4::jsonb[]) AS c(shipment_id, version, status, lines)
 WHERE s.shipment_id = c.shipment_id AND s.version = c.version
"""
