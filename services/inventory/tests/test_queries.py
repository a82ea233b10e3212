"""What can be read, and by whom."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from contracts.ids import new_id
from contracts.inventory import PurchaseOrderPlaced

if TYPE_CHECKING:
    from conftest import House


async def test_a_customer_sees_its_own_shipments_and_orders_only(house: House) -> None:
    await house.warehouse()
    item_id, _, _ = await house.stocked(5, supplier="Globex")
    mine, other = await house.asks(item_id, 2), await house.asks(item_id, 4)
    shipment_id, foreign = await house.ships(mine), await house.ships(other)
    me: dict[str, Any] = {"role": "customer", "customer_id": mine.customer_id}  # Any: parameters

    assert [each["shipment_id"] for each in (await house.reads("/shipments", **me))["items"]] == [str(shipment_id)]
    assert (await house.reads(f"/shipments/{shipment_id}", **me))["shipment_id"] == str(shipment_id)
    assert (await house.service.get(f"/shipments/{foreign}", **me)).status_code == 404
    assert (await house.service.get(f"/orders/{other.order_id}/supply", **me)).status_code == 404
    assert (await house.reads(f"/orders/{mine.order_id}/supply", **me))["lines"][0]["planned"] == "2"
    them = {"role": "customer", "customer_id": other.customer_id}
    [line] = (await house.reads(f"/orders/{other.order_id}/supply", **them))["lines"]
    assert [(each["quantity"], each["number"]) for each in line["coming"]] == [("1", None)]


@pytest.mark.parametrize(
    "path",
    ["/items", "/stock", "/lots", "/goods-receipts", "/warehouses", "/purchase-orders", "/shortages", "/stock/proof"],
)
async def test_customers_do_not_read_the_warehouse(house: House, path: str) -> None:
    assert (await house.service.get(path, role="customer", customer_id=new_id())).status_code == 403
    assert (await house.service.get(path, role="reader")).status_code == 200


@pytest.mark.parametrize(
    "path", ["/items", "/lots", "/goods-receipts", "/warehouses", "/purchase-orders", "/shipments", "/orders"]
)
async def test_what_is_unknown_is_not_found(house: House, path: str) -> None:
    last = "/supply" if path == "/orders" else ""

    assert (await house.service.get(f"{path}/{new_id()}{last}")).status_code == 404


async def test_an_item_shows_its_stock_in_each_warehouse(house: House) -> None:
    item_id = await house.item(sku="PUMP")
    later, first = await house.warehouse(priority=9), await house.warehouse(priority=8)
    await house.receives(item_id, 3, later)
    await house.receives(item_id, 2, first)
    await house.asks(item_id, 1)

    answer = await house.service.get(f"/items/{item_id}")

    assert answer.headers["etag"] == '"1"'
    found = answer.json()
    assert [(each["warehouse_id"], each["available"]) for each in found["warehouses"]] == [
        (str(first), "1"),
        (str(later), "3"),
    ]
    [listed] = (await house.reads("/items", sku="PUMP"))["items"]
    assert (listed["item_id"], listed["available"], listed["reserved"]) == (str(item_id), "4", "1")
    levels = (await house.reads("/stock", item_id=item_id))["items"]
    assert sorted(each["on_hand"] for each in levels) == ["2", "3"]


async def test_pages_follow_each_other(house: House) -> None:
    item_id, warehouse_id, _ = await house.stocked(1)
    for _ in range(2):
        await house.receives(item_id, 1, warehouse_id)

    for path in (f"/items/{item_id}/movements", "/lots", "/stock"):
        seen, cursor = list[str](), None
        while True:
            page = await house.reads(path, item_id=item_id, limit=2, cursor=cursor)
            seen += [str(each) for each in page["items"]]
            cursor = page["next_cursor"]
            if cursor is None:
                break
        assert len(seen) == len(set(seen)) == (1 if path == "/stock" else 3)


async def test_lots_are_found_by_what_may_be_done_with_them(house: House) -> None:
    item_id, warehouse_id, good = await house.stocked(2)
    bad, gone = await house.receives(item_id, 2, warehouse_id), await house.receives(item_id, 2, warehouse_id)
    await house.posts(f"/lots/{bad}/quarantine", {"reason": "cracks"})
    await house.posts(f"/lots/{gone}/adjust", {"quantity": {"value": "-2"}, "reason": "lost"})

    for status, lot_id in (("released", good), ("quarantined", bad), ("depleted", gone)):
        found = (await house.reads("/lots", item_id=item_id, status=status))["items"]
        assert [(each["lot_id"], each["status"]) for each in found] == [(str(lot_id), status)]


async def test_shipments_and_purchases_are_found_by_their_state(house: House) -> None:
    item_id, _, _ = await house.stocked(2, supplier="Globex")
    line = await house.asks(item_id, 3)
    shipment_id = await house.ships(line)
    [placed] = await house.told(PurchaseOrderPlaced)

    for query, count in (({"status": "planned"}, 1), ({"status": "packed"}, 0)):
        found = (await house.reads("/shipments", order_id=line.order_id, **query))["items"]
        assert [each["shipment_id"] for each in found] == [str(shipment_id)] * count
    for query, count in (({"status": "placed"}, 1), ({"status": "received"}, 0), ({"supplier": "Initech"}, 0)):
        found = (await house.reads("/purchase-orders", item_id=item_id, **query))["items"]
        assert [each["number"] for each in found] == [placed.number] * count


async def test_the_proof_shows_the_figures_of_an_item_and_what_does_not_hold(house: House) -> None:
    item_id, warehouse_id, _ = await house.stocked(5)
    await house.asks(item_id, 2)

    proof = await house.reads("/stock/proof", item_id=item_id)

    assert (proof["holds"], proof["checked"]) == (True, 1)
    [place] = proof["places"]
    assert (place["warehouse_id"], place["on_hand"], place["sum_of_movements"], place["sum_of_lots"]) == (
        str(warehouse_id),
        "5",
        "5",
        "5",
    )
    assert (place["reserved"], place["sum_of_reservations"], place["available"]) == ("2", "2", "3")


async def test_the_proof_finds_stock_that_nothing_explains(house: House) -> None:
    item_id, _, _ = await house.stocked(5)
    change = "UPDATE stock_levels SET on_hand = on_hand + $1 WHERE item_id = $2"
    async with house.service.running.database.begin() as tx:
        await tx.exec_driver_sql(change, (1, item_id))

    proof = await house.reads("/stock/proof")

    assert (proof["holds"], [place["item_id"] for place in proof["places"]]) == (False, [str(item_id)])
    async with house.service.running.database.begin() as tx:
        await tx.exec_driver_sql(change, (-1, item_id))
