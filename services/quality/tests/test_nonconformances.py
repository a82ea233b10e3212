"""Nonconformances: raised, contained, decided upon, closed."""

from __future__ import annotations

from typing import Any

import pytest

from contracts.customer import CustomersMerged
from contracts.ids import CustomerId, NonconformanceId, new_id
from contracts.inventory import LotQuarantined, ReceivedLine
from contracts.quality import (
    NonconformanceClosed,
    NonconformanceContained,
    NonconformanceDispositioned,
    NonconformanceRaised,
)
from contracts.service import CaseOpened, ComplaintFiled
from contracts.values import Quantity
from testkit import Parked, ServiceUnderTest

PATH = "/nonconformances"


async def state(under_test: ServiceUnderTest, address: str) -> dict[str, Any]:  # Any: JSON
    return (await under_test.get(address)).json()


def a_disposition(lot: ReceivedLine, pieces: int = 10, **more: Any) -> dict[str, Any]:  # Any: JSON
    quantity = {"value": str(pieces)}
    return {"lot_id": str(lot.lot_id), "quantity": quantity, "disposition": "scrap", "reason": "unsafe", **more}


async def refuses(
    under_test: ServiceUnderTest, address: str, step: str, body: dict[str, Any], status: int, kind: str
) -> None:
    """The step is refused for this reason, nothing is published and nothing changes."""
    before, published = await state(under_test, address), await under_test.published()

    answer = await under_test.post(f"{address}/{step}", body, role="quality")

    assert (answer.status_code, answer.json()["type"].rpartition(":")[2]) == (status, kind)
    assert await state(under_test, address) == before
    assert await under_test.published() == published


async def test_a_complaint_raises_and_contains_at_once(
    quality_service: ServiceUnderTest, filed: ComplaintFiled, lot: ReceivedLine
) -> None:
    raised, contained = await quality_service.receives(filed, times=5)

    assert isinstance(raised, NonconformanceRaised)
    assert isinstance(contained, NonconformanceContained)
    assert (raised.case_id, raised.order_id, raised.severity) == (filed.case_id, filed.order_id, "major")
    assert (contained.item_id, contained.lot_ids) == (lot.item_id, (lot.lot_id,))
    read = await state(quality_service, f"{PATH}/{raised.nonconformance_id}")
    assert (read["status"], read["contained"][0]["remaining"], read["sku"]) == ("contained", None, "LAMP")


async def test_a_complaint_joins_the_thread_that_it_came_from(
    quality_service: ServiceUnderTest, filed: ComplaintFiled
) -> None:
    recorded = quality_service.records(filed)

    await quality_service.receives(recorded)

    assert {each.correlation_id for each in await quality_service.recorded()} == {recorded.correlation_id}


async def test_a_complaint_that_names_nothing_is_raised_and_contains_nothing(
    quality_service: ServiceUnderTest, filed: ComplaintFiled
) -> None:
    unnamed = filed.model_copy(update={"item_id": None, "lot_ids": ()})

    [raised] = await quality_service.receives(unnamed)

    assert isinstance(raised, NonconformanceRaised)
    assert (await state(quality_service, f"{PATH}/{raised.nonconformance_id}"))["status"] == "open"


async def test_one_complaint_raises_one_nonconformance_whatever_is_sent(
    quality_service: ServiceUnderTest, filed: ComplaintFiled, raised: NonconformanceRaised
) -> None:
    assert await quality_service.receives(quality_service.records(filed)) == []


async def test_what_inventory_says_last_is_to_be_decided_upon(
    quality_service: ServiceUnderTest, quarantined: LotQuarantined, raised: NonconformanceRaised
) -> None:
    await quality_service.receives(quarantined, times=5)
    await quality_service.receives(quarantined.model_copy(update={"quantity": Quantity.pieces(7)}))

    read = await state(quality_service, f"{PATH}/{raised.nonconformance_id}")
    [lot] = read["contained"]
    assert (lot["quarantined"]["value"], lot["remaining"]["value"], lot["lot_number"]) == ("7", "7", "L-1")
    assert await quality_service.published() == []


async def test_nothing_left_of_a_lot_is_nothing_to_decide_upon(
    quality_service: ServiceUnderTest, quarantined: LotQuarantined, raised: NonconformanceRaised
) -> None:
    await quality_service.receives(quarantined.model_copy(update={"quantity": Quantity.zero()}))

    answer = await quality_service.post(f"{PATH}/{raised.nonconformance_id}/close", {}, role="quality")

    [closed] = await quality_service.published()
    assert answer.status_code == 200
    assert isinstance(closed, NonconformanceClosed)


