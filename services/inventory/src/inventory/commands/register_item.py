"""Register an item."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from contracts.inventory import ItemKind, ItemRegistered
from contracts.values import PIECE, Money, UnitCode
from inventory.domain.item import Item, Tracking
from inventory.storage.items import Items
from kit.database import Transaction
from kit.executor import Command

Supplier = Annotated[str, Field(min_length=1, max_length=200)]
LeadDays = Annotated[int, Field(ge=0, le=1000)]


class RegisterItem(Command):
    """Something that we buy, keep or sell. The sku comes once; with a supplier, shortages are bought by themselves."""

    sku: Annotated[str, Field(min_length=1, max_length=64)]
    description: Annotated[str, Field(max_length=300)] = ""
    kind: ItemKind = "goods"
    unit: UnitCode = PIECE
    standard_cost: Money
    tracked: Tracking = "none"
    supplier: Supplier | None = None
    lead_days: LeadDays = 0


async def register_item(command: RegisterItem, tx: Transaction) -> ItemRegistered:
    item = Item(**command.model_dump(exclude={"standard_cost"}), standard_cost=command.standard_cost)
    registered = item.register()
    await Items(tx).add(item)
    return registered
