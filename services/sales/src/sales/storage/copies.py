"""What this service remembers of others' facts: customers, items, what can be promised, who may owe how much."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from uuid import UUID

from sqlalchemy import ColumnElement, Uuid, any_, bindparam, func, literal, select
from sqlalchemy.dialects.postgresql import ARRAY, Insert, insert
from sqlalchemy.engine import RowMapping

from contracts.errors import NotFound
from contracts.finance import CreditStateChanged
from contracts.ids import CustomerId, ItemId
from contracts.inventory import AvailabilityChanged, ItemRegistered
from contracts.values import Quantity
from kit.database import Transaction
from kit.known_customers import KnownCustomers
from sales.domain.availability import Availability
from sales.domain.catalogue import CatalogueEntry
from sales.domain.credit import CreditStanding
from sales.storage.tables import availability, catalogue, credit_standings, customers


class CustomerUnknown(NotFound):
    """An offer is made to a customer that is registered."""


class ItemUnknown(NotFound):
    """A quote's line names an item that is registered."""


class Customers(KnownCustomers):
    """The customers that have been heard of."""

    table = customers
    keeps = ("name", "currency")
    unknown = CustomerUnknown


def goes_by(customer_id: UUID) -> ColumnElement[UUID]:
    """In SQL: the id under which rows of this customer are kept, which is another one once it was merged."""
    survivor = select(customers.c.survivor_id).where(customers.c.customer_id == customer_id).scalar_subquery()
    return func.coalesce(survivor, literal(customer_id, Uuid))


class Catalogue:
    """The items that have been heard of."""

    def __init__(self, tx: Transaction) -> None:
        self.tx = tx

    async def remember(self, event: ItemRegistered) -> None:
        values = vars(CatalogueEntry.of(event))
        row = insert(catalogue).values(values)
        await self.tx.execute(row.on_conflict_do_update(index_elements=["item_id"], set_=values))

    async def known(self, item_ids: Iterable[ItemId]) -> dict[ItemId, CatalogueEntry]:
        """These items by id. Raises ItemUnknown."""
        wanted = set(item_ids)
        found = await self.tx.execute(_ITEMS, {"wanted": list(wanted)})
        known = {row["item_id"]: CatalogueEntry(**row) for row in found.mappings()}
        if missing := wanted - known.keys():
            raise ItemUnknown(f"there is no item {min(missing)}; register it with the inventory service first")
        return known

    async def services(self, item_ids: Collection[ItemId]) -> set[ItemId]:
        """Those of these items that need no stock."""
        service = select(catalogue.c.item_id).where(catalogue.c.item_id.in_(item_ids), catalogue.c.kind == "service")
        return set((await self.tx.scalars(service)).all())


class Stock:
    """What inventory can still promise, as it told last."""

    def __init__(self, tx: Transaction) -> None:
        self.tx = tx

    async def remember(self, events: Sequence[AvailabilityChanged]) -> None:
        """Take over these, in their order: of several about one item the last counts."""
        newest = {event.item_id: event for event in events}
        rows = [_stock_values(newest[item_id]) for item_id in sorted(newest)]
        columns = [list(column) for column in zip(*rows, strict=True)]
        _ = await self.tx.exec_driver_sql(_REMEMBER_STOCK, tuple(columns))

    async def known(self, item_ids: Collection[ItemId]) -> dict[ItemId, Availability]:
        found = await self.tx.execute(select(availability).where(availability.c.item_id.in_(item_ids)))
        return {row["item_id"]: availability_of(row) for row in found.mappings()}


class Credit:
    """How much more customers may owe, as finance told last."""

    def __init__(self, tx: Transaction) -> None:
        self.tx = tx

    async def remember(self, events: Sequence[CreditStateChanged]) -> None:
        """Take over these, in their order: of several about one customer the last counts."""
        newest = {event.customer_id: vars(CreditStanding.of(event)) for event in events}
        await self.tx.execute(_REMEMBER_CREDIT, [newest[customer_id] for customer_id in sorted(newest)])

    async def known(self, customer_ids: Collection[CustomerId]) -> dict[CustomerId, CreditStanding]:
        found = await self.tx.execute(select(credit_standings).where(credit_standings.c.customer_id.in_(customer_ids)))
        return {row["customer_id"]: CreditStanding(**row) for row in found.mappings()}


def availability_of(row: RowMapping) -> Availability:
    amounts = {name: Quantity(value=row[name], unit=row["unit"]) for name in _AMOUNTS}
    return Availability(item_id=row["item_id"], **amounts)


def _stock_values(event: AvailabilityChanged) -> tuple[object, ...]:
    amounts = [getattr(event, name).value for name in _AMOUNTS]
    return (event.item_id, event.available.unit, *amounts)


# Built once: building a statement anew costs more than running it.
_ITEMS = select(catalogue).where(catalogue.c.item_id == any_(bindparam("wanted", type_=ARRAY(Uuid))))


def _remember_credit() -> Insert:
    row = insert(credit_standings)
    new = {name: row.excluded[name] for name in ("state", "exposure", "limit")}
    return row.on_conflict_do_update(index_elements=["customer_id"], set_=new)


_REMEMBER_CREDIT = _remember_credit()

_AMOUNTS = ("on_hand", "reserved", "quarantined", "available")

_REMEMBER_STOCK = """
INSERT INTO availability (item_id, unit, on_hand, reserved, quarantined, available)
SELECT * FROM unnest($1::uuid[], $2::text[], $3::numeric[], $4::numeric[], $5::numeric[], $6::numeric[])
ON CONFLICT (item_id) DO UPDATE SET (unit, on_hand, reserved, quarantined, available)
  = (excluded.unit, excluded.on_hand, excluded.reserved, excluded.quarantined, excluded.available)
"""
