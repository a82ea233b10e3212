"""What the inventory service keeps of demand, shipments and purchases, from its own events."""

from __future__ import annotations

from campaign.invariants.recomputing import own, told
from campaign.invariants.states import LINE, QUANTITY, asked_for, begun, last, number, shown, summed

_ANSWERS = told("inventory.StockReserved", "inventory.StockBackordered", "inventory.StockReleased",
                "inventory.ShipmentDispatched") + f"""
, parts AS (
  SELECT event, {LINE} AS line_id, {QUANTITY} AS quantity FROM told, jsonb_array_elements(data->'lines') AS l
  UNION ALL
  SELECT 'withdrawn', {LINE}, {QUANTITY} FROM told, jsonb_array_elements(data->'withdrawn') AS l
), sums AS (
  SELECT line_id, {summed("quantity", "ShipmentDispatched")} AS shipped,
         {summed("quantity", "StockReleased")} AS released,
         {summed("quantity", "StockReserved")} - {summed("quantity", "withdrawn")} AS held
    FROM parts GROUP BY line_id
) """  # fmt: skip

_PURCHASED = told("inventory.PurchaseOrderPlaced", "inventory.PurchaseOrderAcknowledged", "inventory.GoodsReceived",
                  "inventory.PurchaseOrderCancelled") + f"""
, promised AS (
  SELECT DISTINCT ON (subject) subject, data FROM told
   WHERE event IN ('PurchaseOrderPlaced', 'PurchaseOrderAcknowledged') ORDER BY subject, sequence DESC
), marks AS (
  SELECT subject, bool_or(event = 'PurchaseOrderCancelled') AS cancelled,
         bool_or(event = 'PurchaseOrderAcknowledged') AS acknowledged
    FROM told WHERE event <> 'GoodsReceived' GROUP BY subject
), came AS (
  SELECT (data->>'purchase_order_id')::uuid AS subject, l->>'item_id' AS item_id, sum({QUANTITY}) AS quantity
    FROM told, jsonb_array_elements(data->'lines') AS l WHERE event = 'GoodsReceived' GROUP BY 1, 2
), lines AS (
  SELECT subject, item_id, promised, coalesce(came.quantity, 0) AS received FROM (
    SELECT subject, l->>'item_id' AS item_id, {QUANTITY} AS promised
      FROM promised, jsonb_array_elements(data->'lines') AS l
  ) AS p LEFT JOIN came USING (subject, item_id)
) """  # fmt: skip

# After a release it cannot be told how much of it had been reserved. Goods called back from a packed shipment set it
# back to picking without a word; so what is packed is compared where it is still packed, or has left.
STOCK = (
    begun("inventory", "items", "item_id", "ItemRegistered"),
    begun("inventory", "warehouses", "warehouse_id", "WarehouseOpened"),
    begun("inventory", "goods_receipts", "goods_receipt_id", "GoodsReceived"),
    begun("inventory", "purchase_orders", "purchase_order_id", "PurchaseOrderPlaced"),
    begun("inventory", "shipments", "shipment_id", "ShipmentPlanned"),
    own(
        "what is shipped, released, and (unless released) held of an order line", "inventory",
        f"SELECT line_id::text AS key, {shown('shipped', 'released')} || CASE WHEN released = 0"
        " THEN ' ' || trim_scale(reserved + planned + shipped) ELSE '' END AS value FROM demand_lines",
        _ANSWERS + f"SELECT line_id AS key, {shown('shipped', 'released')} || CASE WHEN released = 0"
        " THEN ' ' || trim_scale(held) ELSE '' END AS value FROM sums",
    ),
    asked_for("what is short of an order line", "inventory", "backordered",
               "SELECT line_id::text AS key, backordered FROM demand_lines", "inventory.StockBackordered"),
    last("the status of a shipment", "inventory", "CASE status WHEN 'packed' THEN 'picking' ELSE status END",
          "shipment_id", "shipments", ShipmentPlanned="'planned'", PickReleased="'picking'", ShipmentPacked="'picking'",
          ShipmentDispatched="'dispatched'", DeliveryConfirmed="'delivered'", ShipmentCancelled="'cancelled'"),
    own(
        "what is packed of a shipment's line", "inventory",
        f"SELECT shipment_id || ' ' || ({LINE}) AS key, trim_scale(sum({QUANTITY}))::text AS value"
        " FROM shipments, jsonb_array_elements(lines) AS l WHERE status IN ('packed', 'dispatched', 'delivered')"
        " GROUP BY 1",
        told("inventory.ShipmentPacked") + ", packed AS (SELECT DISTINCT ON (subject) subject, data FROM told"
        " JOIN shipments ON shipment_id = subject AND status IN ('packed', 'dispatched', 'delivered')"
        " ORDER BY subject, sequence DESC)"
        f"SELECT subject || ' ' || ({LINE}) AS key, trim_scale(sum({QUANTITY}))::text AS value"
        " FROM packed, jsonb_array_elements(data->'lines') AS l GROUP BY 1",
    ),
    own(
        "what is received of a purchase", "inventory",
        "SELECT purchase_order_id || ' ' || (l->>'item_id') AS key, "
        + shown(*(number(f"l->'{each}'->>'value'") for each in ("promised", "received")))
        + " AS value FROM purchase_orders, jsonb_array_elements(lines) AS l",
        _PURCHASED + f"SELECT subject || ' ' || item_id AS key, {shown('promised', 'received')} AS value FROM lines",
    ),
    own(
        "the status of a purchase", "inventory",
        "SELECT purchase_order_id::text AS key, CASE WHEN status <> 'cancelling' THEN status"  # nobody is told of it
        " WHEN EXISTS (SELECT FROM jsonb_array_elements(lines) AS l WHERE (l->'received'->>'value')::numeric > 0)"
        " THEN 'partly_received' ELSE 'acknowledged' END AS value FROM purchase_orders",
        _PURCHASED + "SELECT subject::text AS key, CASE WHEN bool_or(cancelled) THEN 'cancelled'"
        " WHEN bool_and(received >= promised) THEN 'received' WHEN bool_or(received > 0) THEN 'partly_received'"
        " WHEN bool_or(acknowledged) THEN 'acknowledged' ELSE 'placed' END AS value"
        " FROM lines JOIN marks USING (subject) GROUP BY subject",
    ),
)  # fmt: skip
