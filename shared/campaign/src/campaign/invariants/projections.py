"""I12: what services keep, of others' facts and their own, is what the events say, computed again from the outboxes."""

from __future__ import annotations

import asyncio

from campaign.invariants import watched
from campaign.invariants.facts import Facts
from campaign.invariants.findings import Violation
from campaign.invariants.recomputing import Projection, differing, latest, per_line, told
from campaign.invariants.states_of_goods import STOCK
from campaign.invariants.states_of_money import CASH
from campaign.invariants.states_of_orders import ORDERS
from campaign.invariants.states_of_people import CARE, SALES


async def i12_projections_are_what_was_told(facts: Facts) -> list[Violation]:
    """Every projection is its recomputation from events. What a parked event is about is left out.

    That holds for a service's own tables and its own outbox, too (`states`): what was changed and not told, or told
    and not changed, is found where it happened. And the watcher, who compares by itself, has nothing open (`watched`).
    """
    compared = [differing(facts, each) for each in (*PROJECTIONS, *STATES) if each.kept_by in facts.databases]
    found = await asyncio.gather(*compared, _timeline(facts), watched.discrepancies(facts))
    return [violation for part in found for violation in part]


async def _timeline(facts: Facts) -> list[Violation]:
    """Each event that customer hears has its entry, and no other has; those that name nobody have none."""
    entries = {row["event_id"] for row in await facts.rows("customer", "SELECT event_id FROM timeline")}
    mute = {row["event_id"] for service in facts.databases for row in await facts.rows(service, _NAMING_NOBODY)}
    heard = facts.subscriptions.heard_in("customer")
    due = {each.event_id for each in facts.written.values() if each.type in heard} - mute
    return [
        Violation("I12", f"customer: the timeline has {'no' if each in due else 'an'} entry", {"about": str(each)})
        for each in sorted(due ^ entries)
        if str(each) not in facts.held_up
    ]


def _of_order_lines(state: str) -> str:
    return (
        f"SELECT l->'line'->>'line_id' AS key, trim_scale((l->>'{state}')::numeric)::text AS value"
        f" FROM orders, jsonb_array_elements(lines) AS l WHERE (l->>'{state}')::numeric <> 0"
    )


def _copies(what: str, key: str, value: str, table: str, told_by: str, said: str, *services: str) -> list[Projection]:
    kept = f"SELECT {key}::text AS key, {value} AS value FROM {table}"
    return [Projection(what, service, kept, told_by, said) for service in services]


_NAMES = told("customer.CustomerRegistered", "customer.CustomerProfileChanged") + latest("data->>'name'")
_SKUS = told("inventory.ItemRegistered") + latest("data->>'sku'")
_DISPATCHED = told("inventory.ShipmentDispatched")
_INVOICED = told("finance.InvoiceIssued")

_NAMING_NOBODY = """
SELECT event_id FROM outbox, LATERAL (SELECT convert_from(value, 'UTF8')::jsonb AS data) AS told
 WHERE type IN ('orderloop.inventory.StockAdjusted.v1', 'orderloop.inventory.LotQuarantined.v1',
                'orderloop.inventory.LotReleased.v1')
   AND data->>'nonconformance_id' IS NULL
"""

_DELIVERY = (
    "SELECT d->>'shipment_id' AS key, {value} AS value FROM orders, jsonb_array_elements(deliveries) AS d WHERE {those}"
)


def _of_deliveries(value: str, those: str) -> str:
    return _DELIVERY.format(value=value, those=those)


