"""What the order service keeps of an order, from its own events."""

from __future__ import annotations

from campaign.invariants.recomputing import own, told
from campaign.invariants.states import LINE, QUANTITY, asked_for, begun, number, shown, summed

_ORDERED = (
    told("order.OrderPlaced", "order.OrderAmended", "order.OrderCancelled", "order.OrderShipped", "order.OrderClosed",
         "order.OrderConfirmed")
    + f"""
, ordered AS (
  SELECT DISTINCT ON (subject) subject, data FROM told WHERE event IN ('OrderPlaced', 'OrderAmended')
   ORDER BY subject, sequence DESC
), gone AS (
  SELECT {LINE} AS line_id, {summed(QUANTITY, "OrderShipped")} AS shipped,
         {summed(QUANTITY, "OrderCancelled")} AS cancelled
    FROM told, jsonb_array_elements(data->'lines') AS l WHERE event IN ('OrderShipped', 'OrderCancelled') GROUP BY 1
), lines AS (
  SELECT subject, {LINE} AS line_id, {QUANTITY} AS ordered, coalesce(shipped, 0) AS shipped,
         coalesce(cancelled, 0) AS cancelled
    FROM ordered, jsonb_array_elements(data->'lines') AS l LEFT JOIN gone ON gone.line_id = {LINE}
), marks AS (
  SELECT subject, bool_or(event = 'OrderClosed') AS closed, bool_or(event = 'OrderConfirmed') AS confirmed
    FROM told GROUP BY subject
) """
)  # fmt: skip

_ORDER_LINES = (
    "SELECT l->'line'->>'line_id' AS key, (l->>'picking')::numeric + (l->>'shipped')::numeric AS leaving,"
    " (l->>'asked')::numeric + (l->>'backordered')::numeric + (l->>'reserved')::numeric AS waiting"
    " FROM orders, jsonb_array_elements(lines) AS l"
)

# How far an open order has come is for inventory to say; that it is open, over, confirmed is its own.
ORDERS = (
    begun("order", "orders", "order_id", "OrderPlaced"),
    own(
        "what is ordered, shipped, cancelled of a line", "order",
        "SELECT l->'line'->>'line_id' AS key, "
        + shown(*(number(f"l->{each}") for each in ("'line'->'quantity'->>'value'", ">'shipped'", ">'cancelled'")))
        + " AS value FROM orders, jsonb_array_elements(lines) AS l",
        _ORDERED + f"SELECT line_id AS key, {shown('ordered', 'shipped', 'cancelled')} AS value FROM lines",
    ),
    own(
        "the state of an order", "order",
        "SELECT order_id::text AS key, concat_ws(' ', CASE WHEN status IN ('placed', 'confirmed', 'in_fulfilment')"
        " THEN 'open' ELSE status END, CASE WHEN confirmed THEN 'confirmed' END) AS value FROM orders",
        _ORDERED + "SELECT subject::text AS key, concat_ws(' ', CASE WHEN bool_or(closed) THEN 'closed'"
        " WHEN bool_and(cancelled = ordered) THEN 'cancelled' WHEN bool_and(shipped + cancelled = ordered)"
        " THEN 'completed' ELSE 'open' END, CASE WHEN bool_or(confirmed) THEN 'confirmed' END) AS value"
        " FROM lines JOIN marks USING (subject) GROUP BY subject",
    ),
    asked_for("what stock was requested for", "order", "(waiting + leaving)", _ORDER_LINES, "order.StockRequested"),
    asked_for("what a shipment was requested for", "order", "leaving", _ORDER_LINES, "order.ShipmentRequested"),
    own(
        "a hold", "order",
        "SELECT h->>'hold_id' AS key, CASE WHEN h->>'released_because' IS NULL THEN 'standing' ELSE 'released' END"
        " AS value FROM orders, jsonb_array_elements(holds) AS h",
        told("order.OrderHoldApplied", "order.OrderHoldReleased")
        + "SELECT data->>'hold_id' AS key, CASE WHEN bool_or(event = 'OrderHoldReleased') THEN 'released'"
        " ELSE 'standing' END AS value FROM told GROUP BY 1",
    ),
    own(
        "a shipment of an order", "order",
        "SELECT d->>'shipment_id' AS key, CASE WHEN (d->>'delivered')::bool THEN 'arrived' ELSE 'left' END AS value"
        " FROM orders, jsonb_array_elements(deliveries) AS d WHERE jsonb_array_length(d->'lines') > 0",
        told("order.OrderShipped", "order.OrderDelivered")
        + "SELECT data->>'shipment_id' AS key, CASE WHEN bool_or(event = 'OrderDelivered') THEN 'arrived'"
        " ELSE 'left' END AS value FROM told GROUP BY 1",
    ),
)  # fmt: skip
