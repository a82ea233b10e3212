"""Shipments: one row each, with its lines as a document."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

from pydantic import TypeAdapter

from contracts.errors import NotFound
from contracts.ids import OrderId, ShipmentId
from inventory.domain.shipment import IN_THE_HOUSE, Shipment, ShipmentLine, ShipmentStatus
from kit.bulk import Row, Write, read_rows, write_rows
from kit.context import note_written
from kit.database import Transaction
from kit.later import Insert, Update
from kit.storage import must_be_at

_LINES: TypeAdapter[tuple[ShipmentLine, ...]] = TypeAdapter(tuple[ShipmentLine, ...])
_COLUMNS = (
    "shipment_id", "version", "order_id", "customer_id", "warehouse_id", "split_from", "carrier", "tracking_number",
    "received_by",
)  # fmt: skip


class Shipments:
    """The shipments of this service. What is read here is locked until the transaction ends."""

    def __init__(self, tx: Transaction) -> None:
        self.tx = tx

    async def get(self, shipment_id: ShipmentId, expected_version: int | None = None) -> Shipment:
        """Raises NotFound, VersionMismatch."""
        for row in await read_rows(self.tx, _GET, shipment_id):
            must_be_at("shipment", row["version"], expected_version)
            return read_shipment(row)
        raise NotFound(f"there is no shipment {shipment_id}")

    async def in_the_house(self, order_ids: Collection[OrderId]) -> dict[OrderId, list[Shipment]]:
        """The shipments of these orders that have not left."""
        own: dict[OrderId, list[Shipment]] = {order_id: [] for order_id in order_ids}
        parameters = (list(own), [status.value for status in IN_THE_HOUSE])
        for row in await read_rows(self.tx, _IN_THE_HOUSE, *parameters):
            own[row["order_id"]].append(read_shipment(row))
        return own

    async def add_all(self, new: Sequence[Shipment]) -> None:
        await write_rows(self.tx, self.adding(new))

    def adding(self, new: Iterable[Shipment]) -> Write:
        """What `add_all` writes, to be written together with something else."""
        return _ADD, [_row(shipment) for shipment in new]

    async def save(self, shipment: Shipment) -> None:
        await self.save_all([shipment])

    async def save_all(self, changed: Iterable[Shipment]) -> None:
        await write_rows(self.tx, self.saving(changed))

    def saving(self, changed: Iterable[Shipment]) -> Write:
        """What `save_all` writes, to be written together with something else."""
        rows: list[tuple[object, ...]] = []
        for each in changed:
            was, each.version = each.version, each.version + 1
            rows.append((each.shipment_id, was, each.version, *_state(each)))
            note_written(each.shipment_id, each.version)
        return _SAVE, rows


def shipment_of(row: Row, lines: tuple[ShipmentLine, ...] | None = None) -> Shipment:
    """`lines` when the row has them as text only."""
    return Shipment(
        **{name: row[name] for name in _COLUMNS},
        status=ShipmentStatus(row["status"]),
        lines=row["lines"] if lines is None else lines,
    )


def read_shipment(row: Row) -> Shipment:
    """A row that has the lines as text."""
    return shipment_of(row, _LINES.validate_json(row["lines"]))


def _state(shipment: Shipment) -> tuple[object, ...]:
    """What of it changes."""
    said = (shipment.carrier, shipment.tracking_number, shipment.received_by)
    return (shipment.status.value, _dumped(shipment), *said)


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


_GET = "SELECT * FROM shipments WHERE shipment_id = $1 FOR UPDATE"

_IN_THE_HOUSE = """
SELECT * FROM shipments WHERE order_id = ANY($1::uuid[]) AND status = ANY($2::text[]) ORDER BY shipment_id FOR UPDATE
"""

_ADD = Insert("""
INSERT INTO shipments (version, shipment_id, order_id, customer_id, warehouse_id, status, lines, split_from)
SELECT 1, n.* FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::uuid[], $5::text[], $6::jsonb[], $7::uuid[]) AS n
""")

_SAVE = Update("""
UPDATE shipments s
   SET version = c.version, status = c.status, lines = c.lines, carrier = c.carrier,
       tracking_number = c.tracking_number, received_by = c.received_by
  FROM unnest($1::uuid[], $2::int[], $3::int[], $4::text[], $5::jsonb[], $6::text[], $7::text[], $8::text[])
    AS c(shipment_id, was, version, status, lines, carrier, tracking_number, received_by)
 WHERE s.shipment_id = ANY($1::uuid[]) AND s.shipment_id = c.shipment_id AND s.version = c.was
""")
