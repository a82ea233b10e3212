"""Hold an order, release a hold."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from contracts.ids import HoldId, OrderId
from contracts.order import OrderHoldApplied, OrderHoldReleased
from kit.database import Transaction
from kit.executor import Command
from order.domain.order import GoingOn
from order.storage.orders import Orders

Reason = Annotated[str, Field(min_length=1, max_length=300)]


class HoldOrder(Command):
    """Nothing more of the order is confirmed or shipped until somebody releases the hold."""

    order_id: OrderId
    kind: Literal["manual", "quality"] = "manual"
    reason: Reason


class ReleaseHold(Command):
    """The reason for the hold is settled. Credit holds are released by finance's events only."""

    order_id: OrderId
    hold_id: HoldId
    reason: Reason


async def hold_order(command: HoldOrder, tx: Transaction) -> OrderHoldApplied:
    orders = Orders(tx)
    order = await orders.get(command.order_id, command.expected_version)
    applied = order.apply_hold(command.kind, command.reason)
    await orders.save(order)
    return applied


async def release_hold(command: ReleaseHold, tx: Transaction) -> tuple[OrderHoldReleased | GoingOn, ...]:
    orders = Orders(tx)
    order = await orders.get(command.order_id, command.expected_version)
    events = order.release_hold(command.hold_id, command.reason)
    await orders.save(order)
    return events
