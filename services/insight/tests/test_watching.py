"""What the watcher tells, when, and what can be read of it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from contracts.customer import CustomersMerged
from contracts.event import Event, Recorded
from contracts.ids import CustomerId, new_id
from contracts.insight import DiscrepancyCleared, DiscrepancyDetected
from insight.commands import compare_subjects
from insight.commands.forget_settled import forget_settled
from kit.database import Transaction
from testkit import Parked
from testkit.service_under_test import ServiceUnderTest

from .a_loop import Loop, but
from .planted import availability

GRACE = timedelta(minutes=1)


async def looks(service: ServiceUnderTest) -> list[Event]:
    """The watcher looks after all that is due."""
    return await service.time_passes(datetime.now(UTC) + timedelta(seconds=30))


async def compares(service: ServiceUnderTest, grace: timedelta) -> tuple[Event, ...]:
    async with service.running.database.begin() as tx:
        told, _ = await compare_subjects.compare_subjects(tx, grace)
    return told


async def quiet_for(service: ServiceUnderTest, seconds: int) -> None:
    """Let the time pass that the database goes by."""
    async with service.running.database.begin() as tx:
        for table, column in (("subjects_due", "quiet_since"), ("hearing", "late_at"), ("settled_subjects", "since")):
            await tx.exec_driver_sql(f"UPDATE {table} SET {column} = {column} - make_interval(secs => $1)", (seconds,))


@pytest.fixture(autouse=True)
async def nothing_due(insight_service: ServiceUnderTest) -> None:
    """What earlier tests of this module left over is none of this one's."""
    async with insight_service.running.database.begin() as tx:
        await tx.exec_driver_sql("TRUNCATE subjects_due, hearing, discrepancies, parked_key, parked_message")


async def test_a_clean_order_is_not_told_of(insight_service: ServiceUnderTest) -> None:
    await insight_service.receives(*Loop().events)

    assert await looks(insight_service) == []


async def test_what_is_said_in_time_is_no_discrepancy(insight_service: ServiceUnderTest) -> None:
    it = Loop()
    await insight_service.receives(*it.until(it.shipped))
    await quiet_for(insight_service, 59)
    early = await compares(insight_service, GRACE)
    await insight_service.receives(it.invoice)
    await quiet_for(insight_service, 61)

    assert (early, await compares(insight_service, GRACE)) == ((), ())


async def test_each_further_word_begins_the_grace_anew(insight_service: ServiceUnderTest) -> None:
    it = Loop()
    await insight_service.receives(*it.until(it.left))
    await quiet_for(insight_service, 40)
    await insight_service.receives(it.shipped)
    await quiet_for(insight_service, 40)
    before = await compares(insight_service, GRACE)
    await quiet_for(insight_service, 21)

    [detected] = await compares(insight_service, GRACE)
    assert isinstance(detected, DiscrepancyDetected)
    assert (before, detected.kind) == ((), "shipped_not_invoiced")


async def test_a_discrepancy_is_told_once_and_cleared_by_what_comes_later(insight_service: ServiceUnderTest) -> None:
    it = Loop()
    await insight_service.receives(*it.until(it.shipped))
    [detected] = await looks(insight_service)
    await insight_service.receives(it.arrived, it.delivered)
    again = await looks(insight_service)
    invoice = insight_service.records(it.invoice)
    await insight_service.receives(invoice)
    [cleared] = await looks(insight_service)

    assert isinstance(detected, DiscrepancyDetected)
    assert isinstance(cleared, DiscrepancyCleared)
    assert (again, cleared.discrepancy_id) == ([], detected.discrepancy_id)
    assert cleared.because[-1].event_id == invoice.id
    assert [each.type.split(".")[2] for each in cleared.because] == [
        "DeliveryConfirmed", "OrderDelivered", "InvoiceIssued"
    ]  # fmt: skip


async def test_other_values_are_told_again_under_the_same_id(insight_service: ServiceUnderTest) -> None:
    it = Loop()
    await insight_service.receives(*it.until(it.shipped), it.credits("10"))
    first = [each for each in await looks(insight_service) if getattr(each, "kind", "") == "unknown_invoice"]
    await insight_service.receives(it.credits("5"))
    [second] = await looks(insight_service)

    assert isinstance(second, DiscrepancyDetected)
    assert second.model_copy(update={"one": None}) == but(first[0], one=None)
    assert len(second.one.events) == 2
    read = (await insight_service.get(f"/discrepancies/{second.discrepancy_id}")).json()
    assert len(read["one"]["events"]) == 2


