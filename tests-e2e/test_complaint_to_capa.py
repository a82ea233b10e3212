"""Path 6, up to CAPA: a complaint quarantines a lot, orders that counted on it wait, and it does not happen again."""

from __future__ import annotations

from decimal import Decimal

from contracts.inventory import (
    LotQuarantined,
    LotReleased,
    ShipmentCancelled,
    ShipmentDispatched,
    StockAdjusted,
    StockBackordered,
    StockReserved,
)
from contracts.quality import CapaOpened, CapaVerifiedEffective, NonconformanceClosed, NonconformanceContained
from contracts.service import CaseOpened, CaseResolved, ComplaintFiled
from orderloop.driving.events import Seen
from orderloop.driving.proofs import gaps, of_loop
from orderloop.driving.shop import Shop
from orderloop.driving.steps import Steps, Wish, in_days, until_true
from orderloop.http import Json

ON_THE_TIMELINE = [
    "CaseOpened", "ComplaintFiled", "NonconformanceRaised", "NonconformanceContained", "LotQuarantined",
    "CaseAssigned", "NonconformanceDispositioned", "LotReleased", "NonconformanceDispositioned", "StockAdjusted",
    "NonconformanceClosed", "CapaOpened", "CapaRootCauseIdentified", "CapaPlanned", "CapaImplemented",
    "CapaVerifiedEffective", "CaseResolved",
]  # fmt: skip
"""What the timeline of who complained tells after the order was closed."""

FOLLOWED = {"complaint": 2, "nonconformance": 5, "capa": 5}
"""So many entries of each kind the salesperson reads."""


async def test_a_complaint_is_contained_decided_and_does_not_happen_again(steps: Steps, shop: Shop) -> None:
    customer_id = await steps.register_customer("Leaky Pump Ltd")
    pump = await shop.sells("pump", stock=10)
    opportunity_id = await steps.win(customer_id, "Two pumps", [Wish(pump, Decimal(2))])
    placed = await steps.order_of(opportunity_id)
    await steps.finish(placed.subject)
    waiting = await steps.place_order(await steps.register_customer("Waits Ltd"), [Wish(pump, Decimal(5))])
    planned = await steps.shipment_of(waiting)
    assert await shop.stock_of(pump) == {"on_hand": 8, "reserved": 5, "quarantined": 0, "available": 3}

    case_id = await steps.complain(customer_id, "It leaks", placed.subject, placed.data["lines"][0]["line_id"])
    nonconformance = await _the_lot_is_quarantined(steps, placed, case_id)
    assert await shop.stock_of(pump) == {"on_hand": 8, "reserved": 0, "quarantined": 8, "available": 0}
    await _who_counted_on_it_waits(steps, waiting, planned)
    await steps.assign_case(case_id)
    await _five_are_good_and_three_are_scrapped(steps, nonconformance)
    assert await shop.stock_of(pump) == {"on_hand": 5, "reserved": 5, "quarantined": 0, "available": 0}
    await steps.settle((await steps.shipment_of(waiting, 2)).subject)
    await steps.closed(waiting)
    await _it_does_not_happen_again(steps, nonconformance)
    await steps.resolve_case(case_id, "two new pumps are on their way")
    await steps.stream.until(CaseResolved, case_id=case_id)

    await _everybody_sees_it(steps, shop, customer_id, opportunity_id, case_id)
    story = of_loop(steps.stream.seen, opportunity_id)
    assert {each.correlation for each in story} == {placed.correlation}
    assert gaps(steps.stream.seen) == []
    assert await shop.parked() == {}


async def _the_lot_is_quarantined(steps: Steps, placed: Seen, case_id: str) -> str:
    """By itself: from the order line to its lot, and from there to all that is left of it."""
    opened = await steps.stream.until(CaseOpened, case_id=case_id)
    filed = await steps.stream.until(ComplaintFiled, case_id=case_id)
    raised = await steps.nonconformance_of(case_id)
    contained = await steps.stream.until(NonconformanceContained, nonconformance_id=raised.subject)
    quarantined = await steps.stream.until(LotQuarantined, nonconformance_id=raised.subject)
    shipped = steps.stream.named(ShipmentDispatched, order_id=placed.subject)[0]
    lot_id = shipped.data["lines"][0]["lots"][0]["lot_id"]

    assert opened.data["kind"] == "complaint"
    assert [each.data["lot_ids"] for each in (filed, raised, contained)] == [[lot_id]] * 3
    assert (quarantined.subject, quarantined.data["quantity"]["value"]) == (lot_id, "8")
    assert [raised.causation, quarantined.causation] == [filed.id, contained.id]
    return raised.subject


