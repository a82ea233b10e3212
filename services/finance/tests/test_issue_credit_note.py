"""Taking back what an invoice asked for."""

from __future__ import annotations

from typing import Any

from contracts.finance import CreditNoteIssued, InvoiceIssued, OrderMarginComputed
from contracts.ids import LineId, new_id
from testkit import ServiceUnderTest

from .a_business import Business, a_line, closed, euros, in_json, names, only, shipped


async def an_invoice(acme: Business, quantity: int = 3) -> InvoiceIssued:
    placed = acme.order(a_line(quantity=quantity))
    issued = only(await acme.service.receives(placed, shipped(placed)), InvoiceIssued)
    await acme.service.test_begins()
    return issued


async def credit(
    invoice: InvoiceIssued, service: ServiceUnderTest, quantity: str | None = None, **options: Any
) -> Any:  # Any: an HTTP answer
    line_id: LineId = options.pop("line_id", invoice.lines[0].line_id)
    lines = None if quantity is None else [{"line_id": str(line_id), "quantity": {"value": quantity}}]
    path = f"/invoices/{invoice.invoice_id}/credit-notes"
    asked: dict[str, Any] = {"role": "finance"} | options
    return await service.post(path, {"reason": "broken", "lines": lines}, **asked)


async def test_a_part_is_given_back_at_the_price_of_the_invoice(finance_service: ServiceUnderTest) -> None:
    acme = await Business(finance_service).begin()
    invoice = await an_invoice(acme)

    first = await credit(invoice, finance_service, "1", key="credit-once")
    again = await credit(invoice, finance_service, "1", key="credit-once")

    assert first.status_code == 201, first.text
    assert again.content == first.content
    [note] = await finance_service.published()
    assert isinstance(note, CreditNoteIssued)
    assert note.gross == euros("119.00")
    path = f"/invoices/{invoice.invoice_id}/credit-notes/{note.credit_note_id}"
    read = (await finance_service.get(path)).json()
    assert (read["number"], read["vat"][0]["tax"]) == (note.number, in_json("19.00"))
    assert (await finance_service.get(f"/invoices/{invoice.invoice_id}")).json()["open"] == in_json("238.00")
    assert (await acme.account())["receivables"] == in_json("238.00")


async def test_an_invoice_taken_back_as_a_whole_is_paid(finance_service: ServiceUnderTest) -> None:
    acme = await Business(finance_service).begin()
    invoice = await an_invoice(acme)

    await credit(invoice, finance_service)

    assert names(await finance_service.published()) == ["CreditNoteIssued", "InvoicePaid"]
    assert (await acme.account())["receivables"] == in_json("0.00")


async def test_money_on_a_credited_invoice_is_the_customers_again(finance_service: ServiceUnderTest) -> None:
    acme = await Business(finance_service).begin()
    invoice = await an_invoice(acme)
    payment_id = (await acme.pays("357.00")).json()["payment_id"]

    await credit(invoice, finance_service, "2")

    payment = (await finance_service.get(f"/payments/{payment_id}")).json()
    assert (payment["status"], payment["unallocated"]) == ("partly_allocated", in_json("238.00"))
    assert (await acme.account())["unallocated_cash"] == in_json("238.00")
    assert (await finance_service.get("/ledger/proof")).json()["holds"]


async def test_a_credit_note_after_the_close_computes_the_margin_again(finance_service: ServiceUnderTest) -> None:
    acme = await Business(finance_service).begin()
    placed = acme.order(a_line(quantity=2))
    invoice = only(await finance_service.receives(placed, shipped(placed)), InvoiceIssued)
    await finance_service.receives(closed(placed))
    await finance_service.test_begins()

    await credit(invoice, finance_service, "1")

    assert only(await finance_service.published(), OrderMarginComputed).revenue == euros("100.00")


async def test_no_more_is_credited_than_was_invoiced(finance_service: ServiceUnderTest) -> None:
    acme = await Business(finance_service).begin()
    invoice = await an_invoice(acme)
    await credit(invoice, finance_service, "2")
    before = (await finance_service.get(f"/invoices/{invoice.invoice_id}")).json()
    await finance_service.test_begins()

    too_many = await credit(invoice, finance_service, "2")
    strange = await credit(invoice, finance_service, "1", line_id=new_id())

    assert {each.json()["type"] for each in (too_many, strange)} == {"urn:orderloop:problem:credit-exceeds-invoice"}
    assert await finance_service.published() == []
    assert (await finance_service.get(f"/invoices/{invoice.invoice_id}")).json() == before


async def test_nothing_is_left_to_credit_after_all_of_it(finance_service: ServiceUnderTest) -> None:
    acme = await Business(finance_service).begin()
    invoice = await an_invoice(acme)
    await credit(invoice, finance_service)
    await finance_service.test_begins()

    answer = await credit(invoice, finance_service)

    assert answer.json()["type"] == "urn:orderloop:problem:credit-has-no-lines"
    assert await finance_service.published() == []


async def test_only_finance_credits_what_it_has_read(finance_service: ServiceUnderTest) -> None:
    acme = await Business(finance_service).begin()
    invoice = await an_invoice(acme)
    unknown = invoice.model_copy(update={"invoice_id": new_id()})

    assert (await credit(invoice, finance_service, role="sales")).status_code == 403
    assert (await credit(invoice, finance_service, if_match=7)).status_code == 412
    assert (await credit(unknown, finance_service)).status_code == 404
    assert await finance_service.published() == []


async def test_refused_credit_notes_leave_no_gap_in_the_numbers(finance_service: ServiceUnderTest) -> None:
    acme = await Business(finance_service).begin()
    invoice = await an_invoice(acme)
    for quantity in ("1", "9", "1", "9", "1"):
        await credit(invoice, finance_service, quantity)

    listed = (await finance_service.get("/credit-notes", limit=500)).json()["items"]

    numbers = sorted(int(each["number"].rpartition("-")[2]) for each in listed)
    assert numbers == list(range(1, len(numbers) + 1))
    mine = await finance_service.get("/credit-notes", role="customer", customer_id=new_id())
    assert mine.json()["items"] == []
