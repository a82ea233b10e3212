"""A service's own state against its own events, and the watcher: I12; what `stream` counts: I8."""

from __future__ import annotations

from uuid import uuid4

import pytest

from campaign.invariants import Violation
from campaign.invariants.commands import i10_done_is_done
from campaign.invariants.projections import i12_projections_are_what_was_told
from campaign.invariants.publishing import i8_no_gap
from campaign.invariants.quietness import i17_all_has_come_to_its_end

from .history import History, sql_of

SOME = "00000000-0000-0000-0000-000000000001"


def said(found: list[Violation]) -> list[str]:
    return [each.what for each in found]


@pytest.mark.parametrize(
    ("event", "what"),
    [
        ("customer.CustomerRegistered", "customer: a row of customers is 1, customer has told nothing"),
        ("sales.OpportunityOpened", "sales: a row of opportunities is 1, sales has told nothing"),
        ("sales.OpportunityWon", "sales: the status of an opportunity is won, sales has told open"),
        ("sales.QuotePrepared", "sales: the revisions of a quote is 1, sales has told nothing"),
        ("sales.QuoteAccepted", "sales: the status of a quote is 1 accepted, sales has told 1 sent"),
        ("order.OrderPlaced", "order: a row of orders is 1, order has told nothing"),
        ("order.StockRequested", "order: what stock was requested for is 2, order has told nothing"),
        ("order.ShipmentRequested", "order: what a shipment was requested for is 2, order has told nothing"),
        ("order.OrderConfirmed", "order: the state of an order is closed confirmed, order has told closed"),
        (
            "order.OrderShipped",
            "order: what is ordered, shipped, cancelled of a line is 2 2 0, order has told 2 0 0",
        ),
        ("order.OrderDelivered", "order: a shipment of an order is arrived, order has told left"),
        (
            "order.OrderCancelled",
            "order: what is ordered, shipped, cancelled of a line is 3 0 3, order has told 3 0 0",
        ),
        (
            "order.OrderClosed",
            "order: the state of an order is closed confirmed, order has told completed confirmed",
        ),
        ("inventory.GoodsReceived", "inventory: a row of goods_receipts is 1, inventory has told nothing"),
        (
            "inventory.StockReserved",
            "inventory: what is shipped, released, and (unless released) held of an order line is 2 0 2,"
            " inventory has told 2 0 0",
        ),
        (
            "inventory.StockReleased",
            "inventory: what is shipped, released, and (unless released) held of an order line is 0 3,"
            " inventory has told 0 0 3",
        ),
        ("inventory.ShipmentPlanned", "inventory: a row of shipments is 1, inventory has told nothing"),
        ("inventory.ShipmentPacked", "inventory: what is packed of a shipment's line is 2, inventory has told nothing"),
        (
            "inventory.ShipmentDispatched",
            "inventory: what is shipped, released, and (unless released) held of an order line is 2 0 2,"
            " inventory has told 0 0 2",
        ),
        (
            "inventory.DeliveryConfirmed",
            "inventory: the status of a shipment is delivered, inventory has told dispatched",
        ),
        ("inventory.ShipmentCancelled", "inventory: the status of a shipment is cancelled, inventory has told planned"),
        ("finance.InvoiceIssued", "finance: a row of invoices is 1, finance has told nothing"),
        ("finance.InvoicePaid", "finance: what is open on an invoice is 0 paid, finance has told 0 partly_paid"),
        ("finance.PaymentReceived", "finance: a row of payments is 1, finance has told nothing"),
        ("finance.PaymentAllocated", "finance: what is open on an invoice is 0 paid, finance has told 238 paid"),
        ("finance.PaymentAllocated", "finance: what is refunded and left of a payment is 0 0, finance has told 0 238"),
        ("service.CaseOpened", "service: a row of cases is 1, service has told nothing"),
        ("quality.NonconformanceRaised", "quality: a row of nonconformances is 1, quality has told nothing"),
    ],
)
async def test_an_event_that_is_lost_before_the_outbox_is_reported_by_the_state_that_it_changed(
    history: History, event: str, what: str
) -> None:
    lost = f"DELETE FROM outbox WHERE type = 'orderloop.{event}.v1'"
    async with history.broken(**sql_of(event.partition(".")[0], lost)) as facts:
        assert what in said(await i12_projections_are_what_was_told(facts))


