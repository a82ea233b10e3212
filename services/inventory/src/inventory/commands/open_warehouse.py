"""Open a warehouse."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from contracts.inventory import WarehouseOpened
from inventory.domain.warehouse import Warehouse
from inventory.storage.items import Warehouses
from kit.database import Transaction
from kit.executor import Command


class OpenWarehouse(Command):
    """A place that keeps stock; goods are taken from the one with the lowest priority first."""

    code: Annotated[str, Field(min_length=1, max_length=32)]
    name: Annotated[str, Field(max_length=200)] = ""
    priority: Annotated[int, Field(ge=0, le=10_000)] = 100


async def open_warehouse(command: OpenWarehouse, tx: Transaction) -> WarehouseOpened:
    warehouse = Warehouse(code=command.code, name=command.name or command.code, priority=command.priority)
    opened = warehouse.open()
    await Warehouses(tx).add(warehouse)
    return opened