async def _who_counted_on_it_waits(steps: Steps, order_id: str, planned: Seen) -> None:
    short = await steps.stream.until(StockBackordered, order_id=order_id)
    called_back = await steps.stream.until(ShipmentCancelled, order_id=order_id)

    async def waits_for_goods() -> bool:
        return (await steps.order(order_id))["fulfilment"]["waiting_for"] == "goods"

    await until_true(waits_for_goods, "the order waits for goods")
    assert [each["quantity"]["value"] for each in short.data["withdrawn"]] == ["5"]
    assert called_back.subject == planned.subject


async def _five_are_good_and_three_are_scrapped(steps: Steps, nonconformance_id: str) -> None:
    lot_id = (await steps.quarantined(nonconformance_id))[0]["lot_id"]
    await steps.dispose(nonconformance_id, lot_id, Decimal(5), "use_as_is", "tested, tight")
    released = await steps.stream.until(LotReleased, nonconformance_id=nonconformance_id)
    await steps.dispose(nonconformance_id, lot_id, Decimal(3), "scrap", "they leak")
    adjusted = await steps.stream.until(StockAdjusted, nonconformance_id=nonconformance_id)
    await steps.close_nonconformance(nonconformance_id)
    await steps.stream.until(NonconformanceClosed, nonconformance_id=nonconformance_id)
    reserved = next(each for each in steps.stream.named(StockReserved) if each.causation == released.causation)

    assert released.data["quantity"]["value"] == "5"
    assert [each["quantity"]["value"] for each in reserved.data["lines"]] == ["5"]
    assert (adjusted.data["quantity"]["value"], adjusted.data["cost"]["amount"]) == ("-3", "-180.00")


async def _it_does_not_happen_again(steps: Steps, nonconformance_id: str) -> None:
    """Planned and done 40 days ago, watched for 30: so that it can be verified today."""
    capa_id = await steps.open_capa(nonconformance_id, "Gaskets that hold", owner="olga")
    quality = steps.people.quality
    plan = {"action": "another gasket", "metric": "no leak in 30 days", "window_days": 30, "planned_on": in_days(-41)}
    await quality.post("quality", f"/capas/{capa_id}/root-cause", {"root_cause": "the gasket ages"})
    await quality.post("quality", f"/capas/{capa_id}/plan", plan)
    await quality.post("quality", f"/capas/{capa_id}/implement", {"implemented_on": in_days(-40)})
    await steps.verify_capa(capa_id)

    opened = await steps.stream.until(CapaOpened, capa_id=capa_id)
    verified = await steps.stream.until(CapaVerifiedEffective, capa_id=capa_id)
    assert (opened.data["owner"], verified.data["verifier"]) == ("olga", "quinn")


async def _everybody_sees_it(steps: Steps, shop: Shop, customer_id: str, opportunity_id: str, case_id: str) -> None:
    async def resolved_on_the_timeline() -> list[str] | None:
        told = await shop.timeline_of(customer_id)
        return told[told.index("CaseOpened") :] if "CaseResolved" in told else None

    async def resolved_for_the_salesperson() -> Json | None:
        follow_up = await shop.follow_up_of(opportunity_id)
        return (
            follow_up if (follow_up["complaint_state"], follow_up["capa_state"]) == ("resolved", "effective") else None
        )

    async def effective_on_the_case() -> Json | None:
        case = (await steps.people.service.get("service", f"/cases/{case_id}")).body
        return case if [each["state"] for each in case["actions"]] == ["effective"] else None

    told = await until_true(resolved_on_the_timeline, "the customer's timeline tells the resolution")
    follow_up = await until_true(resolved_for_the_salesperson, "the salesperson sees the resolution")
    case = await until_true(effective_on_the_case, "the case shows the corrective action")
    kinds = [entry["kind"] for entry in follow_up["entries"]]

    assert sorted(told) == sorted(ON_THE_TIMELINE)
    assert {kind: kinds.count(kind) for kind in FOLLOWED} == FOLLOWED
    assert follow_up["nonconformance_state"] == "closed"
    assert (case["status"], case["resolution"]) == ("resolved", "two new pumps are on their way")
    assert [each["state"] for each in case["findings"]] == ["closed"]