async def test_a_discrepancy_is_in_the_correlation_of_its_order(insight_service: ServiceUnderTest) -> None:
    it, loop = Loop(), new_id()
    await insight_service.receives(*(insight_service.records(e, correlation_id=loop) for e in it.until(it.shipped)))
    await looks(insight_service)

    [recorded] = await insight_service.recorded()
    assert (recorded.correlation_id, recorded.actor) == (loop, "system:timer:look_after_subjects")


async def test_while_somebody_catches_up_nothing_is_compared(insight_service: ServiceUnderTest) -> None:
    it, other = Loop(), Loop()
    await insight_service.receives(*it.until(it.shipped))
    await quiet_for(insight_service, 120)
    late = insight_service.records(other.placed)
    await insight_service.receives(late.model_copy(update={"time": datetime.now(UTC) - timedelta(minutes=2)}))
    await quiet_for(insight_service, 59)
    meanwhile = await compares(insight_service, GRACE)
    await quiet_for(insight_service, 2)

    kinds = {getattr(each, "kind", "") for each in await compares(insight_service, GRACE)}
    assert (meanwhile, kinds) == ((), {"shipped_not_invoiced", "credit_never_checked"})


async def test_a_merged_customer_is_the_survivor_in_whatever_order_it_is_heard(
    insight_service: ServiceUnderTest,
) -> None:
    it, second, third = Loop(), CustomerId(new_id()), CustomerId(new_id())
    invoice = but(it.invoice, customer_id=third)
    await insight_service.receives(*it.until(it.shipped), invoice)
    [detected] = await looks(insight_service)
    merges = (
        CustomersMerged(customer_id=second, survivor_id=third),
        CustomersMerged(customer_id=it.customer_id, survivor_id=second),
    )
    await insight_service.receives(*merges)
    await quiet_for(insight_service, 601)
    [cleared] = await looks(insight_service)

    assert isinstance(detected, DiscrepancyDetected)
    assert isinstance(cleared, DiscrepancyCleared)
    assert (detected.kind, cleared.discrepancy_id) == ("customer_differs", detected.discrepancy_id)


async def test_of_an_item_the_last_word_counts(insight_service: ServiceUnderTest) -> None:
    wrong = availability(on_hand=4, reserved=5, available=-1)
    right = but(wrong, reserved=wrong.on_hand, available=availability(0, 0, 0).available)
    await insight_service.receives(wrong)
    [detected] = await looks(insight_service)
    await insight_service.receives(right)
    [cleared] = await looks(insight_service)

    assert isinstance(detected, DiscrepancyDetected)
    assert isinstance(cleared, DiscrepancyCleared)
    assert (detected.kind, detected.item_id) == ("availability_negative", wrong.item_id)
    async with insight_service.running.database.read() as tx:
        kept = await tx.exec_driver_sql("SELECT count(*) FROM statements WHERE about = $1", (wrong.item_id,))
        assert kept.scalar_one() == 1


async def test_a_missing_event_is_told_and_the_order_is_not_compared_without_it(
    insight_service: ServiceUnderTest,
) -> None:
    it = Loop()
    numbered = [insight_service.records(each) for each in it.events]
    missing = numbered[it.events.index(it.packed)]
    with pytest.raises(Parked):
        await insight_service.receives(*(each for each in numbered if each is not missing))
    left = numbered[it.events.index(it.left)]

    [detected] = await looks(insight_service)
    assert isinstance(detected, DiscrepancyDetected)
    assert (detected.kind, detected.order_id) == ("event_missing", it.order_id)
    assert (detected.one.value, detected.one.events[0].event_id) == ("event 3", left.id)

    with pytest.raises(Parked):  # the key goes on when it is tried again
        await insight_service.receives(missing)
    while await insight_service.running.consumer.retry_parked():
        pass
    [cleared] = await looks(insight_service)
    assert isinstance(cleared, DiscrepancyCleared)
    assert cleared.discrepancy_id == detected.discrepancy_id


