"""Cancel what has not left the house."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from contracts.ids import OrderId
from kit.database import Transaction
from kit.executor import Command
from order.commands.own_order import must_be_own
from order.domain.change import Cancelling
from order.domain.order import GoingOn
from order.storage.orders import Orders


class CancelOrder(Command):
    """Goods that are in the warehouse are called back; OrderCancelled says what was really cancelled."""

    order_id: OrderId
    reason: Annotated[str, Field(min_length=1, max_length=300)]


async def cancel_order(command: CancelOrder, tx: Transaction) -> tuple[Cancelling | GoingOn, ...]:
    await must_be_own(command.order_id, tx)
    orders = Orders(tx)
    order = await orders.get(command.order_id, command.expected_version)
    events = order.cancel(command.reason)
    await orders.save(order)
    return events
