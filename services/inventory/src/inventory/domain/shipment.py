"""Shipments: goods of one order that leave one warehouse together."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum

from contracts.errors import Malformed, NotFound, Refused
from contracts.ids import CustomerId, ItemId, LineId, OrderId, ShipmentId, WarehouseId, new_id
from contracts.inventory import (
    DeliveryConfirmed,
    PickReleased,
    ShipmentCancelled,
    ShipmentDispatched,
    ShipmentPacked,
    ShipmentPlanned,
)
from contracts.lines import LineQuantity, LotQuantity, ReservedLine, ShippedLine
from contracts.values import Quantity
from inventory.domain.item import Tracking
from inventory.domain.quantities import must_be_positive, per_line, total


class ShipmentStatus(StrEnum):
    PLANNED = "planned"
    PICKING = "picking"
    PACKED = "packed"
    DISPATCHED = "dispatched"
    DELIVERED = "delivered"
    CANCELLED = "cancelled"


IN_THE_HOUSE = frozenset({ShipmentStatus.PLANNED, ShipmentStatus.PICKING, ShipmentStatus.PACKED})


class ShipmentNotReady(Refused):
    """A shipment is picked, packed, dispatched and delivered, in this order and once each."""


class ShipmentHasLeft(Refused):
    """What left the house is not called back."""


class LineNotInShipment(NotFound):
    """A shipment is packed from its own lines."""


class MoreThanInShipment(Refused):
    """No more is packed than was planned."""


class NothingPacked(Malformed):
    """A packed shipment contains something."""


class LotsDoNotAddUp(Malformed):
    """Whoever names lots names them for the whole quantity of the line, and serials one a piece."""


class SerialsNotScanned(Refused):
    """What is tracked by serial is packed with its serials named."""


class DispatchDoesNotMatch(Refused):
    """Exactly what was packed leaves the house."""


@dataclass(frozen=True, kw_only=True)
class ShipmentLine:
    """So many for one order line; `lots` once the packer has named them, otherwise the oldest are taken."""

    line_id: LineId
    item_id: ItemId
    quantity: Quantity
    stocked: bool = True
    tracked: Tracking = "none"
    lots: tuple[LotQuantity, ...] = ()

    @property
    def told(self) -> LineQuantity:
        return LineQuantity(line_id=self.line_id, item_id=self.item_id, quantity=self.quantity)


@dataclass(frozen=True, kw_only=True)
class PackedLine:
    """What the packer put into the box for an order line."""

    line_id: LineId
    quantity: Quantity
    lots: tuple[LotQuantity, ...] = ()


@dataclass(eq=False, kw_only=True)
class Shipment:
    """planned -> picking -> packed -> dispatched -> delivered; cancelled when all of it is called back before it left.

    Dispatch uses up the reservations and the stock in the same transaction.
    """

    order_id: OrderId
    customer_id: CustomerId
    warehouse_id: WarehouseId
    lines: tuple[ShipmentLine, ...]
    status: ShipmentStatus = ShipmentStatus.PLANNED
    split_from: ShipmentId | None = None
    carrier: str | None = None
    tracking_number: str | None = None
    received_by: str | None = None
    shipment_id: ShipmentId = field(default_factory=lambda: ShipmentId(new_id()))
    version: int = 0

    def plan(self) -> ShipmentPlanned:
        """The warehouse will send these goods."""
        return ShipmentPlanned(
            shipment_id=self.shipment_id,
            order_id=self.order_id,
            warehouse_id=self.warehouse_id,
            lines=self._told(),
            split_from=self.split_from,
        )

    def pick(self) -> PickReleased:
        """Someone fetches the goods."""
        self._must_be(ShipmentStatus.PLANNED)
        self.status = ShipmentStatus.PICKING
        return PickReleased(shipment_id=self.shipment_id, order_id=self.order_id)

    def pack(self, packed: Sequence[PackedLine] | None = None) -> tuple[ShipmentPacked, Shipment | None]:
        """These goods are in the boxes; None means all. The rest is a new shipment: call its `plan` next.

        A packed shipment may be packed anew until it leaves, for instance with other lots.
        """
        self._must_be(ShipmentStatus.PICKING, ShipmentStatus.PACKED)
        boxed = self._everything() if packed is None else tuple(packed)
        self._must_fit(boxed)
        rest = self._rest(boxed)
        self.lines = tuple(_packed(self._line(box.line_id), box) for box in boxed if box.quantity)
        self.status = ShipmentStatus.PACKED
        told = ShipmentPacked(shipment_id=self.shipment_id, order_id=self.order_id, lines=self._told())
        return told, rest

    def dispatch(
        self,
        shipped: Sequence[ShippedLine],
        carrier: str | None = None,
        tracking_number: str | None = None,
    ) -> ShipmentDispatched:
        """The goods leave the house, out of these lots; from here on they may be invoiced."""
        self.must_be_packed()
        self._must_be_all(shipped)
        self.status, self.carrier, self.tracking_number = ShipmentStatus.DISPATCHED, carrier, tracking_number
        return ShipmentDispatched(
            shipment_id=self.shipment_id,
            order_id=self.order_id,
            customer_id=self.customer_id,
            warehouse_id=self.warehouse_id,
            lines=tuple(shipped),
            carrier=carrier,
            tracking_number=tracking_number,
        )

    def must_be_packed(self) -> None:
        """The rule for what may leave; `dispatch` asks it too."""
        self._must_be(ShipmentStatus.PACKED)

    def deliver(self, received_by: str | None = None) -> DeliveryConfirmed:
        """The customer has the goods."""
        self._must_be(ShipmentStatus.DISPATCHED)
        self.status, self.received_by = ShipmentStatus.DELIVERED, received_by
        return DeliveryConfirmed(
            shipment_id=self.shipment_id,
            order_id=self.order_id,
            customer_id=self.customer_id,
            received_by=received_by,
        )

    def call_back(self, line_id: LineId, up_to: Quantity) -> Quantity:
        """Take out up to this much of a line, and say how much it was. What was packed has to be packed anew."""
        if self.status not in IN_THE_HOUSE:
            raise ShipmentHasLeft(f"shipment {self.shipment_id} is {self.status}; ask for a return instead")
        held = [line for line in self.lines if line.line_id == line_id]
        if not held or not up_to.is_positive:
            return Quantity.zero(up_to.unit)
        taken = min(up_to, held[0].quantity)
        self.lines = tuple(_less(line, taken) if line is held[0] else line for line in self.lines)
        self.lines = tuple(line for line in self.lines if line.quantity)
        if self.status == ShipmentStatus.PACKED:
            self.status = ShipmentStatus.PICKING
        return taken

    def cancel_if_empty(self, reason: str) -> ShipmentCancelled | None:
        """A shipment of which everything was called back never leaves."""
        if self.lines or self.status not in IN_THE_HOUSE:
            return None
        self.status = ShipmentStatus.CANCELLED
        return ShipmentCancelled(shipment_id=self.shipment_id, order_id=self.order_id, reason=reason)

    def reserved_lines(self) -> tuple[ReservedLine, ...]:
        """What it holds of the warehouse's reservations."""
        return tuple(
            ReservedLine(
                line_id=line.line_id, item_id=line.item_id, quantity=line.quantity, warehouse_id=self.warehouse_id
            )
            for line in self.lines
        )

    def _told(self) -> tuple[LineQuantity, ...]:
        return tuple(line.told for line in self.lines)

    def _line(self, line_id: LineId) -> ShipmentLine:
        for line in self.lines:
            if line.line_id == line_id:
                return line
        raise LineNotInShipment(f"shipment {self.shipment_id} has no line {line_id}; pack what was planned")

    def _everything(self) -> tuple[PackedLine, ...]:
        return tuple(PackedLine(line_id=line.line_id, quantity=line.quantity, lots=line.lots) for line in self.lines)

    def _rest(self, boxed: Sequence[PackedLine]) -> Shipment | None:
        inside = {box.line_id: box.quantity for box in boxed}
        rest = tuple(_less(line, inside.get(line.line_id, Quantity.zero(line.quantity.unit))) for line in self.lines)
        left = tuple(line for line in rest if line.quantity)
        if not left:
            return None
        return Shipment(
            order_id=self.order_id,
            customer_id=self.customer_id,
            warehouse_id=self.warehouse_id,
            lines=left,
            split_from=self.shipment_id,
        )

    def _must_fit(self, boxed: Sequence[PackedLine]) -> None:
        if len({box.line_id for box in boxed}) != len(boxed):
            raise LotsDoNotAddUp("name each line once, with all its lots")
        for box in boxed:
            line = self._line(box.line_id)
            if box.quantity > line.quantity:
                raise MoreThanInShipment(f"{line.quantity} was planned, not {box.quantity}; pack no more than that")
            _must_name_lots(line, box)
        if not any(box.quantity for box in boxed):
            raise NothingPacked("pack at least one line, or leave the shipment as it is")

    def _must_be_all(self, shipped: Sequence[ShippedLine]) -> None:
        packed = {line.line_id: line.quantity for line in self.lines}
        if packed != per_line(shipped):
            raise DispatchDoesNotMatch(f"shipment {self.shipment_id} was packed otherwise; pack it anew")

    def _must_be(self, *allowed: ShipmentStatus) -> None:
        if self.status not in allowed:
            needed = " or ".join(allowed)
            raise ShipmentNotReady(f"shipment {self.shipment_id} is {self.status}; this needs one that is {needed}")


