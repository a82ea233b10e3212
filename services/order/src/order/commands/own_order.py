"""A customer's token cancels that customer's orders only."""

from __future__ import annotations

from contracts.errors import NotFound
from contracts.ids import OrderId
from kit.context import principal
from kit.database import Transaction
from kit.principal import own_rows
from order.storage.copies import Customers
from order.storage.orders import Orders


async def must_be_own(order_id: OrderId, tx: Transaction) -> None:
    """Another customer's order is not there for whoever asks. Raises NotFound."""
    asking = principal.get()
    own = None if asking is None else own_rows(asking)
    if own is None:
        return
    order = await Orders(tx).get(order_id)
    if order.customer_id != await Customers(tx).survivor_of(own):
        raise NotFound(f"there is no order {order_id}")
