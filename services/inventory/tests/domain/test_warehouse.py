import pytest

from contracts.inventory import WarehouseOpened
from inventory.domain.warehouse import Warehouse, WarehouseHasNoCode


def a_warehouse(code: str = "MAIN", priority: int = 100) -> Warehouse:
    return Warehouse(code=code, name="Main store", priority=priority)


def test_an_opened_warehouse_tells_its_code_and_name() -> None:
    warehouse = a_warehouse()

    opened = warehouse.open()

    assert opened == WarehouseOpened(warehouse_id=warehouse.warehouse_id, code="MAIN", name="Main store")


def test_a_warehouse_without_a_code_is_not_opened() -> None:
    with pytest.raises(WarehouseHasNoCode):
        _ = a_warehouse(code=" ").open()