A_PURCHASE = f"""
INSERT INTO purchase_orders VALUES ('{SOME}', 1, 'PO-1', 'Smith', '{SOME}', '{{status}}', now(),
  '[{{{{"item_id": "{SOME}", "promised": {{{{"value": "2"}}}}, "received": {{{{"value": "1"}}}}}}}}]', '[]', NULL,
  '{{{{}}}}', '{{{{}}}}', false);
INSERT INTO outbox (event_id, type, subject, sequence, correlation_id, causation_id, actor, recorded_at, value)
VALUES (gen_random_uuid(), 'orderloop.inventory.PurchaseOrderPlaced.v1', '{SOME}', 1, '{SOME}', '{SOME}', 'nora',
  now(), '{{{{"lines": [{{{{"item_id": "{SOME}", "quantity": {{{{"value": "2"}}}}}}}}]}}}}')
"""
A_HOLD = f'[{{"hold_id": "{SOME}", "kind": "manual", "reason": "a question", "released_because": null}}]'


@pytest.mark.parametrize(
    ("service", "broken", "what"),
    [
        (
            "sales",
            "UPDATE opportunities SET stage = 'negotiating'",
            "sales: the stage of an opportunity is negotiating, sales has told prospecting",
        ),
        (
            "order",
            f"UPDATE orders SET holds = '{A_HOLD}' WHERE status = 'closed'",
            "order: a hold is standing, order has told nothing",
        ),
        (
            "order",
            "UPDATE orders SET lines = jsonb_set(lines, '{0,line,quantity,value}', '\"5\"') WHERE status = 'closed'",
            "order: what is ordered, shipped, cancelled of a line is 5 2 0, order has told 2 2 0",
        ),
        (
            "inventory",
            "UPDATE demand_lines SET backordered = 1, requested = requested + 1 WHERE shipped > 0",
            "inventory: what is short of an order line is 1, inventory has told nothing",
        ),
        (
            "inventory",
            A_PURCHASE.format(status="placed"),
            "inventory: what is received of a purchase is 2 1, inventory has told 2 0",
        ),
        (
            "inventory",
            A_PURCHASE.format(status="partly_received"),
            "inventory: the status of a purchase is partly_received, inventory has told placed",
        ),
        (
            "finance",
            "UPDATE credit_accounts SET state = 'watch'",
            "finance: the credit of a customer is watch, finance has told ok",
        ),
        (
            "service",
            "UPDATE cases SET status = 'in_progress', assignee = 'nora'",
            "service: who has a case in hand is nora, service has told nothing",
        ),
        (
            "service",
            "UPDATE cases SET status = 'resolved', assignee = 'nora', resolution = 'sent', closes_at = now()",
            "service: the status of a case is resolved, service has told open",
        ),
        (
            "quality",
            "UPDATE nonconformances SET status = 'closed'",
            "quality: the state of a nonconformance and its decisions is closed 0, quality has told open 0",
        ),
        (
            "quality",
            "INSERT INTO capas (capa_id, version, number, nonconformance_id, title, owner, opened_on, status, attempts)"
            f" VALUES ('{SOME}', 1, 'CA-1', '{SOME}', 'lamps', 'nora', now(), 'open', '[]')",
            "quality: the status of a corrective action is open, quality has told nothing",
        ),
        (
            "order",
            "DELETE FROM orders WHERE status = 'cancelled'",
            "order: a row of orders is not there, order has told 1",
        ),
    ],
)
async def test_a_change_that_nobody_told_is_reported(history: History, service: str, broken: str, what: str) -> None:
    async with history.broken(**sql_of(service, broken)) as facts:
        assert what in said(await i12_projections_are_what_was_told(facts))


async def test_events_of_a_subject_that_no_stream_counts_are_reported(history: History) -> None:
    async with history.broken(sales=f"DELETE FROM stream WHERE subject = '{history.opportunity_id}'") as facts:
        assert said(await i8_no_gap(facts)) == ["sales counts 0 events of an aggregate and has told 2"]