PROJECTIONS: tuple[Projection, ...] = (
    *_copies("a customer's name", "customer_id", "name", "customers", "customer", _NAMES,
             "sales", "order", "service", "quality"),
    *_copies("a customer's name", "customer_id", "name", "credit_accounts", "customer", _NAMES, "finance"),
    *_copies("an item's number", "item_id", "sku", "catalogue", "inventory", _SKUS, "sales"),
    *_copies("an item's number", "item_id", "sku", "items", "inventory", _SKUS, "order", "service", "quality"),
    *_copies("an order's number", "order_id", "number", "orders", "order",
             told("order.OrderPlaced") + latest("data->>'number'"), "service", "finance"),
    *_copies("a case's number", "case_id", "number", "cases", "service",
             "SELECT case_id::text AS key, number AS value FROM cases", "quality"),
    Projection(
        "what is available of an item", "sales",
        "SELECT item_id::text AS key, concat_ws(' ', trim_scale(on_hand), trim_scale(reserved),"
        " trim_scale(quarantined), trim_scale(available)) AS value FROM availability",
        "inventory",
        told("inventory.AvailabilityChanged")
        + latest("(SELECT string_agg(trim_scale((data->n->>'value')::numeric)::text, ' ' ORDER BY place) FROM"
                  " unnest(ARRAY['on_hand', 'reserved', 'quarantined', 'available']) WITH ORDINALITY AS f(n, place))"),
    ),
    Projection(  # a dispatch changes what is on hand and reserved alike, and is not told here
        "what can be promised of an item", "sales",
        "SELECT item_id::text AS key, trim_scale(available)::text AS value FROM availability",
        "inventory",
        "SELECT item_id::text AS key, trim_scale(sum(on_hand - reserved - quarantined))::text AS value"
        " FROM stock_levels GROUP BY item_id",
    ),
    Projection(
        "a customer's credit", "sales",
        "SELECT customer_id::text AS key, concat_ws(' ', state, trim_scale((exposure->>'amount')::numeric)) AS value"
        " FROM credit_standings",
        "finance",
        told("finance.CreditStateChanged")
        + latest("concat_ws(' ', data->>'state', trim_scale((data->'exposure'->>'amount')::numeric))"),
    ),
    Projection("what is shipped of an order line", "order", _of_order_lines("shipped"), "inventory",
               _DISPATCHED + per_line()),
    Projection("what is shipped of an order line", "service",
               "SELECT line_id::text AS key, trim_scale(sum(quantity))::text AS value FROM shipped_units GROUP BY 1",
               "inventory", _DISPATCHED + per_line()),
    Projection("what is shipped of an order line", "finance",
               _INVOICED + per_line(), "inventory", _DISPATCHED + per_line()),
    Projection("what is invoiced of an order line", "finance",
               "SELECT l->>'line_id' AS key, trim_scale((l->'invoiced'->>'value')::numeric)::text AS value"
               " FROM orders, jsonb_array_elements(lines) AS l WHERE (l->'invoiced'->>'value')::numeric <> 0",
               "finance", _INVOICED + per_line()),
    Projection("what is cancelled of an order line", "finance",
               "SELECT l->>'line_id' AS key, trim_scale((l->'cancelled'->>'value')::numeric)::text AS value"
               " FROM orders, jsonb_array_elements(lines) AS l WHERE (l->'cancelled'->>'value')::numeric <> 0",
               "order", told("order.OrderCancelled") + per_line()),
    Projection("that a shipment has left", "order",
               _of_deliveries("'left'", "jsonb_array_length(d->'lines') > 0"), "inventory",
               _DISPATCHED + "SELECT subject::text AS key, 'left' AS value FROM told"),
    Projection("that a shipment has arrived", "order",
               _of_deliveries("'arrived'", "(d->>'delivered')::bool"), "inventory",
               told("inventory.DeliveryConfirmed") + "SELECT subject::text AS key, 'arrived' AS value FROM told"),
    Projection("the invoice of a shipment", "order",
               _of_deliveries("d->>'invoice_id'", "d->>'invoice_id' IS NOT NULL"), "finance",
               _INVOICED + "SELECT data->>'shipment_id' AS key, subject::text AS value FROM told"),
    Projection("that a shipment is paid", "order", _of_deliveries("'paid'", "(d->>'paid')::bool"), "finance",
               "SELECT shipment_id::text AS key, 'paid' AS value FROM invoices WHERE open = 0"),
    Projection("the nonconformance of a complaint", "quality",
               "SELECT case_id::text AS key, 'raised' AS value FROM nonconformances WHERE case_id IS NOT NULL",
               "service", told("service.ComplaintFiled") + "SELECT subject::text AS key, 'raised' AS value FROM told"),
    Projection("a lot's number", "quality", "SELECT lot_id::text AS key, lot_number AS value FROM lots", "inventory",
               told("inventory.GoodsReceived") + "SELECT l->>'lot_id' AS key, l->>'lot_number' AS value FROM told,"
               " jsonb_array_elements(data->'lines') AS l"),
)  # fmt: skip

STATES = (*ORDERS, *STOCK, *CASH, *SALES, *CARE)