async def test_a_lot_quarantined_for_other_reasons_is_not_ours(
    quality_service: ServiceUnderTest, quarantined: LotQuarantined
) -> None:
    assert await quality_service.receives(quarantined.model_copy(update={"nonconformance_id": None})) == []


async def test_the_quarantine_of_an_unknown_nonconformance_waits(
    quality_service: ServiceUnderTest, quarantined: LotQuarantined
) -> None:
    unknown = quarantined.model_copy(update={"nonconformance_id": NonconformanceId(new_id())})

    with pytest.raises(Parked) as parked:
        await quality_service.receives(unknown)

    assert (parked.value.kind, await quality_service.published()) == ("waiting", [])


async def test_the_quarantine_of_a_closed_nonconformance_needs_somebody(
    quality_service: ServiceUnderTest, quarantined: LotQuarantined, contained: str, lot: ReceivedLine
) -> None:
    await quality_service.post(f"{contained}/dispose", a_disposition(lot), role="quality")
    await quality_service.post(f"{contained}/close", {}, role="quality")
    before = await state(quality_service, contained)

    with pytest.raises(Parked, match="NonconformanceIsClosed"):
        await quality_service.receives(quarantined.model_copy(update={"quantity": Quantity.pieces(12)}))

    assert await state(quality_service, contained) == before


async def test_what_is_raised_by_hand_takes_item_customer_and_order_from_what_it_names(
    quality_service: ServiceUnderTest, lot: ReceivedLine, customer_id: CustomerId
) -> None:
    body = {"title": "Loose socket", "lot_ids": [str(lot.lot_id)], "customer_id": str(customer_id)}
    answer = await quality_service.post(PATH, body, role="quality")

    [raised] = await quality_service.published()
    read = await quality_service.get(answer.headers["location"])
    assert isinstance(raised, NonconformanceRaised)
    assert (raised.item_id, raised.customer_id, raised.lot_ids) == (lot.item_id, customer_id, (lot.lot_id,))
    assert (read.json()["status"], read.json()["customer_name"], read.headers["etag"]) == ("open", "Acme", '"1"')


async def test_a_case_has_one_nonconformance(quality_service: ServiceUnderTest, raised: NonconformanceRaised) -> None:
    body = {"title": "Again", "case_id": str(raised.case_id)}

    answer = await quality_service.post(PATH, body, role="quality")

    assert (answer.status_code, await quality_service.published()) == (409, [])


async def test_a_case_of_another_customer_is_refused(
    quality_service: ServiceUnderTest, raised: NonconformanceRaised, other_customer_id: CustomerId
) -> None:
    body = {"title": "Again", "case_id": str(raised.case_id), "customer_id": str(other_customer_id)}

    answer = await quality_service.post(PATH, body, role="quality")

    assert (answer.status_code, answer.json()["type"].rpartition(":")[2]) == (409, "case-of-another-customer")
    assert await quality_service.published() == []


async def test_what_is_raised_for_an_incident_takes_its_customer_and_order(
    quality_service: ServiceUnderTest, filed: ComplaintFiled
) -> None:
    incident = CaseOpened(
        case_id=filed.case_id,
        customer_id=filed.customer_id,
        number="CS-7",
        kind="incident",
        title="Smoke",
        order_id=filed.order_id,
    )
    await quality_service.receives(incident, times=5)

    await quality_service.post(PATH, {"title": "Smoke", "case_id": str(filed.case_id)}, role="quality")

    [raised] = await quality_service.published()
    assert isinstance(raised, NonconformanceRaised)
    assert (raised.case_id, raised.customer_id, raised.order_id) == (filed.case_id, filed.customer_id, filed.order_id)


async def test_what_is_named_has_to_be_known(quality_service: ServiceUnderTest) -> None:
    unknown = str(new_id())
    named = {"item_id": unknown}, {"lot_ids": [unknown]}, {"case_id": unknown}, {"customer_id": unknown}
    answers = [await quality_service.post(PATH, {"title": "Loose", **each}, role="quality") for each in named]

    kinds = [(answer.status_code, answer.json()["type"].rpartition(":")[2]) for answer in answers]
    assert kinds == [(404, "item-unknown"), (404, "lot-unknown"), (404, "case-unknown"), (404, "customer-unknown")]
    assert await quality_service.published() == []


