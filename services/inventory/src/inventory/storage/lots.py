"""Lots: one row each; many are written in one statement."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Sequence

from sqlalchemy import select

from contracts.errors import NotFound
from contracts.ids import ItemId, LotId, WarehouseId
from contracts.values import Money, Quantity
from inventory.domain.lot import Lot
from inventory.storage.tables import lots
from kit.bulk import Row, Write, read_rows, write_rows
from kit.database import Transaction
from kit.later import Insert, Update
from kit.storage import Rows


class LotUnknown(NotFound):
    """A lot is known from the receipt that brought it."""


class Lots:
    """The lots of this service; who changes one holds the lock of its item."""

    def __init__(self, tx: Transaction) -> None:
        self.tx = tx
        self.rows = Rows(tx, lots, lots.c.lot_id, "lot")

    async def get(self, lot_id: LotId, expected_version: int | None = None) -> Lot:
        """Raises NotFound, VersionMismatch."""
        return lot_of(await self.rows.load(lot_id, expected_version))

    async def item_of(self, lot_id: LotId) -> ItemId:
        """The item of a lot never changes: it can be read without a lock. Raises LotUnknown."""
        found = await self.tx.scalar(select(lots.c.item_id).where(lots.c.lot_id == lot_id))
        if found is None:
            raise LotUnknown(f"there is no lot {lot_id}; name one from GET /lots")
        return found

    async def named(self, lot_ids: Collection[LotId]) -> dict[LotId, Lot]:
        """These lots by id. Raises LotUnknown."""
        found = await self._found("SELECT * FROM lots WHERE lot_id = ANY($1::uuid[])", list(lot_ids))
        known = {lot.lot_id: lot for lot in found}
        if missing := set(lot_ids) - known.keys():
            raise LotUnknown(f"there is no lot {min(missing)}; name one from GET /lots")
        return known

    async def families(self, lot_ids: Collection[LotId]) -> list[Lot]:
        """These lots, and all that came in with them and were moved elsewhere since. Raises LotUnknown."""
        found = await self._found(_FAMILIES, list(lot_ids))
        if missing := set(lot_ids) - {lot.lot_id for lot in found}:
            raise LotUnknown(f"there is no lot {min(missing)}; name one from GET /lots")
        return found

    async def in_stock(self, item_ids: Collection[ItemId], warehouse_id: WarehouseId) -> list[Lot]:
        """The lots of these items in a warehouse of which something is left."""
        return await self._found(_IN_STOCK, list(item_ids), warehouse_id)

    async def add_all(self, new: Sequence[Lot]) -> None:
        await write_rows(self.tx, (_ADD, [_row(lot) for lot in new]))

    async def save_all(self, changed: Iterable[Lot]) -> None:
        await write_rows(self.tx, self.saving(changed))

    def saving(self, changed: Iterable[Lot]) -> Write:
        """What `save_all` writes, to be written together with something else."""
        return _SAVE, [
            (lot.lot_id, lot.version, lot.on_hand.value, lot.quarantined.value, lot.value.amount, _serials(lot))
            for lot in {lot.lot_id: lot for lot in changed}.values()
        ]

    async def save(self, lot: Lot) -> None:
        values = {"on_hand": lot.on_hand.value, "quarantined": lot.quarantined.value, "value": lot.value.amount}
        lot.version = await self.rows.save(lot.lot_id, lot.version, values | {"serials": lot.serials})

    async def _found(self, statement: str, *parameters: object) -> list[Lot]:
        return lots_of(await read_rows(self.tx, statement, *parameters))


def lots_of(rows: Iterable[Row]) -> list[Lot]:
    """Rows that have the serials as text."""
    return [lot_of(row, serials=json.loads(row["serials"])) for row in rows]


def lot_of(row: Row, serials: Sequence[str] | None = None) -> Lot:
    """`serials` when the row has them as text only."""
    unit, currency = row["unit"], row["currency"]
    return Lot(
        lot_id=row["lot_id"],
        version=row["version"],
        item_id=row["item_id"],
        warehouse_id=row["warehouse_id"],
        number=row["number"],
        received_on=row["received_on"],
        on_hand=Quantity(value=row["on_hand"], unit=unit),
        quarantined=Quantity(value=row["quarantined"], unit=unit),
        unit_cost=Money(amount=row["unit_cost"], currency=currency),
        value=Money(amount=row["value"], currency=currency),
        serials=tuple(row["serials"] if serials is None else serials),
        origin_lot_id=row["origin_lot_id"],
    )


def _row(lot: Lot) -> tuple[object, ...]:
    return (
        lot.lot_id,
        lot.item_id,
        lot.warehouse_id,
        lot.number,
        lot.received_on,
        lot.on_hand.unit,
        lot.on_hand.value,
        lot.quarantined.value,
        lot.unit_cost.amount,
        lot.value.amount,
        lot.value.currency,
        _serials(lot),
        lot.origin_lot_id,
    )


def _serials(lot: Lot) -> str:
    return json.dumps(lot.serials)


_IN_STOCK = """
SELECT * FROM lots WHERE item_id = ANY($1::uuid[]) AND warehouse_id = $2 AND on_hand > 0
"""

_FAMILIES = """
SELECT * FROM lots
 WHERE lot_id IN (SELECT coalesce(origin_lot_id, lot_id) FROM lots WHERE lot_id = ANY($1::uuid[]))
    OR origin_lot_id IN (SELECT coalesce(origin_lot_id, lot_id) FROM lots WHERE lot_id = ANY($1::uuid[]))
 ORDER BY lot_id
"""

_ADD = Insert("""
INSERT INTO lots (version, lot_id, item_id, warehouse_id, number, received_on, unit, on_hand, quarantined, unit_cost,
                  value, currency, serials, origin_lot_id)
SELECT 1, n.* FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::text[], $5::date[], $6::text[], $7::numeric[],
                          $8::numeric[], $9::numeric[], $10::numeric[], $11::text[], $12::jsonb[], $13::uuid[]) AS n
""")

_SAVE = Update("""
UPDATE lots l
   SET version = l.version + 1, on_hand = c.on_hand, quarantined = c.quarantined, value = c.value, serials = c.serials
  FROM unnest($1::uuid[], $2::int[], $3::numeric[], $4::numeric[], $5::numeric[], $6::jsonb[])
    AS c(lot_id, version, on_hand, quarantined, value, serials)
 WHERE l.lot_id = ANY($1::uuid[]) AND l.lot_id = c.lot_id AND l.version = c.version
""")
