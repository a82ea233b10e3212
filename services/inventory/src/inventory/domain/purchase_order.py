"""Purchase orders: what we bought from a supplier, and for whom."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from contracts.errors import Malformed, NotFound, Refused
from contracts.ids import ItemId, LineId, OrderId, PurchaseOrderId, WarehouseId, new_id
from contracts.inventory import (
    Peg,
    PurchaseLine,
    PurchaseOrderAcknowledged,
    PurchaseOrderCancellationRefused,
    PurchaseOrderCancelled,
    PurchaseOrderDateChanged,
    PurchaseOrderPlaced,
    SupplyRepegged,
)
from contracts.values import PIECE, Money, Quantity
from inventory.domain.item import Item
from inventory.domain.quantities import must_be_positive, total


class PurchaseStatus(StrEnum):
    PLACED = "placed"
    ACKNOWLEDGED = "acknowledged"
    PARTLY_RECEIVED = "partly_received"
    RECEIVED = "received"
    CANCELLING = "cancelling"
    """The supplier was asked and has not answered."""
    CANCELLED = "cancelled"


Claim = tuple[OrderId, LineId]
"""The order line that a peg is for."""

RUNNING = frozenset({PurchaseStatus.PLACED, PurchaseStatus.ACKNOWLEDGED, PurchaseStatus.PARTLY_RECEIVED})
EXPECTING = RUNNING | {PurchaseStatus.CANCELLING}


class PurchaseHasNoLines(Malformed):
    """A purchase order names what is bought, each item once."""


class PurchaseNotRunning(Refused):
    """Only a purchase that still runs is acknowledged or cancelled."""


class PurchaseNotExpected(Refused):
    """Nothing more comes in on a purchase that is received in full or cancelled."""


class NoCancellationAsked(Refused):
    """A supplier answers only when it was asked."""


class ItemNotPurchased(NotFound):
    """Received and acknowledged is what was ordered."""


class MoreThanOrdered(Refused):
    """A supplier promises and delivers no more than was ordered."""


class LessThanReceived(Refused):
    """What came in already cannot be taken back by an acknowledgement."""


class NothingPromised(Refused):
    """A supplier who delivers nothing has not acknowledged anything: the purchase is to be cancelled."""


class PegsExceedPurchase(Refused):
    """No more is meant for order lines than is still to come."""


@dataclass(eq=False, kw_only=True)
class PurchasedLine:
    """`ordered` by us, `promised` by the supplier, `received` so far; received <= ordered."""

    item_id: ItemId
    sku: str
    unit_cost: Money
    ordered: Quantity
    promised: Quantity
    received: Quantity

    @property
    def open(self) -> Quantity:
        """What is still to come."""
        return max(self.promised - self.received, Quantity.zero(self.ordered.unit))


def purchased(item: Item, quantity: Quantity, unit_cost: Money | None = None) -> PurchasedLine:
    """A line of a new purchase; without a cost the standard cost counts."""
    cost = item.standard_cost if unit_cost is None else unit_cost
    item.must_be_stocked()
    item.must_count(quantity)
    item.must_cost(cost)
    return PurchasedLine(
        item_id=item.item_id,
        sku=item.sku,
        unit_cost=cost,
        ordered=quantity,
        promised=quantity,
        received=Quantity.zero(quantity.unit),
    )


@dataclass(frozen=True, kw_only=True)
class Acknowledgement:
    """What a supplier's answer led to. `lost` are the pegs that have no supply any more."""

    events: tuple[PurchaseOrderAcknowledged | PurchaseOrderDateChanged, ...]
    lost: tuple[Peg, ...]