async def test_lots_of_several_items_are_refused(
    quality_service: ServiceUnderTest, lot: ReceivedLine, other_lot: ReceivedLine
) -> None:
    body = {"title": "Loose", "lot_ids": [str(lot.lot_id), str(other_lot.lot_id)]}

    answer = await quality_service.post(PATH, body, role="quality")

    assert (answer.status_code, answer.json()["type"].rpartition(":")[2]) == (409, "lot-of-another-item")
    assert await quality_service.published() == []


async def test_containing_by_hand_tells_the_new_lots_only(quality_service: ServiceUnderTest, lot: ReceivedLine) -> None:
    address = (await quality_service.post(PATH, {"title": "Loose"}, role="quality")).headers["location"]
    body = {"lot_ids": [str(lot.lot_id)], "reason": "found in the warehouse"}

    first = await quality_service.post(f"{address}/contain", body, role="quality")
    before = await state(quality_service, address)
    again = await quality_service.post(f"{address}/contain", body, role="quality")

    _, contained = await quality_service.published()
    assert isinstance(contained, NonconformanceContained)
    assert (contained.item_id, contained.lot_ids) == (lot.item_id, (lot.lot_id,))
    assert (first.status_code, again.status_code, await state(quality_service, address)) == (200, 204, before)


async def test_a_lot_of_another_item_is_not_contained(
    quality_service: ServiceUnderTest, contained: str, other_lot: ReceivedLine
) -> None:
    body = {"lot_ids": [str(other_lot.lot_id)], "reason": "looks alike"}

    await refuses(quality_service, contained, "contain", body, 409, "nonconformance-of-another-item")


async def test_a_lot_is_decided_upon_in_parts_and_then_closed(
    quality_service: ServiceUnderTest, contained: str, lot: ReceivedLine
) -> None:
    await quality_service.post(f"{contained}/dispose", a_disposition(lot, 4), role="quality")
    partly = await state(quality_service, contained)
    rest = a_disposition(lot, 6, disposition="use_as_is", decided_on="2025-03-03")
    await quality_service.post(f"{contained}/dispose", rest, role="quality")
    decided = await state(quality_service, contained)
    await quality_service.post(f"{contained}/close", {}, role="quality")

    scrapped, used, closed = await quality_service.published()
    assert isinstance(scrapped, NonconformanceDispositioned)
    assert isinstance(used, NonconformanceDispositioned)
    assert isinstance(closed, NonconformanceClosed)
    assert (scrapped.quantity, used.disposition) == (Quantity.pieces(4), "use_as_is")
    assert (partly["status"], partly["contained"][0]["remaining"]["value"]) == ("contained", "6")
    assert (decided["status"], decided["decisions"][1]["decided_on"]) == ("dispositioned", "2025-03-03")
    assert (await state(quality_service, contained))["status"] == "closed"


async def test_the_same_key_decides_once(quality_service: ServiceUnderTest, contained: str, lot: ReceivedLine) -> None:
    for _ in range(2):
        await quality_service.post(f"{contained}/dispose", a_disposition(lot, 4), role="quality", key="decided")

    assert len(await quality_service.published()) == 1


async def test_no_more_is_decided_upon_than_was_quarantined(
    quality_service: ServiceUnderTest, contained: str, lot: ReceivedLine
) -> None:
    body = a_disposition(lot, 11)

    await refuses(quality_service, contained, "dispose", body, 409, "disposition-exceeds-quarantine")


async def test_nothing_is_no_disposition(quality_service: ServiceUnderTest, contained: str, lot: ReceivedLine) -> None:
    await refuses(quality_service, contained, "dispose", a_disposition(lot, 0), 422, "nothing-to-dispose")


async def test_a_lot_that_is_not_contained_is_not_decided_upon(
    quality_service: ServiceUnderTest, contained: str, other_lot: ReceivedLine
) -> None:
    await refuses(quality_service, contained, "dispose", a_disposition(other_lot), 404, "lot-not-contained")


