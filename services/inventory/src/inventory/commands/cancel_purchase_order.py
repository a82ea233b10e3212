"""Cancel a purchase order, and take the supplier's answer when it has to agree."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

from pydantic import Field

from contracts.ids import PurchaseOrderId
from contracts.inventory import PurchaseOrderCancellationRefused, PurchaseOrderCancelled, SupplyRepegged
from inventory.commands.sharing import backlog_of
from inventory.commands.supplying import Supplies
from inventory.domain.purchase_order import PurchaseOrder
from inventory.storage.demands import Demands
from inventory.storage.purchase_orders import PurchaseOrders
from kit.database import Transaction
from kit.executor import Command
from kit.locks import lock

Reason = Annotated[str, Field(min_length=1, max_length=300)]
CancellationTold = PurchaseOrderCancelled | PurchaseOrderCancellationRefused | SupplyRepegged


class CancelPurchaseOrder(Command):
    """Before the supplier has acknowledged, at once; afterwards the supplier is asked, and nothing is told until it
    has answered. Order lines that lose their supply get what other purchases can spare; nothing is bought for them.
    """

    purchase_order_id: PurchaseOrderId
    reason: Reason


class AnswerCancellation(Command):
    """Whether the supplier accepts the cancellation that it was asked for."""

    purchase_order_id: PurchaseOrderId
    accepted: bool
    reason: Reason = "the supplier's answer"


async def cancel_purchase_order(command: CancelPurchaseOrder, tx: Transaction) -> tuple[CancellationTold, ...]:
    purchase, rivals = await _locked(tx, command)
    cancelled = purchase.cancel(command.reason)
    repegged = await _repegged(tx, purchase, rivals)
    return repegged if cancelled is None else (cancelled, *repegged)


async def answer_cancellation(command: AnswerCancellation, tx: Transaction) -> tuple[CancellationTold, ...]:
    purchase, rivals = await _locked(tx, command)
    told = purchase.accept_cancellation() if command.accepted else purchase.refuse_cancellation(command.reason)
    return (told, *await _repegged(tx, purchase, rivals))


async def _locked(
    tx: Transaction, command: CancelPurchaseOrder | AnswerCancellation
) -> tuple[PurchaseOrder, list[PurchaseOrder]]:
    repository = PurchaseOrders(tx)
    await lock(tx, await repository.items_of(command.purchase_order_id))
    return await repository.with_rivals(command.purchase_order_id, command.expected_version)


async def _repegged(
    tx: Transaction, purchase: PurchaseOrder, rivals: Sequence[PurchaseOrder]
) -> tuple[SupplyRepegged, ...]:
    """Save the purchase, and let other purchases serve those who lost it."""
    supplies = Supplies(tx, rivals)
    supplies.change(purchase)
    items = {line.item_id for line in purchase.lines}
    repegged = supplies.repeg(items, backlog_of(await Demands(tx).waiting(items)))
    await supplies.save()
    return repegged
