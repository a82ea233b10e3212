"""Amend an order: other quantities, more lines."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from contracts.ids import LineId, OrderId
from contracts.values import ExactDecimal
from kit.database import Transaction
from kit.executor import Command
from order.commands.place_order import WantedLine, order_lines
from order.domain.change import Amending
from order.domain.order import GoingOn
from order.storage.copies import Items
from order.storage.orders import Orders


class WantedQuantity(BaseModel):
    """How many a line is to have, in the line's unit."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    line_id: LineId
    quantity: Annotated[ExactDecimal, Field(ge=0)]


class AmendOrder(Command):
    """More counts at once; less counts when inventory has agreed, and is answered by OrderAmended or a rejection."""

    order_id: OrderId
    quantities: tuple[WantedQuantity, ...] = ()
    added: tuple[WantedLine, ...] = ()
    reason: Annotated[str, Field(min_length=1, max_length=300)] = "the customer asked for it"


async def amend_order(command: AmendOrder, tx: Transaction) -> tuple[Amending | GoingOn, ...]:
    orders = Orders(tx)
    order = await orders.get(command.order_id, command.expected_version)
    known = await Items(tx).known(line.item_id for line in command.added)
    quantities = {wanted.line_id: wanted.quantity for wanted in command.quantities}
    events = order.amend(quantities, order_lines(command.added, known), command.reason)
    await orders.save(order)
    return events