async def test_nothing_is_decided_before_inventory_has_answered(
    quality_service: ServiceUnderTest, raised: NonconformanceRaised, lot: ReceivedLine
) -> None:
    address = f"{PATH}/{raised.nonconformance_id}"

    await refuses(quality_service, address, "dispose", a_disposition(lot), 409, "quarantine-not-confirmed")
    await refuses(quality_service, address, "close", {}, 409, "quantity-not-dispositioned")


async def test_what_never_contained_anything_closes_with_a_reason(quality_service: ServiceUnderTest) -> None:
    address = (await quality_service.post(PATH, {"title": "Loose"}, role="quality")).headers["location"]

    await refuses(quality_service, address, "close", {}, 409, "nothing-was-contained")
    closed = await quality_service.post(f"{address}/close", {"reason": "a mistake"}, role="quality")

    assert (closed.status_code, (await state(quality_service, address))["closed_because"]) == (200, "a mistake")


async def test_a_closed_nonconformance_never_changes(
    quality_service: ServiceUnderTest, contained: str, lot: ReceivedLine
) -> None:
    await quality_service.post(f"{contained}/dispose", a_disposition(lot), role="quality")
    await quality_service.post(f"{contained}/close", {}, role="quality")
    contain = {"lot_ids": [str(lot.lot_id)], "reason": "more"}

    for step, body in (("contain", contain), ("dispose", a_disposition(lot)), ("close", {})):
        await refuses(quality_service, contained, step, body, 409, "nonconformance-is-closed")


@pytest.mark.parametrize("step", ["contain", "dispose", "close"])
async def test_nonconformances_are_for_quality(
    quality_service: ServiceUnderTest, contained: str, lot: ReceivedLine, step: str
) -> None:
    bodies = {
        "contain": {"lot_ids": [str(lot.lot_id)], "reason": "more"},
        "dispose": a_disposition(lot),
        "close": dict[str, Any](),
    }
    before = await state(quality_service, contained)

    refused = await quality_service.post(f"{contained}/{step}", bodies[step], role="service")
    missing = await quality_service.post(f"{PATH}/{new_id()}/{step}", bodies[step], role="quality")
    outdated = await quality_service.post(f"{contained}/{step}", bodies[step], role="quality", if_match=1)

    assert (refused.status_code, missing.status_code, outdated.status_code) == (403, 404, 412)
    assert (await quality_service.published(), await state(quality_service, contained)) == ([], before)


async def test_only_quality_raises_and_customers_read_nothing(
    quality_service: ServiceUnderTest, contained: str
) -> None:
    raising = await quality_service.post(PATH, {"title": "Loose"}, role="service")
    reading = await quality_service.get(contained, role="customer", customer_id=new_id())

    assert (raising.status_code, reading.status_code) == (403, 403)


async def test_nonconformances_are_filtered(
    quality_service: ServiceUnderTest, contained: str, filed: ComplaintFiled, lot: ReceivedLine
) -> None:
    async def found(query: str) -> list[str]:
        page = (await quality_service.get(f"{PATH}?{query}")).json()
        return [f"{PATH}/{each['nonconformance_id']}" for each in page["items"]]

    for query in (
        f"item_id={lot.item_id}",
        f"lot_id={lot.lot_id}",
        f"case_id={filed.case_id}",
        f"order_id={filed.order_id}",
        f"customer_id={filed.customer_id}&status=contained&severity=major",
    ):
        assert await found(query) == [contained], query
    assert await found(f"lot_id={lot.lot_id}&status=closed") == []
    assert (await state(quality_service, contained))["case_number"] == "CS-1"


async def test_what_a_merged_customer_had_is_the_survivors(
    quality_service: ServiceUnderTest, contained: str, capa: str, filed: ComplaintFiled
) -> None:
    last = CustomerId(new_id())
    await quality_service.receives(CustomersMerged(customer_id=filed.customer_id, survivor_id=last), times=5)
    again = filed.model_copy(update={"case_id": new_id()})

    raised, _ = await quality_service.receives(again)

    assert isinstance(raised, NonconformanceRaised)
    owners = [(await state(quality_service, address))["customer_id"] for address in (contained, capa)]
    assert (raised.customer_id, owners) == (last, [str(last), str(last)])


async def test_a_nonconformance_that_is_not_there_is_not_found(quality_service: ServiceUnderTest) -> None:
    answer = await quality_service.get(f"{PATH}/{new_id()}")

    assert (answer.status_code, answer.json()["type"].rpartition(":")[2]) == (404, "nonconformance-unknown")
