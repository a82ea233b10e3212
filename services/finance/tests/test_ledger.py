"""The journal, and what is proved by it."""

from __future__ import annotations

import pytest
from asyncpg import PostgresError

from contracts.ids import GoodsReceiptId, ItemId, LotId, PurchaseOrderId, WarehouseId, new_id
from contracts.inventory import GoodsReceived, ReceivedLine, StockAdjusted
from contracts.values import Quantity
from testkit import ServiceUnderTest

from .a_business import Business, euros, in_json, shipped


def received(cost: str, *, bought: bool = True) -> GoodsReceived:
    line = ReceivedLine(
        item_id=ItemId(new_id()),
        lot_id=LotId(new_id()),
        lot_number="L-1",
        quantity=Quantity.pieces(10),
        cost=euros(cost),
    )
    return GoodsReceived(
        goods_receipt_id=GoodsReceiptId(new_id()),
        warehouse_id=WarehouseId(new_id()),
        lines=(line,),
        purchase_order_id=PurchaseOrderId(new_id()) if bought else None,
    )


def adjusted(cost: str) -> StockAdjusted:
    return StockAdjusted(
        item_id=ItemId(new_id()),
        warehouse_id=WarehouseId(new_id()),
        lot_id=LotId(new_id()),
        quantity=Quantity.pieces(-1 if cost.startswith("-") else 1),
        cost=euros(cost),
        reason="counted",
    )


async def posted(service: ServiceUnderTest, subject: object) -> list[tuple[str, str, str]]:
    entries = (await service.get("/ledger/entries", subject=subject)).json()["items"]
    return [
        (each["account"], each["side"], each["amount"]["amount"]) for entry in entries for each in entry["postings"]
    ]


@pytest.mark.parametrize(("bought", "against"), [(True, "goods_received_not_invoiced"), (False, "opening_balance")])
async def test_goods_that_came_in_are_posted_once(
    finance_service: ServiceUnderTest, bought: bool, against: str
) -> None:
    receipt = received("400.00", bought=bought)
    recorded = finance_service.records(receipt)

    told = await finance_service.receives(recorded, times=5)

    assert told == []
    expected = [("inventory", "debit", "400.00"), (against, "credit", "400.00")]
    assert await posted(finance_service, receipt.goods_receipt_id) == expected
    [entry] = (await finance_service.get("/ledger/entries", subject=receipt.goods_receipt_id)).json()["items"]
    assert (entry["cause"], entry["cause_id"]) == (recorded.type, str(recorded.id))


async def test_lost_stock_is_a_cost_and_found_stock_is_not(finance_service: ServiceUnderTest) -> None:
    lost, found = adjusted("-40.00"), adjusted("7.00")

    await finance_service.receives(lost, times=5)
    await finance_service.receives(found)

    assert ("inventory_adjustments", "debit", "40.00") in await posted(finance_service, lost.subject)
    assert ("inventory_adjustments", "credit", "7.00") in await posted(finance_service, found.subject)


async def test_stock_that_is_worth_nothing_is_not_posted(finance_service: ServiceUnderTest) -> None:
    worthless = adjusted("0.00")

    await finance_service.receives(worthless)

    assert await posted(finance_service, worthless.subject) == []


async def test_the_books_balance_and_agree_with_the_documents(finance_service: ServiceUnderTest) -> None:
    acme = await Business(finance_service).begin()
    placed = acme.order()
    await finance_service.receives(placed, shipped(placed))
    await acme.pays("100.00")

    balance = (await finance_service.get("/ledger/trial-balance")).json()
    proof = (await finance_service.get("/ledger/proof")).json()

    receivable = next(each for each in balance["accounts"] if each["account"] == "receivable")
    assert (balance["balances"], receivable["balance"]) == (True, "19.00")
    assert proof["holds"]
    assert len(proof["claims"]) == 4
    assert (await finance_service.get("/ledger/trial-balance?until=2000-01-01")).json()["accounts"] == []


async def test_the_journal_is_paged_and_filtered(finance_service: ServiceUnderTest) -> None:
    acme = await Business(finance_service).begin()
    for _ in range(3):
        await acme.pays("1.00")
    path = f"/ledger/entries?customer_id={acme.customer_id}&account=cash&posted_from=2026-01-01&limit=2"

    first = (await finance_service.get(path)).json()
    second = (await finance_service.get(f"{path}&cursor={first['next_cursor']}")).json()

    assert (len(first["items"]), len(second["items"]), second["next_cursor"]) == (2, 1, None)
    assert first["items"][0]["postings"][0]["amount"] == in_json("1.00")
    assert (await finance_service.get(f"{path}&posted_until=2026-01-02")).json()["items"] == []


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE postings SET amount = amount + 1",
        "DELETE FROM journal_entries",
        "INSERT INTO postings SELECT journal_entry_id, 99, account, side, 1, currency FROM postings LIMIT 1",
    ],
)
async def test_the_database_keeps_the_journal_as_it_is(finance_service: ServiceUnderTest, statement: str) -> None:
    await finance_service.receives(received("1.00"))

    with pytest.raises(PostgresError, match=r"never edited|debit is not credit"):
        async with finance_service.running.database.begin() as tx:
            await tx.exec_driver_sql(statement)

    assert (await finance_service.get("/ledger/proof")).json()["holds"]