@dataclass(eq=False, kw_only=True)
class PurchaseOrder:
    """placed -> acknowledged -> partly_received -> received; cancelling -> cancelled.

    `pegs` say which order lines wait for it, those who waited longest first; per item they never exceed what is open.
    """

    number: str
    supplier: str
    warehouse_id: WarehouseId
    expected_on: date
    lines: list[PurchasedLine]
    pegs: tuple[Peg, ...] = ()
    status: PurchaseStatus = PurchaseStatus.PLACED
    cancellation_reason: str | None = None
    purchase_order_id: PurchaseOrderId = field(default_factory=lambda: PurchaseOrderId(new_id()))
    version: int = 0

    def line(self, item_id: ItemId) -> PurchasedLine:
        for line in self.lines:
            if line.item_id == item_id:
                return line
        raise ItemNotPurchased(f"purchase {self.number} has no item {item_id}; name what was ordered")

    def open_of(self, item_id: ItemId) -> Quantity:
        """What of the item is still to come; zero for another item."""
        return total((line.open for line in self.lines if line.item_id == item_id), self._unit(item_id))

    def pegged_of(self, item_id: ItemId) -> Quantity:
        """What of the item is meant for order lines; the rest is for stock."""
        return total((peg.quantity for peg in self.pegs if peg.item_id == item_id), self._unit(item_id))

    def pegged_for(self, line_id: LineId, unit: str = PIECE) -> Quantity:
        return total((peg.quantity for peg in self.pegs if peg.line_id == line_id), unit)

    def place(self) -> PurchaseOrderPlaced:
        """We are bound; the supplier has not answered."""
        if not self.lines or len({line.item_id for line in self.lines}) != len(self.lines):
            raise PurchaseHasNoLines("name at least one item, and each item once")
        for line in self.lines:
            must_be_positive(line.ordered)
            self._must_cover(line.item_id, self.pegs)
        return PurchaseOrderPlaced(
            purchase_order_id=self.purchase_order_id,
            number=self.number,
            supplier=self.supplier,
            warehouse_id=self.warehouse_id,
            lines=tuple(_told(line, line.ordered) for line in self.lines),
            pegs=self.pegs,
            expected_on=self.expected_on,
        )

    def acknowledge(
        self, expected_on: date | None = None, quantities: Mapping[ItemId, Quantity] | None = None
    ) -> Acknowledgement:
        """The supplier says when, and how much of each item it names; the youngest pegs lose what will not come."""
        self._must_be_running()
        promised = {line.item_id: line.promised for line in self.lines} | dict(quantities or {})
        self._must_be_possible(promised)
        for line in self.lines:
            line.promised = promised[line.item_id]
        lost = self._drop_unsupplied()
        before, self.expected_on = self.expected_on, expected_on or self.expected_on
        self.status = self._running_status()
        return Acknowledgement(events=self._acknowledged(before, lost), lost=lost)

    def receive(self, arrived: Mapping[ItemId, Quantity]) -> tuple[Peg, ...]:
        """Goods came in; answers the pegs that were served by them, the longest waiting first."""
        self._must_be_receivable(arrived)
        served: list[Peg] = []
        for item_id, quantity in arrived.items():
            self.line(item_id).received += quantity
            served += self._serve(item_id, quantity)
        came_in_full = self._running_status() == PurchaseStatus.RECEIVED
        if self.status != PurchaseStatus.CANCELLING or came_in_full:
            self.status = self._running_status()
        return tuple(served)

    @property
    def is_complete(self) -> bool:
        """Nothing more is expected."""
        return self.status in (PurchaseStatus.RECEIVED, PurchaseStatus.CANCELLED)

    def cancel(self, reason: str) -> PurchaseOrderCancelled | None:
        """The buyer wants no more of it: at once before the supplier acknowledged, otherwise the supplier is asked."""
        self._must_be_running()
        self.cancellation_reason = reason
        if self.status == PurchaseStatus.PLACED:
            return self._cancelled()
        self.status = PurchaseStatus.CANCELLING
        return None

    def accept_cancellation(self) -> PurchaseOrderCancelled:
        """The supplier agrees: nothing more will come, and the pegs lost their supply."""
        self._must_be_asked()
        return self._cancelled()

    def refuse_cancellation(self, reason: str) -> PurchaseOrderCancellationRefused:
        """The supplier delivers all the same; pegs whose demand is gone are to be re-pegged now."""
        self._must_be_asked()
        self.status, self.cancellation_reason = self._running_status(), None
        return PurchaseOrderCancellationRefused(purchase_order_id=self.purchase_order_id, reason=reason)

    def repeg(
        self, item_id: ItemId, quantity: Quantity, *, from_: Claim | None = None, to: Claim | None = None
    ) -> SupplyRepegged:
        """So much that was meant for one order line is now meant for another; None stands for stock."""
        must_be_positive(quantity)
        pegs = self.pegs
        if from_ is not None:
            pegs = self._without(item_id, quantity, from_)
        if to is not None:
            pegs = _with(pegs, Peg(order_id=to[0], line_id=to[1], item_id=item_id, quantity=quantity))
        self._must_cover(item_id, pegs)
        self.pegs = pegs
        return SupplyRepegged(
            purchase_order_id=self.purchase_order_id,
            item_id=item_id,
            quantity=quantity,
            from_order_id=None if from_ is None else from_[0],
            to_order_id=None if to is None else to[0],
            from_line_id=None if from_ is None else from_[1],
            to_line_id=None if to is None else to[1],
            expected_on=None if to is None else self.expected_on,
        )

    def _unit(self, item_id: ItemId) -> str:
        return next((line.ordered.unit for line in self.lines if line.item_id == item_id), PIECE)

    def _running_status(self) -> PurchaseStatus:
        if not any(line.open for line in self.lines):
            return PurchaseStatus.RECEIVED
        begun = any(line.received for line in self.lines)
        return PurchaseStatus.PARTLY_RECEIVED if begun else PurchaseStatus.ACKNOWLEDGED

    def _acknowledged(
        self, before: date, lost: tuple[Peg, ...]
    ) -> tuple[PurchaseOrderAcknowledged | PurchaseOrderDateChanged, ...]:
        said = PurchaseOrderAcknowledged(
            purchase_order_id=self.purchase_order_id,
            lines=tuple(_told(line, line.promised) for line in self.lines),
            expected_on=self.expected_on,
            lost=lost,
        )
        if before == self.expected_on:
            return (said,)
        moved = PurchaseOrderDateChanged(
            purchase_order_id=self.purchase_order_id, before=before, after=self.expected_on, pegs=self.pegs
        )
        return (said, moved)

    def _cancelled(self) -> PurchaseOrderCancelled:
        lost, self.pegs, self.status = self.pegs, (), PurchaseStatus.CANCELLED
        return PurchaseOrderCancelled(
            purchase_order_id=self.purchase_order_id, reason=self.cancellation_reason or "", pegs=lost
        )

    def _serve(self, item_id: ItemId, quantity: Quantity) -> list[Peg]:
        """Take this much of the item off the pegs, from the first on, and say whose it was."""
        served: list[Peg] = []
        for peg in (peg for peg in self.pegs if peg.item_id == item_id):
            part = min(peg.quantity, quantity)
            if part.is_positive:
                served.append(peg.model_copy(update={"quantity": part}))
                quantity -= part
        for peg in served:
            self.pegs = self._without(item_id, peg.quantity, (peg.order_id, peg.line_id))
        return served

    def _drop_unsupplied(self) -> tuple[Peg, ...]:
        """Take off the pegs what will not come, from the last on, and say whose it was."""
        lost: list[Peg] = []
        for peg in reversed(self.pegs):
            excess = self.pegged_of(peg.item_id) - self.open_of(peg.item_id)
            part = min(peg.quantity, excess)
            if part.is_positive:
                lost.append(peg.model_copy(update={"quantity": part}))
                self.pegs = self._without(peg.item_id, part, (peg.order_id, peg.line_id))
        return tuple(lost)

    def _without(self, item_id: ItemId, quantity: Quantity, claim: Claim) -> tuple[Peg, ...]:
        """The pegs less this much of one order line."""
        if quantity > self.pegged_for(claim[1], quantity.unit):
            raise PegsExceedPurchase(f"purchase {self.number} has less than {quantity} pegged to line {claim[1]}")
        pegs: list[Peg] = []
        for peg in self.pegs:
            if (peg.order_id, peg.line_id, peg.item_id) == (*claim, item_id):
                part = min(peg.quantity, quantity)
                quantity -= part
                peg = peg.model_copy(update={"quantity": peg.quantity - part})
            pegs.append(peg)
        return tuple(peg for peg in pegs if peg.quantity)

    def _must_cover(self, item_id: ItemId, pegs: Sequence[Peg]) -> None:
        still_to_come = self.open_of(item_id)
        meant = total((peg.quantity for peg in pegs if peg.item_id == item_id), still_to_come.unit)
        if meant > still_to_come:
            raise PegsExceedPurchase(f"purchase {self.number} has only {still_to_come} to come; peg no more than that")

    def _must_be_running(self) -> None:
        if self.status not in RUNNING:
            raise PurchaseNotRunning(f"purchase {self.number} is {self.status}; place a new one if goods are needed")

    def _must_be_asked(self) -> None:
        if self.status != PurchaseStatus.CANCELLING:
            raise NoCancellationAsked(f"purchase {self.number} is {self.status}; cancel it first")

    def _must_be_possible(self, promised: Mapping[ItemId, Quantity]) -> None:
        for item_id, quantity in promised.items():
            line = self.line(item_id)
            if quantity > line.ordered:
                raise MoreThanOrdered(f"{line.ordered} of {line.sku} was ordered, not {quantity}")
            if quantity < line.received:
                raise LessThanReceived(f"{line.received} of {line.sku} came in already; promised is at least that")
        if not any(promised.values()):
            raise NothingPromised(f"the supplier delivers nothing; cancel purchase {self.number} instead")

    def _must_be_receivable(self, arrived: Mapping[ItemId, Quantity]) -> None:
        if self.status not in EXPECTING:
            raise PurchaseNotExpected(f"purchase {self.number} is {self.status}; receive the goods without a purchase")
        for item_id, quantity in arrived.items():
            line = self.line(item_id)
            must_be_positive(quantity)
            if line.received + quantity > line.ordered:
                raise MoreThanOrdered(
                    f"{line.ordered - line.received} of {line.sku} can come in; receive the rest without a purchase"
                )


def purchase_to_cover(
    item: Item, pegs: Sequence[Peg], *, number: str, warehouse_id: WarehouseId, today: date
) -> PurchaseOrder:
    """A new purchase, at the item's supplier, of exactly what these order lines wait for; place it next."""
    expected_on = item.expected_on(today)
    return PurchaseOrder(
        number=number,
        supplier=item.supplier or "",
        warehouse_id=warehouse_id,
        expected_on=expected_on,
        lines=[purchased(item, total((peg.quantity for peg in pegs), item.unit))],
        pegs=tuple(pegs),
    )


def _told(line: PurchasedLine, quantity: Quantity) -> PurchaseLine:
    return PurchaseLine(item_id=line.item_id, sku=line.sku, quantity=quantity, unit_cost=line.unit_cost)


def _with(pegs: Sequence[Peg], added: Peg) -> tuple[Peg, ...]:
    """One peg an order line."""
    for index, peg in enumerate(pegs):
        if (peg.order_id, peg.line_id, peg.item_id) == (added.order_id, added.line_id, added.item_id):
            more = peg.model_copy(update={"quantity": peg.quantity + added.quantity})
            return (*pegs[:index], more, *pegs[index + 1 :])
    return (*pegs, added)