def a_discrepancy(about: str, subject: str = "order_id") -> str:
    sides = (
        '"one": {"service": "inventory", "says": "dispatched", "value": "2 C62"},'
        '"other": {"service": "finance", "says": "invoiced", "value": "nothing"}'
    )
    return f"""
        INSERT INTO discrepancies (discrepancy_id, about, within, kind, told)
        VALUES ('{SOME}', '{about}', '', 'shipped_not_invoiced', '{{"{subject}": "{about}", {sides}}}');
        INSERT INTO outbox (event_id, type, subject, sequence, correlation_id, causation_id, actor, recorded_at, value)
        VALUES (gen_random_uuid(), 'orderloop.insight.DiscrepancyDetected.v1', '{SOME}', 1, '{SOME}', '{SOME}',
                'system:timer:look_after_subjects', now(), '{{}}')
    """


async def test_an_open_discrepancy_of_the_watcher_is_reported_with_both_sides(history: History) -> None:
    async with history.broken(insight=a_discrepancy(history.order_id)) as facts:
        [found] = await i12_projections_are_what_was_told(facts)

    assert found.what == "insight: shipped_not_invoiced: inventory dispatched 2 C62; finance invoiced nothing"
    assert found.evidence["about"] == history.order_id
    assert (found.evidence["one"], found.evidence["other"]) == (
        "inventory dispatched 2 C62",
        "finance invoiced nothing",
    )


@pytest.mark.parametrize(
    ("why", "insight", "others"),
    [
        ("it was cleared", "UPDATE discrepancies SET cleared_at = now()", "SELECT"),
        (
            "it is to be looked at again",
            "INSERT INTO subjects_due VALUES ('{order}', 'order', now() - interval '1 second')",
            "SELECT",
        ),
        (
            "an event about it was discarded elsewhere",
            "",
            "INSERT INTO discarded_message VALUES (gen_random_uuid(), '{{\"order_id\": \"{order}\"}}', '', '')",
        ),
    ],
)
async def test_a_discrepancy_is_no_violation_when(history: History, why: str, insight: str, others: str) -> None:
    order = history.order_id
    found_and = f"{a_discrepancy(order)}; {insight.format(order=order)}"
    async with history.broken(insight=found_and, finance=others.format(order=order)) as facts:
        found = said(await i12_projections_are_what_was_told(facts))

    assert not [each for each in found if each.startswith("insight: shipped_not_invoiced")], why


NOT_YET = "1 subjects are still to be compared by insight"
DUE = "INSERT INTO subjects_due VALUES ('{}', 'order', now() - interval '1 second')"


async def test_it_is_not_quiet_before_the_watcher_has_looked(history: History) -> None:
    timer = "UPDATE timer SET due_at = now() WHERE kind = 'look_after_subjects'"
    async with history.broken(insight=f"{timer}; {DUE.format(uuid4())}") as facts:
        assert said(await i17_all_has_come_to_its_end(facts)) == [NOT_YET]


async def test_a_watcher_that_cannot_look_for_a_parked_event_or_a_wrong_clock_is_not_waited_for(
    history: History,
) -> None:
    parked = f"""
        INSERT INTO parked_key (topic, subject, kind, reason, attempts)
        VALUES ('sales.events', '{SOME}', 'refused', 'no', 0);
        INSERT INTO parked_message VALUES ('sales.events', '{SOME}', 2, '{{"id": "{SOME}", "order_id": "{SOME}"}}')
    """
    timer = "UPDATE timer SET due_at = now() WHERE kind = 'look_after_subjects'"
    async with history.broken(insight=f"{timer}; {DUE.format(SOME)}; {parked}") as facts:
        assert await i17_all_has_come_to_its_end(facts) == []
    an_hour_ahead = "UPDATE timer SET due_at = now() + interval '1 hour' WHERE kind = 'look_after_subjects'"
    async with history.broken(insight=f"{an_hour_ahead}; {DUE.format(SOME)}") as facts:
        assert await i17_all_has_come_to_its_end(facts) == []


async def test_what_a_timer_told_is_no_command_that_lacks_its_answer(history: History) -> None:
    async with history.broken(insight=a_discrepancy(history.order_id)) as facts:
        assert await i10_done_is_done(facts) == []
