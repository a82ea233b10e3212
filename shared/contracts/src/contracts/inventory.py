"""What the inventory service tells: items, stock, purchases, shipments."""

from datetime import date
from typing import Literal

from contracts.event import Event
from contracts.ids import (
    CustomerId,
    GoodsReceiptId,
    ItemId,
    LineId,
    LotId,
    NonconformanceId,
    OrderId,
    PurchaseOrderId,
    ReleaseId,
    ShipmentId,
    WarehouseId,
)
from contracts.lines import LineQuantity, ReservedLine, ShippedLine
from contracts.values import Money, Quantity, Value

ItemKind = Literal["goods", "service"]


class ItemRegistered(Event):
    """Something that we buy, keep or sell. A service (freight, work) needs no stock."""

    item_id: ItemId
    sku: str
    description: str
    kind: ItemKind
    unit: str
    standard_cost: Money
    tracked: Literal["none", "lot", "serial"] = "none"


class WarehouseOpened(Event):
    """A place that keeps stock."""

    warehouse_id: WarehouseId
    code: str
    name: str


class AvailabilityChanged(Event):
    """What can still be promised of an item, over all warehouses."""

    item_id: ItemId
    on_hand: Quantity
    reserved: Quantity
    quarantined: Quantity
    available: Quantity


class StockAdjusted(Event):
    """Stock was found, lost, broken or scrapped; `quantity` is what was added, negative for a loss."""

    item_id: ItemId
    warehouse_id: WarehouseId
    lot_id: LotId
    quantity: Quantity
    cost: Money
    """What the quantity is worth, with its sign."""
    reason: str
    nonconformance_id: NonconformanceId | None = None


class StockReserved(Event):
    """These quantities are set aside for the order and nobody else's."""

    order_id: OrderId
    lines: tuple[ReservedLine, ...]


class Backorder(LineQuantity):
    """What is short for an order line, and the day it is expected, if a supply is on its way."""

    expected_on: date | None = None
    purchase_order_id: PurchaseOrderId | None = None


class StockBackordered(Event):
    """These quantities are short; they are reserved as soon as goods come in, oldest order first.

    `withdrawn` names quantities that had been reserved for the order and were taken back: their lot was quarantined.
    """

    order_id: OrderId
    lines: tuple[Backorder, ...]
    withdrawn: tuple[LineQuantity, ...] = ()


class StockReleased(Event):
    """The answer to a release request: these quantities were given back; what is missing has left the house."""

    order_id: OrderId
    release_id: ReleaseId
    lines: tuple[LineQuantity, ...]


class Peg(Value):
    """The part of a purchase that is meant for an order line."""

    order_id: OrderId
    line_id: LineId
    item_id: ItemId
    quantity: Quantity


class PurchaseLine(Value):
    """So many of an item at a cost per unit."""

    item_id: ItemId
    sku: str
    quantity: Quantity
    unit_cost: Money


class PurchaseOrderPlaced(Event):
    """We ordered from a supplier."""

    purchase_order_id: PurchaseOrderId
    number: str
    supplier: str
    warehouse_id: WarehouseId
    lines: tuple[PurchaseLine, ...]
    pegs: tuple[Peg, ...]
    expected_on: date


class PurchaseOrderAcknowledged(Event):
    """The supplier said what it will deliver and when; `lost` are the order lines for which it promised too little."""

    purchase_order_id: PurchaseOrderId
    lines: tuple[PurchaseLine, ...]
    expected_on: date
    lost: tuple[Peg, ...] = ()


class PurchaseOrderDateChanged(Event):
    """The goods come on another day than we thought; `pegs` are the order lines that wait for them."""

    purchase_order_id: PurchaseOrderId
    before: date
    after: date
    pegs: tuple[Peg, ...]


class PurchaseOrderCancelled(Event):
    """Nothing more will come of this purchase; `pegs` lost their supply."""

    purchase_order_id: PurchaseOrderId
    reason: str
    pegs: tuple[Peg, ...]


class PurchaseOrderCancellationRefused(Event):
    """The supplier delivers all the same."""

    purchase_order_id: PurchaseOrderId
    reason: str


class SupplyRepegged(Event):
    """What was bought for one order line is now for another, or for stock when `to_order_id` is empty."""

    purchase_order_id: PurchaseOrderId
    item_id: ItemId
    quantity: Quantity
    from_order_id: OrderId | None
    to_order_id: OrderId | None
    from_line_id: LineId | None = None
    to_line_id: LineId | None = None
    expected_on: date | None = None
    """When the goods are expected for the line that now waits for them."""


class ReceivedLine(Value):
    """What came in of an item, as one lot. `cost` is the total."""

    item_id: ItemId
    lot_id: LotId
    lot_number: str
    quantity: Quantity
    cost: Money


class GoodsReceived(Event):
    """Goods came in from a supplier (`purchase_order_id`) or as opening stock (without one)."""

    goods_receipt_id: GoodsReceiptId
    warehouse_id: WarehouseId
    lines: tuple[ReceivedLine, ...]
    purchase_order_id: PurchaseOrderId | None = None
    supplier: str | None = None
    complete: bool = True


class ShipmentPlanned(Event):
    """The warehouse will send these goods; `split_from` when it is the rest of a partial shipment."""

    shipment_id: ShipmentId
    order_id: OrderId
    warehouse_id: WarehouseId
    lines: tuple[LineQuantity, ...]
    split_from: ShipmentId | None = None


class PickReleased(Event):
    """Someone is fetching the goods from the shelves."""

    shipment_id: ShipmentId
    order_id: OrderId


class ShipmentPacked(Event):
    """The goods are in their boxes."""

    shipment_id: ShipmentId
    order_id: OrderId
    lines: tuple[LineQuantity, ...]


class ShipmentDispatched(Event):
    """The goods left the house: they are no longer stock, and may be invoiced."""

    shipment_id: ShipmentId
    order_id: OrderId
    customer_id: CustomerId
    warehouse_id: WarehouseId
    lines: tuple[ShippedLine, ...]
    carrier: str | None = None
    tracking_number: str | None = None


class DeliveryConfirmed(Event):
    """The customer has the goods."""

    shipment_id: ShipmentId
    order_id: OrderId
    customer_id: CustomerId
    received_by: str | None = None
    """Not a person's name: a role, a door, a reference of the carrier."""


class ShipmentCancelled(Event):
    """The shipment never left: its goods were called back."""

    shipment_id: ShipmentId
    order_id: OrderId
    reason: str


class LotQuarantined(Event):
    """Nothing of this lot may be promised or picked."""

    lot_id: LotId
    item_id: ItemId
    lot_number: str
    quantity: Quantity
    nonconformance_id: NonconformanceId | None
    reason: str


class LotReleased(Event):
    """The lot may be used again."""

    lot_id: LotId
    item_id: ItemId
    lot_number: str
    quantity: Quantity
    nonconformance_id: NonconformanceId | None
    reason: str