async def test_an_event_that_cannot_be_read_is_told(insight_service: ServiceUnderTest) -> None:
    it = Loop()
    broken = insight_service.records(it.placed).model_copy(update={"data": b'{"order_id": "' + b'x"}'})
    with pytest.raises(Parked):
        await insight_service.receives(broken)

    [detected] = await looks(insight_service)
    assert isinstance(detected, DiscrepancyDetected)
    assert (detected.kind, detected.one.events[0].event_id) == ("event_not_readable", broken.id)
    assert "EventNotReadable" in detected.other.value


async def test_what_is_over_long_since_is_forgotten_and_not_compared_any_more(
    insight_service: ServiceUnderTest,
) -> None:
    it, open_ = Loop(), Loop()
    await insight_service.receives(*it.events, *open_.until(open_.invoice))
    await looks(insight_service)
    await quiet_for(insight_service, 86_400)
    async with insight_service.running.database.begin() as tx:
        await forget_settled(tx, timedelta(days=2))
        assert (await kept(tx, it), await kept(tx, open_)) == (17, 11)
        await forget_settled(tx, timedelta(hours=23))
        assert (await kept(tx, it), await kept(tx, open_)) == (0, 11)
    await insight_service.receives(but(it.invoice, invoice_id=it.invoice_id))

    assert await looks(insight_service) == []


async def kept(tx: Transaction, it: Loop) -> int:
    found = await tx.exec_driver_sql("SELECT count(*) FROM statements WHERE about = $1", (it.order_id,))
    return found.scalar_one()


async def test_staff_reads_discrepancies_and_customers_do_not(insight_service: ServiceUnderTest) -> None:
    it, other = Loop(), Loop()
    await insight_service.receives(*it.until(it.shipped), other.placed)
    await looks(insight_service)
    await insight_service.receives(other.checked)
    await looks(insight_service)

    async def found(**query: Any) -> list[tuple[str, str, str]]:
        page = (await insight_service.get("/discrepancies", **query)).json()
        return [(each["order_id"], each["kind"], each["status"]) for each in page["items"]]

    open_ = (str(it.order_id), "shipped_not_invoiced", "open")
    cleared = (str(other.order_id), "credit_never_checked", "cleared")
    assert await found() == await found(status="open") == await found(order_id=it.order_id) == [open_]
    assert await found(status="cleared") == await found(status="all", kind="credit_never_checked") == [cleared]
    assert sorted(await found(status="all")) == sorted([open_, cleared])
    assert await found(kind="invoiced_twice") == []
    assert (await insight_service.get("/discrepancies", kind="no_such_kind")).status_code == 422
    refused = await insight_service.get("/discrepancies", role="customer", customer_id=new_id())
    assert refused.status_code == 403


async def test_a_discrepancy_has_both_sides_and_what_is_behind_them(insight_service: ServiceUnderTest) -> None:
    it = Loop()
    recorded: dict[int, Recorded] = {id(each): insight_service.records(each) for each in it.until(it.shipped)}
    await insight_service.receives(*recorded.values())
    [detected] = await looks(insight_service)
    assert isinstance(detected, DiscrepancyDetected)

    read = (await insight_service.get(f"/discrepancies/{detected.discrepancy_id}")).json()
    left = recorded[id(it.left)]
    assert (read["one"]["service"], read["one"]["says"], read["one"]["value"]) == ("inventory", "dispatched", "5")
    [behind] = read["one"]["events"]
    assert (UUID(behind["event_id"]), behind["type"]) == (left.id, "orderloop.inventory.ShipmentDispatched.v1")
    assert datetime.fromisoformat(behind["at"]) == left.time
    assert read["other"] == {"service": "finance", "says": "invoiced", "value": "nothing", "events": []}
    assert read["shipment_id"] == str(it.shipment_id)


async def test_what_was_never_detected_is_not_found(insight_service: ServiceUnderTest) -> None:
    answer = await insight_service.get(f"/discrepancies/{new_id()}")

    assert (answer.status_code, answer.json()["type"].rpartition(":")[2]) == (404, "discrepancy-unknown")
