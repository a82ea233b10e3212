"""What can be read, and by whom."""

from __future__ import annotations

from typing import Any

from contracts.customer import CustomerProfileChanged, CustomersMerged
from contracts.ids import CustomerId, new_id
from contracts.inventory import ShipmentDispatched
from testkit import ServiceUnderTest


async def test_a_customer_reads_its_own_cases_only(
    service_service: ServiceUnderTest, case: str, customer_id: CustomerId, other_customer_id: CustomerId
) -> None:
    own = await service_service.get(case, role="customer", customer_id=customer_id)
    foreign = await service_service.get(case, role="customer", customer_id=other_customer_id)
    listed = await service_service.get("/cases", role="customer", customer_id=customer_id)
    others = await service_service.get("/cases", role="customer", customer_id=other_customer_id, kind="enquiry")

    assert (own.status_code, own.headers["etag"], foreign.status_code) == (200, '"1"', 404)
    assert [each["title"] for each in listed.json()["items"]] == ["When will it come?"]
    assert others.json()["items"] == []


async def test_a_customer_does_not_see_the_notes_of_staff(
    service_service: ServiceUnderTest, case: str, customer_id: CustomerId
) -> None:
    await service_service.post(f"{case}/notes", {"text": "difficult"}, role="service")

    staff = (await service_service.get(case)).json()["history"]
    customer = (await service_service.get(case, role="customer", customer_id=customer_id)).json()["history"]

    assert [each["what"] for each in staff] == ["opened", "noted"]
    assert [each["what"] for each in customer] == ["opened"]


async def test_cases_are_filtered(
    service_service: ServiceUnderTest, dispatched: ShipmentDispatched, case_in_hand: str
) -> None:
    body = {
        "customer_id": str(dispatched.customer_id),
        "kind": "complaint",
        "title": "It flickers",
        "line_id": str(dispatched.lines[0].line_id),
        "external_reference": f"review-{dispatched.shipment_id}",
    }
    complaint = (await service_service.post("/cases", body, role="service")).headers["location"]

    async def found(**query: Any) -> list[str]:
        page = (await service_service.get("/cases", **query)).json()
        return [f"/cases/{each['case_id']}" for each in page["items"]]

    answer = await service_service.get(f"/cases?customer_id={dispatched.customer_id}")
    assert [f"/cases/{each['case_id']}" for each in answer.json()["items"]] == [case_in_hand, complaint]
    assert await found(order_id=str(dispatched.order_id)) == [complaint]
    assert await found(item_id=str(dispatched.lines[0].item_id), status="new", kind="complaint") == [complaint]
    assert await found(external_reference=body["external_reference"]) == [complaint]
    assert case_in_hand in await found(assignee="ben")
    assert complaint not in await found(assignee="ben")


async def test_a_case_shows_the_names_of_what_it_is_about(
    service_service: ServiceUnderTest, dispatched: ShipmentDispatched
) -> None:
    body = {"customer_id": str(dispatched.customer_id), "kind": "complaint", "title": "It flickers"}
    body["line_id"] = str(dispatched.lines[0].line_id)
    await service_service.receives(
        CustomerProfileChanged(
            customer_id=dispatched.customer_id, kind="organisation", name="Bolt", country="DE", currency="EUR"
        )
    )

    complaint = (await service_service.post("/cases", body, role="service")).headers["location"]

    read = (await service_service.get(complaint)).json()
    assert (read["customer_name"], read["order_number"], read["sku"]) == ("Bolt", "SO-1", "LAMP")


async def test_the_worklist_shows_the_most_urgent_first(
    service_service: ServiceUnderTest, customer_id: CustomerId
) -> None:
    assignee = f"ben-{customer_id}"
    for priority in ("low", "urgent", "normal", "urgent"):
        body = {"customer_id": str(customer_id), "kind": "incident", "title": priority, "priority": priority}
        address = (await service_service.post("/cases", body, role="service")).headers["location"]
        await service_service.post(f"{address}/assign", {"assignee": assignee}, role="service")
    settled = address
    await service_service.post(f"{settled}/resolve", {"resolution": "done"}, role="service")

    first = (await service_service.get("/worklist", assignee=assignee, limit=2)).json()
    rest = (await service_service.get("/worklist", assignee=assignee, cursor=first["next_cursor"])).json()

    assert [each["priority"] for each in first["items"]] == ["urgent", "normal"]
    assert [each["priority"] for each in rest["items"]] == ["low"]
    assert (await service_service.get("/worklist", role="customer", customer_id=customer_id)).status_code == 403


async def test_shipped_units_are_found_by_lot_serial_and_line(
    service_service: ServiceUnderTest, dispatched: ShipmentDispatched
) -> None:
    [lot] = dispatched.lines[0].lots
    filters: tuple[dict[str, Any], ...] = (
        {"lot_id": str(lot.lot_id)},
        {"serial": lot.serials[0]},
        {"line_id": str(dispatched.lines[0].line_id)},
        {"order_id": str(dispatched.order_id)},
        {"shipment_id": str(dispatched.shipment_id)},
        {"item_id": str(dispatched.lines[0].item_id)},
    )
    for each in filters:
        [unit] = (await service_service.get("/shipped-units", **each)).json()["items"]
        assert (unit["lot_number"], unit["quantity"]["value"], unit["sku"]) == ("L-1", "2", "LAMP")

    assert (await service_service.get("/shipped-units", serial="nobody's")).json()["items"] == []


async def test_a_shipment_told_five_times_is_remembered_once(
    service_service: ServiceUnderTest, dispatched: ShipmentDispatched
) -> None:
    again = dispatched.model_copy(update={"lines": (dispatched.lines[0].model_copy(update={"lots": ()}),)})

    await service_service.receives(again.model_copy(update={"shipment_id": new_id()}), times=5)
    await service_service.receives(dispatched)

    line_id = str(dispatched.lines[0].line_id)
    units = (await service_service.get("/shipped-units", line_id=line_id)).json()["items"]
    assert sorted(str(unit["lot_number"]) for unit in units) == ["L-1", "None"]


async def test_a_customer_sees_what_was_shipped_to_it(
    service_service: ServiceUnderTest, dispatched: ShipmentDispatched, other_customer_id: CustomerId
) -> None:
    own = await service_service.get("/shipped-units", role="customer", customer_id=dispatched.customer_id)
    others = await service_service.get("/shipped-units", role="customer", customer_id=other_customer_id)

    assert (len(own.json()["items"]), others.json()["items"]) == (1, [])


async def test_what_a_merged_customer_had_is_the_survivors(
    service_service: ServiceUnderTest,
    case: str,
    dispatched: ShipmentDispatched,
    customer_id: CustomerId,
    other_customer_id: CustomerId,
) -> None:
    last = CustomerId(new_id())
    await service_service.receives(CustomersMerged(customer_id=other_customer_id, survivor_id=last))
    await service_service.receives(CustomersMerged(customer_id=customer_id, survivor_id=other_customer_id), times=5)

    for asking in (customer_id, last):
        read = await service_service.get(case, role="customer", customer_id=asking)
        units = await service_service.get("/shipped-units", role="customer", customer_id=asking)
        assert (read.json()["customer_id"], len(units.json()["items"])) == (str(last), 1)
    assert await service_service.published() == []


async def test_a_case_that_is_not_there_is_not_found(service_service: ServiceUnderTest) -> None:
    answer = await service_service.get(f"/cases/{new_id()}")

    assert (answer.status_code, answer.json()["type"].rpartition(":")[2]) == (404, "case-unknown")
