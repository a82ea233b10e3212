"""Goods receipts: goods come in, each line as a lot of its own."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date

from contracts.errors import Malformed
from contracts.ids import GoodsReceiptId, LotId, PurchaseOrderId, WarehouseId, new_id
from contracts.inventory import GoodsReceived, ReceivedLine
from contracts.values import Money, Quantity
from inventory.domain.item import Item
from inventory.domain.lot import Lot


class NothingReceived(Malformed):
    """A receipt says what came in."""


class LotNotNumbered(Malformed):
    """What is tracked by lot or serial comes with the lot number that stands on it."""


@dataclass(frozen=True, kw_only=True)
class Arrival:
    """What stands on one line of the delivery note. Without a cost the standard cost counts."""

    item: Item
    quantity: Quantity
    unit_cost: Money | None = None
    lot_number: str | None = None
    serials: tuple[str, ...] = ()


@dataclass(eq=False, kw_only=True)
class GoodsReceipt:
    """What came in at one time: from a supplier, or as opening stock. It is written once and never changed."""

    warehouse_id: WarehouseId
    received_on: date
    purchase_order_id: PurchaseOrderId | None = None
    supplier: str | None = None
    lots: tuple[Lot, ...] = ()
    goods_receipt_id: GoodsReceiptId = field(default_factory=lambda: GoodsReceiptId(new_id()))

    def book(self, arrivals: Sequence[Arrival], *, complete: bool = True) -> GoodsReceived:
        """Each arrival becomes a lot. `complete` when nothing more is expected of the purchase order."""
        if not arrivals:
            raise NothingReceived("name at least one line that came in")
        self.lots = tuple(self._lot(arrival) for arrival in arrivals)
        return GoodsReceived(
            goods_receipt_id=self.goods_receipt_id,
            warehouse_id=self.warehouse_id,
            lines=tuple(_told(lot) for lot in self.lots),
            purchase_order_id=self.purchase_order_id,
            supplier=self.supplier,
            complete=complete,
        )

    def _lot(self, arrival: Arrival) -> Lot:
        unit_cost = arrival.item.standard_cost if arrival.unit_cost is None else arrival.unit_cost
        _must_be_receivable(arrival, unit_cost)
        return Lot(
            lot_id=LotId(new_id()),
            item_id=arrival.item.item_id,
            warehouse_id=self.warehouse_id,
            number=arrival.lot_number or self.received_on.isoformat(),
            received_on=self.received_on,
            on_hand=arrival.quantity,
            unit_cost=unit_cost,
            value=unit_cost.times(arrival.quantity.value),
            quarantined=Quantity.zero(arrival.quantity.unit),
            serials=arrival.serials,
        )


def _must_be_receivable(arrival: Arrival, unit_cost: Money) -> None:
    arrival.item.must_be_stocked()
    arrival.item.must_count(arrival.quantity)
    arrival.item.must_cost(unit_cost)
    arrival.item.must_match(arrival.serials, arrival.quantity)
    if arrival.item.tracked != "none" and not arrival.lot_number:
        raise LotNotNumbered(f"{arrival.item.sku} is tracked; name the number of its lot")


def _told(lot: Lot) -> ReceivedLine:
    return ReceivedLine(
        item_id=lot.item_id, lot_id=lot.lot_id, lot_number=lot.number, quantity=lot.on_hand, cost=lot.value
    )
