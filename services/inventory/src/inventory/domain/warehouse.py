"""Warehouses: the places that keep stock."""

from dataclasses import dataclass, field

from contracts.errors import Malformed
from contracts.ids import WarehouseId, new_id
from contracts.inventory import WarehouseOpened


class WarehouseHasNoCode(Malformed):
    """A warehouse is called by its code."""


@dataclass(eq=False, kw_only=True)
class Warehouse:
    """Goods are taken from the warehouse with the lowest `priority` first."""

    code: str
    name: str
    priority: int = 100
    warehouse_id: WarehouseId = field(default_factory=lambda: WarehouseId(new_id()))
    version: int = 0

    def open(self) -> WarehouseOpened:
        """From now on it keeps stock."""
        if not self.code.strip():
            raise WarehouseHasNoCode("give the warehouse a code, such as MAIN")
        return WarehouseOpened(warehouse_id=self.warehouse_id, code=self.code, name=self.name)
