import pytest

from contracts.inventory import WarehouseOpened
from inventory.domain.warehouse import Warehouse, WarehouseHasNoCode, by_priority


def a_warehouse(code: str = "MAIN", priority: int = 100) -> Warehouse:
    return Warehouse(code=code, name="Main store", priority=priority)


def test_an_opened_warehouse_tells_its_code_and_name() -> None:
    warehouse = a_warehouse()

    opened = warehouse.open()

    assert opened == WarehouseOpened(warehouse_id=warehouse.warehouse_id, code="MAIN", name="Main store")


def test_a_warehouse_without_a_code_is_not_opened() -> None:
    with pytest.raises(WarehouseHasNoCode):
        _ = a_warehouse(code=" ").open()


def test_goods_are_taken_from_the_lowest_priority_first_then_by_code() -> None:
    warehouses = [a_warehouse("C", 20), a_warehouse("B", 10), a_warehouse("A", 20)]

    assert [warehouse.code for warehouse in by_priority(warehouses)] == ["B", "A", "C"]
