"""What was shipped is invoiced."""

from __future__ import annotations

import asyncio

import pytest

from contracts.finance import InvoiceIssued, InvoicePaid, PaymentAllocated
from contracts.ids import InvoiceId
from testkit import Parked, ServiceUnderTest

from .a_business import Business, a_line, closed, euros, in_json, names, only, shipped


async def test_a_shipment_delivered_five_times_is_invoiced_once(finance_service: ServiceUnderTest) -> None:
    acme = await Business(finance_service).begin("1000.00")
    placed = acme.order(a_line("10.00", 3), a_line("1.00", 2, "7"))
    await finance_service.receives(placed)
    dispatched = shipped(placed)

    [issued] = await finance_service.receives(dispatched, times=5)

    assert isinstance(issued, InvoiceIssued)
    assert (issued.shipment_id, issued.net, issued.tax) == (dispatched.shipment_id, euros("32.00"), euros("5.84"))
    read = (await finance_service.get(f"/invoices/{issued.invoice_id}")).json()
    assert [(each["percent"], each["tax"]["amount"]) for each in read["vat"]] == [("19", "5.70"), ("7", "0.14")]
    account = await acme.account()
    assert (account["receivables"], account["open_orders"]["amount"]) == (in_json("37.84"), "0.00")


async def test_a_part_is_invoiced_as_a_part(finance_service: ServiceUnderTest) -> None:
    acme = await Business(finance_service).begin()
    placed = acme.order(a_line(quantity=3))
    await finance_service.receives(placed)

    [issued] = await finance_service.receives(shipped(placed, 2))

    assert isinstance(issued, InvoiceIssued)
    assert issued.gross == euros("238.00")
    assert (await acme.account())["open_orders"] == in_json("119.00")


async def test_the_goods_of_a_held_order_are_invoiced_too(finance_service: ServiceUnderTest) -> None:
    acme = await Business(finance_service).begin("10.00")
    placed = acme.order()
    await finance_service.receives(placed)

    told = await finance_service.receives(shipped(placed))

    assert only(told, InvoiceIssued).gross == euros("119.00")


async def test_money_that_waits_for_the_order_settles_its_invoice(finance_service: ServiceUnderTest) -> None:
    acme = await Business(finance_service).begin()
    placed = acme.order(prepaid=True)
    await finance_service.receives(placed)
    paid = (await acme.pays("119.00", order_id=placed.order_id)).json()

    issued, allocated, settled = await finance_service.receives(shipped(placed))

    assert isinstance(issued, InvoiceIssued)
    assert isinstance(allocated, PaymentAllocated)
    assert isinstance(settled, InvoicePaid)
    assert issued.due_on == issued.issued_on
    payment = (await finance_service.get(f"/payments/{paid['payment_id']}")).json()
    assert (payment["status"], payment["allocations"][0]["invoice_id"]) == ("allocated", str(issued.invoice_id))


async def test_the_cents_that_rounding_leaves_open_on_a_prepaid_order_are_waived(
    finance_service: ServiceUnderTest,
) -> None:
    acme = await Business(finance_service).begin()
    placed = acme.order(prepaid=True)
    await finance_service.receives(placed)
    await acme.pays("118.98", order_id=placed.order_id)

    told = await finance_service.receives(shipped(placed))

    assert names(told) == ["InvoiceIssued", "PaymentAllocated", "InvoicePaid"]
    read = (await finance_service.get(f"/invoices/{only(told, InvoiceIssued).invoice_id}")).json()
    assert (read["waived"], read["status"]) == (in_json("0.02"), "paid")
    assert (await finance_service.get("/ledger/proof")).json()["holds"]


async def test_a_shipment_of_an_unknown_order_waits_for_it(finance_service: ServiceUnderTest) -> None:
    acme = await Business(finance_service).begin()

    with pytest.raises(Parked) as parked:
        await finance_service.receives(shipped(acme.order()))

    assert parked.value.kind == "waiting"
    assert await finance_service.published() == []


async def test_more_than_was_ordered_waits_for_the_amendment(finance_service: ServiceUnderTest) -> None:
    acme = await Business(finance_service).begin()
    placed = acme.order()
    await finance_service.receives(placed)
    await finance_service.test_begins()

    with pytest.raises(Parked, match="ShippedMoreThanOrdered") as parked:
        await finance_service.receives(shipped(placed, 2))

    assert parked.value.kind == "waiting"
    assert await finance_service.published() == []
    assert (await finance_service.get("/invoices", order_id=placed.order_id)).json()["items"] == []


