"""Stock: the levels of some items in all warehouses, loaded and written in one statement each."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from decimal import Decimal
from uuid import UUID

from contracts.ids import ItemId, WarehouseId
from contracts.inventory import AvailabilityChanged
from contracts.lines import ReservedLine
from contracts.values import Quantity
from inventory.domain.item import Item
from inventory.domain.stock import StockLevel, availability_of, empty_level
from inventory.storage.items import ItemUnknown, WarehouseUnknown, item_of
from kit.bulk import Row, Write, read_rows, write_rows
from kit.database import Transaction
from kit.kept import Kept
from kit.later import Change, Insert

Key = tuple[ItemId, WarehouseId]
_Figures = tuple[Decimal, Decimal, Decimal]


@dataclass
class _Shelf:
    """An item, all warehouses in the order of priority, and its level in those that have some; `stored` has a row."""

    item: Item
    warehouses: Collection[WarehouseId]
    levels: dict[WarehouseId, StockLevel] = field(default_factory=dict[WarehouseId, StockLevel])
    stored: set[WarehouseId] = field(default_factory=set[WarehouseId])


class Stock:
    """The stock of some items; who loads it to change it holds the locks of these items.

    `levels` come in the order of the warehouses' priority, without those that never had some. `save` writes what
    changed by one conditional update: it decides, whatever was read before.
    """

    def __init__(self, tx: Transaction) -> None:
        self.tx = tx
        self.items: dict[ItemId, Item] = {}
        self.warehouses: dict[WarehouseId, None] = {}
        self._levels: dict[Key, StockLevel] = {}
        self._stored: dict[Key, _Figures] = {}
        self._available: dict[ItemId, Decimal] = {}
        self._shelves: dict[ItemId, _Shelf] = {}
        self._kept: Kept[_Shelf] = Kept(tx, "shelf")

    @staticmethod
    async def load(tx: Transaction, item_ids: Iterable[ItemId]) -> Stock:
        """Raises ItemUnknown."""
        stock, wanted = Stock(tx), set(item_ids)
        shelves = await stock._kept.all(wanted, stock._read)
        if missing := wanted - shelves.keys():
            raise ItemUnknown(f"there is no item {min(missing)}; register it first")
        stock._put(shelves[item_id] for item_id in sorted(shelves))
        stock._available = {item_id: stock._free(item_id) for item_id in stock.items}
        return stock

    @staticmethod
    def of(tx: Transaction, rows: Iterable[Row]) -> Stock:
        """What was read together with something else; it tells nobody what is available."""
        stock = Stock(tx)
        stock._put(_shelves(rows).values())
        return stock

    @staticmethod
    async def read_ahead(tx: Transaction, item_ids: Iterable[ItemId]) -> None:
        """Read these in one statement, for those who load some of them in this batch."""
        stock = Stock(tx)
        _ = await stock._kept.all(set(item_ids), stock._read)

    @property
    def levels(self) -> list[StockLevel]:
        rank = {warehouse_id: place for place, warehouse_id in enumerate(self.warehouses)}
        return sorted(self._levels.values(), key=lambda level: (level.item_id, rank[level.warehouse_id]))

    @property
    def has_available(self) -> bool:
        """Whether anything of these items can be promised."""
        return any(level.available for level in self._levels.values())

    @property
    def first_warehouse(self) -> WarehouseId:
        """The one that goods are taken from first. Raises WarehouseUnknown."""
        for warehouse_id in self.warehouses:
            return warehouse_id
        raise WarehouseUnknown("there is no warehouse yet; open one first")

    def level(self, item_id: ItemId, warehouse_id: WarehouseId) -> StockLevel:
        """Raises WarehouseUnknown."""
        if warehouse_id not in self.warehouses:
            raise WarehouseUnknown(f"there is no warehouse {warehouse_id}; open it first")
        if (item_id, warehouse_id) not in self._levels:
            empty = empty_level(item_id, warehouse_id, self.items[item_id].unit)
            self._levels[item_id, warehouse_id] = self._shelves[item_id].levels[warehouse_id] = empty
        return self._levels[item_id, warehouse_id]

    def availability(self, item_id: ItemId) -> AvailabilityChanged:
        """Over all warehouses."""
        return availability_of(item_id, self._shelves[item_id].levels.values(), self.items[item_id].unit)

    def reserve(self, parts: Iterable[ReservedLine]) -> None:
        """Set the goods aside; services need no stock."""
        for part in parts:
            if self.items[part.item_id].is_stocked:
                self.level(part.item_id, part.warehouse_id).reserve(part.quantity)

    def release(self, parts: Iterable[ReservedLine]) -> None:
        """What was set aside is there for others again."""
        for part in parts:
            self.level(part.item_id, part.warehouse_id).release(part.quantity)

    async def save(self) -> tuple[AvailabilityChanged, ...]:
        """Write what changed, and tell of the items of which more or less is available than before."""
        await write_rows(self.tx, *self.saving())
        return self.saved()

    def saving(self) -> tuple[Write, Write]:
        """What `save` writes, to be written together with something else; call `saved` next."""
        changed = self._changes()
        known = [(*key, *change) for key, change in changed.items() if key in self._stored]
        units = {key: self._levels[key].on_hand.unit for key in changed}
        new = [(*key, units[key], *change) for key, change in changed.items() if key not in self._stored]
        return (_CHANGE, known), (_ADD, new)

    def saved(self) -> tuple[AvailabilityChanged, ...]:
        """It is written: tell of the items of which more or less is available than before."""
        for key in self._changes():
            self._stored[key] = _figures(self._levels[key])
            self._shelves[key[0]].stored.add(key[1])
        told = tuple(
            self.availability(item_id) for item_id in self.items if self._free(item_id) != self._available[item_id]
        )
        self._available |= {each.item_id: each.available.value for each in told}
        return told

    def _changes(self) -> dict[Key, _Figures]:
        """What was added since it was read, negative for less."""
        changes = {key: _minus(_figures(level), self._stored.get(key)) for key, level in self._levels.items()}
        return {key: change for key, change in changes.items() if any(change)}

    def _free(self, item_id: ItemId) -> Decimal:
        """What of it is available over all warehouses."""
        own = map(_figures, self._shelves[item_id].levels.values())
        return sum((on_hand - reserved - quarantined for on_hand, reserved, quarantined in own), Decimal(0))

    def _put(self, shelves: Iterable[_Shelf]) -> None:
        """Of the warehouses, those count that were read last: none is ever closed."""
        for shelf in shelves:
            item_id = shelf.item.item_id
            self.items[item_id], self._shelves[item_id] = shelf.item, shelf
            if len(shelf.warehouses) > len(self.warehouses):
                self.warehouses = dict.fromkeys(shelf.warehouses)
            for warehouse_id, level in shelf.levels.items():
                self._levels[item_id, warehouse_id] = level
                if warehouse_id in shelf.stored:
                    self._stored[item_id, warehouse_id] = _figures(level)

    async def _read(self, item_ids: list[UUID]) -> dict[UUID, _Shelf]:
        return _shelves(await read_rows(self.tx, _LOAD, item_ids))


def _shelves(rows: Iterable[Row]) -> dict[UUID, _Shelf]:
    shelves: dict[UUID, _Shelf] = {}
    for row in rows:
        item_id, warehouse_id = row["item_id"], row["warehouse_id"]
        shelf = shelves.get(item_id) or shelves.setdefault(item_id, _Shelf(item_of(row), row["warehouses"] or ()))
        if row["on_hand"] is not None:
            shelf.levels[warehouse_id] = level_of(row)
            shelf.stored.add(warehouse_id)
    return shelves


def level_of(row: Row) -> StockLevel:
    unit = row["unit"]
    return StockLevel(
        item_id=row["item_id"],
        warehouse_id=row["warehouse_id"],
        on_hand=Quantity(value=row["on_hand"], unit=unit),
        reserved=Quantity(value=row["reserved"], unit=unit),
        quarantined=Quantity(value=row["quarantined"], unit=unit),
    )


def _figures(level: StockLevel) -> _Figures:
    return (level.on_hand.value, level.reserved.value, level.quarantined.value)


def _minus(after: _Figures, before: _Figures | None) -> _Figures:
    if before is None:
        return after
    return (after[0] - before[0], after[1] - before[1], after[2] - before[2])


# `= ANY` says of the levels what the join says already: for the join alone the planner would read all of them.
_LOAD = """
SELECT i.*, l.warehouse_id, l.on_hand, l.reserved, l.quarantined,
       (SELECT array_agg(warehouse_id ORDER BY priority, code) FROM warehouses) AS warehouses
  FROM items i LEFT JOIN stock_levels l ON l.item_id = i.item_id AND l.item_id = ANY($1::uuid[])
 WHERE i.item_id = ANY($1::uuid[])
"""

# The one statement that decides: no row that it leaves out was changed, and none goes below zero.
_CHANGE = Change(
    """
UPDATE stock_levels l
   SET on_hand = l.on_hand + c.on_hand, reserved = l.reserved + c.reserved, quarantined = l.quarantined + c.quarantined
  FROM unnest($1::uuid[], $2::uuid[], $3::numeric[], $4::numeric[], $5::numeric[])
    AS c(item_id, warehouse_id, on_hand, reserved, quarantined)
 WHERE l.item_id = ANY($1::uuid[]) AND l.item_id = c.item_id AND l.warehouse_id = c.warehouse_id
   AND l.on_hand - l.reserved - l.quarantined >= c.reserved + c.quarantined - c.on_hand
   AND l.on_hand + c.on_hand >= 0 AND l.reserved + c.reserved >= 0 AND l.quarantined + c.quarantined >= 0
""",
    keys=2,
)

_ADD = Insert(
    """
INSERT INTO stock_levels (item_id, warehouse_id, unit, on_hand, reserved, quarantined)
SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::text[], $4::numeric[], $5::numeric[], $6::numeric[])
ON CONFLICT DO NOTHING
""",
    keys=2,
)
