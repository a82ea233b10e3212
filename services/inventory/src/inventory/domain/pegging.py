"""Pegging: which purchase is meant for which order line that waits."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from contracts.ids import ItemId, LineId
from contracts.inventory import Backorder, Peg, SupplyRepegged
from contracts.lines import LineQuantity
from contracts.values import Quantity
from inventory.domain.backlog import Waiting, oldest_first
from inventory.domain.purchase_order import EXPECTING, RUNNING, Claim, PurchaseOrder
from inventory.domain.quantities import total


@dataclass(eq=False, kw_only=True)
class _Offer:
    """Supply of one purchase that nobody needs any more (`whose`), or that was bought for stock (None)."""

    purchase: PurchaseOrder
    whose: Claim | None
    quantity: Quantity


def repeg(
    item_id: ItemId, backlog: Iterable[Waiting], purchases: Iterable[PurchaseOrder]
) -> tuple[SupplyRepegged, ...]:
    """Make the pegs of an item fit to who waits, and tell what changed.

    What is pegged to a line that no longer waits for it goes to the lines that wait without a supply, oldest first,
    and to stock when there are none; what was bought for stock goes to them, too. A purchase whose cancellation the
    supplier has not answered keeps its pegs until it has. It runs whenever back-orders or purchases have changed.
    """
    queue = [waiting for waiting in oldest_first(backlog) if waiting.item_id == item_id]
    running = _earliest_first(purchase for purchase in purchases if purchase.status in EXPECTING)
    missing, offers = _compare(item_id, queue, running)
    changes: list[SupplyRepegged] = []
    for waiting in queue:
        claim = (waiting.order_id, waiting.line_id)
        for offer in offers:
            part = min(missing[waiting.line_id], offer.quantity)
            if part.is_positive:
                changes.append(offer.purchase.repeg(item_id, part, from_=offer.whose, to=claim))
                offer.quantity -= part
                missing[waiting.line_id] -= part
    left = [offer for offer in offers if offer.whose and offer.quantity]
    changes += [offer.purchase.repeg(item_id, offer.quantity, from_=offer.whose) for offer in left]
    return tuple(changes)


def unsupplied(item_id: ItemId, backlog: Iterable[Waiting], purchases: Sequence[PurchaseOrder]) -> tuple[Peg, ...]:
    """What waits without a purchase: the shortages, as the pegs of a purchase that would cover them."""
    queue = [waiting for waiting in oldest_first(backlog) if waiting.item_id == item_id]
    coming = [purchase for purchase in purchases if purchase.status in EXPECTING]
    short = ((waiting, waiting.quantity - _pegged(waiting, coming)) for waiting in queue)
    return tuple(
        Peg(order_id=waiting.order_id, line_id=waiting.line_id, item_id=item_id, quantity=quantity)
        for waiting, quantity in short
        if quantity.is_positive
    )


def expectation(short: LineQuantity, purchases: Iterable[PurchaseOrder]) -> tuple[Backorder, ...]:
    """When the newest shortage of a line is expected: one entry a purchase, and one without for what has no supply.

    The latest purchases are named first, because a shortage that is new was pegged last.
    """
    missing = short.quantity
    parts: list[Backorder] = []
    for purchase in reversed(_earliest_first(purchase for purchase in purchases if purchase.status in EXPECTING)):
        part = min(missing, purchase.pegged_for(short.line_id, missing.unit))
        if part.is_positive:
            parts.append(_backorder(short, part, purchase))
            missing -= part
    if missing:
        parts.append(_backorder(short, missing, None))
    return tuple(parts)


def _compare(
    item_id: ItemId, queue: Sequence[Waiting], running: Sequence[PurchaseOrder]
) -> tuple[dict[LineId, Quantity], list[_Offer]]:
    """How much each line misses, and what of the purchases is to be had; purchases that come early are kept first."""
    missing = {waiting.line_id: waiting.quantity for waiting in queue}
    offers: list[_Offer] = []
    for purchase in sorted(running, key=lambda purchase: purchase.status in RUNNING):
        loose: list[_Offer] = []
        for peg in (peg for peg in purchase.pegs if peg.item_id == item_id):
            needed = min(missing.get(peg.line_id, Quantity.zero(peg.quantity.unit)), peg.quantity)
            if peg.line_id in missing:
                missing[peg.line_id] -= needed
            if needed < peg.quantity:
                loose.append(
                    _Offer(purchase=purchase, whose=(peg.order_id, peg.line_id), quantity=peg.quantity - needed)
                )
        for_stock = purchase.open_of(item_id) - purchase.pegged_of(item_id)
        if for_stock:
            loose.append(_Offer(purchase=purchase, whose=None, quantity=for_stock))
        offers += loose if purchase.status in RUNNING else []
    return missing, offers


def _earliest_first(purchases: Iterable[PurchaseOrder]) -> list[PurchaseOrder]:
    return sorted(purchases, key=lambda purchase: (purchase.expected_on, purchase.purchase_order_id))


def _pegged(waiting: Waiting, purchases: Iterable[PurchaseOrder]) -> Quantity:
    unit = waiting.quantity.unit
    return total((purchase.pegged_for(waiting.line_id, unit) for purchase in purchases), unit)


def _backorder(short: LineQuantity, quantity: Quantity, purchase: PurchaseOrder | None) -> Backorder:
    return Backorder(
        line_id=short.line_id,
        item_id=short.item_id,
        quantity=quantity,
        expected_on=None if purchase is None else purchase.expected_on,
        purchase_order_id=None if purchase is None else purchase.purchase_order_id,
    )