async def test_another_event_about_an_invoiced_shipment_is_refused(finance_service: ServiceUnderTest) -> None:
    acme = await Business(finance_service).begin()
    placed = acme.order(a_line(quantity=2))
    dispatched = shipped(placed, 1)
    await finance_service.receives(placed, dispatched)
    await finance_service.test_begins()

    with pytest.raises(Parked, match="ShipmentAlreadyInvoiced"):
        await finance_service.receives(dispatched)

    assert await finance_service.published() == []
    assert len((await finance_service.get("/invoices", order_id=placed.order_id)).json()["items"]) == 1


async def test_numbers_have_no_gap_even_when_many_invoice_at_once_and_some_fail(
    finance_service: ServiceUnderTest,
) -> None:
    shops = [await Business(finance_service).begin() for _ in range(6)]
    orders = [each.order(a_line(quantity=2)) for each in shops]
    dispatched = [shipped(each, 1) for each in orders]
    await finance_service.receives(*orders, *dispatched[:2])

    results = await asyncio.gather(
        *(finance_service.receives(each) for each in (*dispatched[2:], *dispatched[:2])), return_exceptions=True
    )

    assert sum(isinstance(each, Parked) for each in results) == 2
    listed = (await finance_service.get("/invoices", limit=500)).json()["items"]
    numbers = sorted(int(each["number"].rpartition("-")[2]) for each in listed)
    assert numbers == list(range(1, len(numbers) + 1))


async def test_the_margin_is_computed_when_the_order_closes(finance_service: ServiceUnderTest) -> None:
    acme = await Business(finance_service).begin()
    placed = acme.order()
    await finance_service.receives(placed, shipped(placed))
    so_far = (await finance_service.get(f"/orders/{placed.order_id}/margin")).json()

    [margin] = await finance_service.receives(closed(placed), times=5)

    assert margin.model_dump()["margin_percent"] == 60
    read = (await finance_service.get(f"/orders/{placed.order_id}/margin")).json()
    assert (so_far["final"], read["final"], read["margin"]) == (False, True, in_json("60.00"))


async def test_what_remains_of_a_prepayment_is_free_when_the_order_is_closed(finance_service: ServiceUnderTest) -> None:
    acme = await Business(finance_service).begin()
    placed = acme.order(prepaid=True)
    await finance_service.receives(placed)
    await acme.pays("150.00", order_id=placed.order_id)
    await finance_service.receives(shipped(placed))
    before = await acme.account()

    await finance_service.receives(closed(placed))

    assert before["unallocated_cash"]["amount"] in ("0", "0.00")
    assert (await acme.account())["unallocated_cash"] == in_json("31.00")


async def test_a_cost_in_another_currency_gives_no_margin(finance_service: ServiceUnderTest) -> None:
    acme = await Business(finance_service).begin()
    placed = acme.order()
    dollars = euros("40.00").model_copy(update={"currency": "USD"})
    await finance_service.receives(placed, shipped(placed, cost=dollars))

    with pytest.raises(Parked, match="CostInAnotherCurrency"):
        await finance_service.receives(closed(placed))

    read = (await finance_service.get(f"/orders/{placed.order_id}/margin")).json()
    assert (read["final"], read["margin"], read["costs"]) == (False, None, [in_json("40.00", "USD")])


async def test_a_customer_reads_its_own_invoices_only(finance_service: ServiceUnderTest) -> None:
    acme, other = await Business(finance_service).begin(), await Business(finance_service).begin()
    placed = acme.order()
    await finance_service.receives(placed)
    invoice_id: InvoiceId = only(await finance_service.receives(shipped(placed)), InvoiceIssued).invoice_id
    path = f"/invoices/{invoice_id}"

    mine = await finance_service.get(path, role="customer", customer_id=acme.customer_id)
    theirs = await finance_service.get(path, role="customer", customer_id=other.customer_id)
    listed = await finance_service.get("/invoices", role="customer", customer_id=other.customer_id)

    assert (mine.status_code, mine.headers["etag"], theirs.status_code) == (200, '"1"', 404)
    assert listed.json()["items"] == []