def shipments_for(
    order_id: OrderId, customer_id: CustomerId, planned: Iterable[tuple[ReservedLine, bool, Tracking]]
) -> tuple[Shipment, ...]:
    """One shipment a warehouse. Each line comes with whether it is stocked, and how its item is tracked."""
    lines: dict[WarehouseId, dict[LineId, ShipmentLine]] = {}
    for part, stocked, tracked in planned:
        own = lines.setdefault(part.warehouse_id, {})
        before = own[part.line_id].quantity if part.line_id in own else Quantity.zero(part.quantity.unit)
        own[part.line_id] = ShipmentLine(
            line_id=part.line_id,
            item_id=part.item_id,
            quantity=before + part.quantity,
            stocked=stocked,
            tracked=tracked,
        )
    return tuple(
        Shipment(order_id=order_id, customer_id=customer_id, warehouse_id=warehouse_id, lines=tuple(own.values()))
        for warehouse_id, own in lines.items()
    )


def _less(line: ShipmentLine, quantity: Quantity) -> ShipmentLine:
    """What is left of the line; lots that were named for the whole of it no longer fit."""
    return replace(line, quantity=line.quantity - quantity, lots=() if quantity else line.lots)


def _packed(line: ShipmentLine, box: PackedLine) -> ShipmentLine:
    return replace(line, quantity=box.quantity, lots=box.lots)


def _must_name_lots(line: ShipmentLine, box: PackedLine) -> None:
    if box.quantity.value < 0:
        must_be_positive(box.quantity)
    if box.lots and total((lot.quantity for lot in box.lots), box.quantity.unit) != box.quantity:
        raise LotsDoNotAddUp(f"the lots of line {line.line_id} are not {box.quantity} together")
    if box.lots and not line.stocked:
        raise LotsDoNotAddUp(f"line {line.line_id} is a service; it comes from no lot")
    if line.tracked == "serial" and sum(len(lot.serials) for lot in box.lots) != box.quantity.value:
        raise SerialsNotScanned(f"name the lots and the {box.quantity} serials of line {line.line_id}")
