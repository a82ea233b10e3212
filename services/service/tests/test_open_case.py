"""Opening cases: who may, what a complaint has to name, what is found by it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from contracts.customer import CustomersMerged
from contracts.ids import CustomerId, new_id
from contracts.inventory import ShipmentDispatched
from contracts.order import OrderPlaced
from contracts.service import CaseOpened, ComplaintFiled
from testkit import ServiceUnderTest


def an_enquiry(customer_id: CustomerId, **more: Any) -> dict[str, Any]:  # Any: JSON
    return {"customer_id": str(customer_id), "kind": "enquiry", "title": "When will it come?", **more}


def a_complaint(customer_id: CustomerId, **more: Any) -> dict[str, Any]:  # Any: JSON
    return {"customer_id": str(customer_id), "kind": "complaint", "title": "It flickers", "severity": "major", **more}


async def test_a_complaint_on_a_shipped_line_finds_order_item_and_lots(
    service_service: ServiceUnderTest, dispatched: ShipmentDispatched
) -> None:
    [line] = dispatched.lines

    answer = await service_service.post(
        "/cases", a_complaint(dispatched.customer_id, line_id=str(line.line_id)), role="service"
    )

    opened, filed = await service_service.published()
    assert answer.status_code == 201, answer.text
    assert isinstance(opened, CaseOpened)
    assert (opened.order_id, opened.kind) == (dispatched.order_id, "complaint")
    assert isinstance(filed, ComplaintFiled)
    assert (filed.case_id, filed.order_id, filed.line_id) == (opened.case_id, dispatched.order_id, line.line_id)
    assert (filed.item_id, filed.lot_ids) == (line.item_id, (line.lots[0].lot_id,))
    assert (filed.severity, filed.number) == ("major", opened.number)


async def test_a_case_joins_the_thread_of_its_order(service_service: ServiceUnderTest, placed: OrderPlaced) -> None:
    recorded = service_service.records(placed.model_copy(update={"order_id": new_id()}))
    await service_service.receives(recorded)
    body = an_enquiry(placed.customer_id, order_id=str(recorded.subject))

    await service_service.post("/cases", body, role="service")

    [opened] = await service_service.recorded()
    assert opened.correlation_id == recorded.correlation_id


async def test_a_complaint_on_a_serial_finds_its_lot(
    service_service: ServiceUnderTest, dispatched: ShipmentDispatched
) -> None:
    serial = dispatched.lines[0].lots[0].serials[1]

    await service_service.post("/cases", a_complaint(dispatched.customer_id, serial=serial), role="service")

    _, filed = await service_service.published()
    assert isinstance(filed, ComplaintFiled)
    assert (filed.lot_ids, filed.order_id) == ((dispatched.lines[0].lots[0].lot_id,), dispatched.order_id)


async def test_a_serial_that_was_sold_on_names_the_lot_but_not_the_other_customers_order(
    service_service: ServiceUnderTest, dispatched: ShipmentDispatched, other_customer_id: CustomerId
) -> None:
    serial = dispatched.lines[0].lots[0].serials[0]

    await service_service.post("/cases", a_complaint(other_customer_id, serial=serial), role="service")

    _, filed = await service_service.published()
    assert isinstance(filed, ComplaintFiled)
    assert (filed.lot_ids, filed.order_id) == ((dispatched.lines[0].lots[0].lot_id,), None)


async def test_a_complaint_names_something_or_says_why_not(
    service_service: ServiceUnderTest, customer_id: CustomerId
) -> None:
    refused = await service_service.post("/cases", a_complaint(customer_id), role="service")
    published = await service_service.published()
    taken = await service_service.post(
        "/cases", a_complaint(customer_id, nothing_named_because="the label is gone"), role="service"
    )

    assert (refused.status_code, published) == (409, [])
    assert refused.json()["type"].endswith("complaint-names-nothing")
    assert taken.status_code == 201
    assert len(await service_service.published()) == 2


async def test_a_complaint_on_what_was_not_shipped_is_refused(
    service_service: ServiceUnderTest, placed: OrderPlaced
) -> None:
    body = a_complaint(placed.customer_id, line_id=str(placed.lines[0].line_id))

    answer = await service_service.post("/cases", body, role="service")

    assert (answer.status_code, await service_service.published()) == (409, [])
    assert answer.json()["type"].endswith("nothing-shipped-on-order-line")


async def test_a_line_of_another_customer_is_refused(
    service_service: ServiceUnderTest, dispatched: ShipmentDispatched, other_customer_id: CustomerId
) -> None:
    body = a_complaint(other_customer_id, line_id=str(dispatched.lines[0].line_id))

    answer = await service_service.post("/cases", body, role="service")

    assert (answer.status_code, await service_service.published()) == (409, [])
    assert answer.json()["type"].endswith("order-line-of-another-customer")


async def test_an_order_of_another_customer_is_not_there(
    service_service: ServiceUnderTest, placed: OrderPlaced, other_customer_id: CustomerId
) -> None:
    body = an_enquiry(other_customer_id, order_id=str(placed.order_id))

    answer = await service_service.post("/cases", body, role="service")

    assert (answer.status_code, await service_service.published()) == (404, [])
    assert answer.json()["type"].endswith("order-unknown")


async def test_customer_item_and_lot_have_to_be_known(
    service_service: ServiceUnderTest, customer_id: CustomerId
) -> None:
    nobody = await service_service.post("/cases", an_enquiry(CustomerId(new_id())), role="service")
    no_item = await service_service.post("/cases", an_enquiry(customer_id, item_id=str(new_id())), role="service")
    no_lot = await service_service.post("/cases", an_enquiry(customer_id, lot_ids=[str(new_id())]), role="service")

    assert [each.status_code for each in (nobody, no_item, no_lot)] == [404, 404, 404]
    kinds = [each.json()["type"].rpartition(":")[2] for each in (nobody, no_item, no_lot)]
    assert kinds == ["customer-unknown", "item-unknown", "lot-never-shipped"]
    assert await service_service.published() == []


async def test_lots_named_by_staff_tell_the_item(
    service_service: ServiceUnderTest, dispatched: ShipmentDispatched, placed: OrderPlaced
) -> None:
    lot_id = dispatched.lines[0].lots[0].lot_id
    body = a_complaint(dispatched.customer_id, lot_ids=[str(lot_id)], nothing_named_because="no serials")

    await service_service.post("/cases", body, role="service")

    _, filed = await service_service.published()
    assert isinstance(filed, ComplaintFiled)
    assert (filed.lot_ids, filed.item_id) == ((lot_id,), placed.lines[0].item_id)


async def test_lots_of_another_item_are_refused(
    service_service: ServiceUnderTest, dispatched: ShipmentDispatched, case: str
) -> None:
    [line] = dispatched.lines
    other = dispatched.model_copy(
        update={"shipment_id": new_id(), "lines": (line.model_copy(update={"item_id": new_id()}),)}
    )
    fresh = other.lines[0].lots[0].model_copy(update={"lot_id": new_id()})
    other = other.model_copy(update={"lines": (other.lines[0].model_copy(update={"lots": (fresh,)}),)})
    await service_service.receives(other)
    lots = [str(line.lots[0].lot_id), str(fresh.lot_id)]

    answer = await service_service.post("/cases", an_enquiry(dispatched.customer_id, lot_ids=lots), role="service")

    assert (answer.status_code, await service_service.published()) == (409, [])
    assert answer.json()["type"].endswith("lot-of-another-item")


async def test_a_customer_opens_cases_of_its_own_only(
    service_service: ServiceUnderTest, customer_id: CustomerId, other_customer_id: CustomerId
) -> None:
    own = await service_service.post("/cases", an_enquiry(customer_id), role="customer", customer_id=customer_id)
    foreign = await service_service.post(
        "/cases", an_enquiry(other_customer_id), role="customer", customer_id=customer_id
    )

    assert (own.status_code, foreign.status_code) == (201, 403)
    assert len(await service_service.published()) == 1


async def test_a_customer_does_not_name_lots(service_service: ServiceUnderTest, dispatched: ShipmentDispatched) -> None:
    body = an_enquiry(dispatched.customer_id, lot_ids=[str(dispatched.lines[0].lots[0].lot_id)])

    answer = await service_service.post("/cases", body, role="customer", customer_id=dispatched.customer_id)

    assert (answer.status_code, await service_service.published()) == (403, [])


async def test_sales_opens_cases_and_the_warehouse_does_not(
    service_service: ServiceUnderTest, customer_id: CustomerId
) -> None:
    sales = await service_service.post("/cases", an_enquiry(customer_id), role="sales")
    warehouse = await service_service.post("/cases", an_enquiry(customer_id), role="warehouse")

    assert (sales.status_code, warehouse.status_code) == (201, 403)


async def test_the_same_key_opens_one_case(service_service: ServiceUnderTest, customer_id: CustomerId) -> None:
    one = await service_service.post("/cases", an_enquiry(customer_id), role="service", key="once")
    two = await service_service.post("/cases", an_enquiry(customer_id), role="service", key="once")

    assert (one.content, two.headers["idempotency-replayed"]) == (two.content, "true")
    assert len(await service_service.published()) == 1


async def test_an_external_reference_names_one_case(service_service: ServiceUnderTest, customer_id: CustomerId) -> None:
    body = an_enquiry(customer_id, external_reference="review-1")

    one = await service_service.post("/cases", body, role="service")
    two = await service_service.post("/cases", body, role="service")

    assert (one.status_code, two.status_code) == (201, 409)
    assert len(await service_service.published()) == 1


async def test_a_case_of_the_past_keeps_its_day(service_service: ServiceUnderTest, customer_id: CustomerId) -> None:
    answer = await service_service.post("/cases", an_enquiry(customer_id, opened_on="2018-02-03"), role="service")
    read = (await service_service.get(answer.headers["location"])).json()

    assert datetime.fromisoformat(read["opened_at"]) == datetime(2018, 2, 3, tzinfo=UTC)
    assert read["history"][0]["by"] == "anna"


async def test_a_case_is_not_opened_in_the_future(service_service: ServiceUnderTest, customer_id: CustomerId) -> None:
    tomorrow = datetime.now(UTC).date() + timedelta(days=1)

    answer = await service_service.post("/cases", an_enquiry(customer_id, opened_on=str(tomorrow)), role="service")

    assert (answer.status_code, await service_service.published()) == (422, [])


async def test_a_blank_title_is_refused(service_service: ServiceUnderTest, customer_id: CustomerId) -> None:
    answer = await service_service.post("/cases", an_enquiry(customer_id) | {"title": "  "}, role="service")

    assert (answer.status_code, await service_service.published()) == (422, [])


async def test_a_case_of_a_merged_customer_is_the_survivors(
    service_service: ServiceUnderTest, dispatched: ShipmentDispatched, other_customer_id: CustomerId
) -> None:
    merged_id = dispatched.customer_id
    await service_service.receives(CustomersMerged(customer_id=merged_id, survivor_id=other_customer_id))
    body = a_complaint(merged_id, line_id=str(dispatched.lines[0].line_id), order_id=str(dispatched.order_id))

    await service_service.post("/cases", body, role="customer", customer_id=merged_id)

    opened, filed = await service_service.published()
    assert isinstance(opened, CaseOpened)
    assert isinstance(filed, ComplaintFiled)
    assert (opened.customer_id, filed.customer_id) == (other_customer_id, other_customer_id)
