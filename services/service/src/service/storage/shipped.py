"""What left the house, as this service remembers it."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from sqlalchemy import ColumnElement, func, or_, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.engine import RowMapping

from contracts.errors import NotFound, Refused
from contracts.ids import CustomerId, ItemId, LineId, LotId
from contracts.values import Quantity
from kit.database import Transaction
from service.domain.shipped import ShippedUnit
from service.storage.tables import customers, shipped_units


class LotNeverShipped(NotFound):
    """A case is about lots that have been shipped."""


class LotOfAnotherItem(Refused):
    """All lots that a case names are of the item that it is about."""


now_of = func.coalesce(customers.c.survivor_id, shipped_units.c.customer_id)
"""In SQL: whose a shipped unit is now, after all mergers; needs the join of `with_customers`."""

with_customers = shipped_units.outerjoin(customers, customers.c.customer_id == shipped_units.c.customer_id)


class ShippedUnits:
    """The shipped units. Rows are only added; whose they are after a merger is found out when they are read."""

    def __init__(self, tx: Transaction) -> None:
        self.tx = tx

    async def remember(self, units: Sequence[ShippedUnit]) -> None:
        rows = [
            vars(unit) | {"quantity": unit.quantity.value, "unit": unit.quantity.unit, "serials": list(unit.serials)}
            for unit in units
        ]
        if rows:
            await self.tx.execute(insert(shipped_units).on_conflict_do_nothing(), rows)

    async def named(self, line_id: LineId | None, serial: str | None) -> list[ShippedUnit]:
        """The units of an order line, or else those that carry a serial."""
        if line_id is not None:
            return await self._where(shipped_units.c.line_id == line_id)
        if serial is not None and serial.strip():
            return await self._where(carries(serial.strip()))
        return []

    async def item_of(self, lot_ids: Collection[LotId], item_id: ItemId | None) -> ItemId:
        """The one item that these lots are of. Raises LotNeverShipped, LotOfAnotherItem."""
        known = select(shipped_units.c.lot_id, shipped_units.c.item_id).where(shipped_units.c.lot_id.in_(lot_ids))
        items = {row.lot_id: row.item_id for row in await self.tx.execute(known.distinct())}
        if missing := set(lot_ids) - items.keys():
            raise LotNeverShipped(f"nothing of lot {min(missing)} has been shipped; name an order line or a serial")
        found = {*items.values(), *([] if item_id is None else [item_id])}
        if len(found) > 1:
            raise LotOfAnotherItem("the lots are of several items; open a case for each")
        return found.pop()

    async def _where(self, condition: ColumnElement[bool]) -> list[ShippedUnit]:
        wanted = select(shipped_units, now_of.label("owner_id")).select_from(with_customers).where(condition)
        found = await self.tx.execute(wanted.order_by(shipped_units.c.unit_id))
        return [unit_of(row, row["owner_id"]) for row in found.mappings()]


def carries(serial: str) -> ColumnElement[bool]:
    """In SQL: this serial is one of the unit's. The second half is what its index is made for."""
    return shipped_units.c.serials.contains([serial]) & text("shipped_units.serials <> '{}'")


def belongs_to(customer_id: CustomerId) -> ColumnElement[bool]:
    """In SQL: the unit was shipped to this customer, or to one that was merged into it."""
    merged = select(customers.c.customer_id).where(customers.c.survivor_id == customer_id)
    return or_(shipped_units.c.customer_id == customer_id, shipped_units.c.customer_id.in_(merged))


def unit_of(row: RowMapping, customer_id: CustomerId) -> ShippedUnit:
    return ShippedUnit(
        quantity=Quantity(value=row["quantity"], unit=row["unit"]),
        customer_id=customer_id,
        serials=tuple(row["serials"]),
        **{name: row[name] for name in _PLAIN},
    )


_PLAIN = ("shipment_id", "order_id", "line_id", "item_id", "shipped_at", "lot_id", "lot_number")
