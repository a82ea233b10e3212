"""What this service remembers of others' facts: customers, cases, items, lots."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert

from contracts.errors import NotFound, Refused
from contracts.ids import CustomerId, ItemId, LotId, OrderId
from contracts.inventory import GoodsReceived, ItemRegistered
from contracts.service import CaseOpened
from kit.database import Transaction
from kit.known_customers import KnownCustomers
from quality.storage.tables import cases, customers, items, lots


class CustomerUnknown(NotFound):
    """A nonconformance names a customer that is registered, or none."""


class CaseUnknown(NotFound):
    """A nonconformance names a case that was opened, or none."""


class ItemUnknown(NotFound):
    """A nonconformance is about an item that is registered, or none yet."""


class LotUnknown(NotFound):
    """Lots that are named have come in; else nobody could quarantine them."""


class LotOfAnotherItem(Refused):
    """All lots of a nonconformance are of its item."""


@dataclass(frozen=True)
class CaseCopy:
    """Whose case it is, and about which order."""

    customer_id: CustomerId
    order_id: OrderId | None


class Customers(KnownCustomers):
    """The customers that have been heard of."""

    table = customers
    unknown = CustomerUnknown


class Cases:
    """The cases that have been heard of."""

    def __init__(self, tx: Transaction) -> None:
        self.tx = tx

    async def remember(self, events: Sequence[CaseOpened]) -> None:
        rows = [event.model_dump(include={"case_id", "number", "customer_id", "order_id"}) for event in events]
        await self.tx.execute(insert(cases).on_conflict_do_nothing(), rows)

    async def get(self, case_id: object) -> CaseCopy:
        """Raises CaseUnknown."""
        owner = func.coalesce(customers.c.survivor_id, cases.c.customer_id)
        known = cases.outerjoin(customers, customers.c.customer_id == cases.c.customer_id)
        wanted = select(owner, cases.c.order_id).select_from(known).where(cases.c.case_id == case_id)
        row = (await self.tx.execute(wanted)).first()
        if row is None:
            raise CaseUnknown(f"there is no case {case_id}; name another one, or none")
        return CaseCopy(*row)


class Goods:
    """The items and lots that have been heard of."""

    def __init__(self, tx: Transaction) -> None:
        self.tx = tx

    async def remember_items(self, events: Sequence[ItemRegistered]) -> None:
        rows = [event.model_dump(include={"item_id", "sku", "description"}) for event in events]
        await self.tx.execute(insert(items).on_conflict_do_nothing(), rows)

    async def remember_lots(self, events: Sequence[GoodsReceived]) -> None:
        received = {line.lot_id: line for event in events for line in event.lines}
        rows = [line.model_dump(include={"lot_id", "item_id", "lot_number"}) for line in received.values()]
        await self.tx.execute(insert(lots).on_conflict_do_nothing(), rows)

    async def item_of(self, lot_ids: Collection[LotId], item_id: ItemId | None) -> ItemId | None:
        """The one item that all of them are of; None when none is named. Raises ItemUnknown, LotUnknown, …"""
        if item_id is not None and await self.tx.scalar(select(items.c.sku).where(items.c.item_id == item_id)) is None:
            raise ItemUnknown(f"there is no item {item_id}; register it with the inventory service first")
        if not lot_ids:
            return item_id
        known = select(lots.c.lot_id, lots.c.item_id).where(lots.c.lot_id.in_(lot_ids))
        found = {row.lot_id: row.item_id for row in await self.tx.execute(known)}
        if missing := set(lot_ids) - found.keys():
            raise LotUnknown(f"there is no lot {min(missing)}; name lots that have come in")
        of = {*found.values(), *([] if item_id is None else [item_id])}
        if len(of) > 1:
            raise LotOfAnotherItem("the lots are of several items; raise a nonconformance for each")
        return of.pop()
