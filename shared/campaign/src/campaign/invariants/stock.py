"""I2: goods are neither made nor lost. Each statement answers with what does not add up, and says why."""

from __future__ import annotations

from campaign.invariants.facts import Facts
from campaign.invariants.findings import Violation


async def i2_goods_add_up(facts: Facts) -> list[Violation]:
    """Per lot and per item and warehouse, ledger = lots = level; reserved = open reservations; nothing is negative.

    And per item: received + adjusted - shipped, as the events say, is what is on hand.
    """
    return [
        Violation("I2", f"{row['what']}: {row['one']} and {row['other']}", {"about": row["about"]})
        for statement in (_LOTS, _LEVELS, _RESERVED, _NEGATIVE, _EVENTS)
        for row in await facts.rows("inventory", statement)
    ]


_LOTS = """
WITH moved AS (SELECT lot_id, sum(quantity) AS quantity, sum(cost) AS cost FROM movements GROUP BY lot_id)
SELECT 'a lot holds another quantity than came and went' AS what, lot_id::text AS about,
       coalesce(on_hand, 0)::text AS one, coalesce(quantity, 0)::text AS other
  FROM lots FULL JOIN moved USING (lot_id) WHERE coalesce(on_hand, 0) <> coalesce(quantity, 0)
UNION ALL
SELECT 'a lot is worth something else than came and went', lot_id::text, value::text, cost::text
  FROM lots JOIN moved USING (lot_id) WHERE value <> cost
"""

_LEVELS = """
WITH held AS (
  SELECT item_id, warehouse_id, sum(on_hand) AS on_hand, sum(quarantined) AS quarantined
    FROM lots GROUP BY item_id, warehouse_id
)
SELECT 'a level is something else than its lots (on hand, quarantined)' AS what,
       item_id || ' in ' || warehouse_id AS about,
       concat_ws(' ', coalesce(l.on_hand, 0), coalesce(l.quarantined, 0)) AS one,
       concat_ws(' ', coalesce(h.on_hand, 0), coalesce(h.quarantined, 0)) AS other
  FROM stock_levels l FULL JOIN held h USING (item_id, warehouse_id)
 WHERE coalesce(l.on_hand, 0) <> coalesce(h.on_hand, 0) OR coalesce(l.quarantined, 0) <> coalesce(h.quarantined, 0)
"""

_RESERVED = """
WITH parts AS (
  SELECT line_id, item_id, (h->>'warehouse_id')::uuid AS warehouse_id,
         (h->'reserved'->>'value')::numeric AS reserved, (h->'planned'->>'value')::numeric AS planned
    FROM demand_lines, jsonb_array_elements(holdings) AS h WHERE stocked
), held AS (
  SELECT item_id, warehouse_id, sum(reserved + planned) AS quantity FROM parts GROUP BY item_id, warehouse_id
), lines AS (
  SELECT line_id, sum(reserved + planned) AS quantity FROM parts GROUP BY line_id
), shipping AS (
  SELECT (line->>'line_id')::uuid AS line_id, sum((line->'quantity'->>'value')::numeric) AS quantity
    FROM shipments, jsonb_array_elements(lines) AS line WHERE status IN ('planned', 'picking', 'packed') GROUP BY 1
)
SELECT 'what is reserved of an item is not what orders hold' AS what, item_id || ' in ' || warehouse_id AS about,
       coalesce(l.reserved, 0)::text AS one, coalesce(h.quantity, 0)::text AS other
  FROM stock_levels l FULL JOIN held h USING (item_id, warehouse_id)
 WHERE coalesce(l.reserved, 0) <> coalesce(h.quantity, 0)
UNION ALL
SELECT 'an order line holds something else than its places', line_id::text, (d.reserved + d.planned)::text,
       coalesce(l.quantity, 0)::text
  FROM demand_lines d LEFT JOIN lines l USING (line_id)
 WHERE d.stocked AND d.reserved + d.planned <> coalesce(l.quantity, 0)
UNION ALL
SELECT 'what is planned of an order line is not in shipments', line_id::text, coalesce(d.planned, 0)::text,
       coalesce(s.quantity, 0)::text
  FROM demand_lines d FULL JOIN shipping s USING (line_id) WHERE coalesce(d.planned, 0) <> coalesce(s.quantity, 0)
"""

_NEGATIVE = """
SELECT 'a level is negative or promises more than there is' AS what, item_id || ' in ' || warehouse_id AS about,
       on_hand::text AS one, (reserved + quarantined)::text AS other
  FROM stock_levels WHERE least(on_hand, reserved, quarantined, on_hand - reserved - quarantined) < 0
UNION ALL
SELECT 'a lot is negative', lot_id::text, on_hand::text, quarantined::text
  FROM lots WHERE least(on_hand, quarantined, on_hand - quarantined, value) < 0
"""

_EVENTS = """
WITH told AS (
  SELECT substring(type FROM '^orderloop\\.inventory\\.(.+)\\.v1$') AS event, convert_from(value, 'UTF8')::jsonb AS data
    FROM outbox WHERE type IN ('orderloop.inventory.GoodsReceived.v1', 'orderloop.inventory.StockAdjusted.v1',
                               'orderloop.inventory.ShipmentDispatched.v1')
), parts AS (
  SELECT (line->>'item_id')::uuid AS item_id,
         (line->'quantity'->>'value')::numeric * CASE event WHEN 'GoodsReceived' THEN 1 ELSE -1 END AS quantity
    FROM told, jsonb_array_elements(data->'lines') AS line WHERE event <> 'StockAdjusted'
  UNION ALL
  SELECT (data->>'item_id')::uuid, (data->'quantity'->>'value')::numeric FROM told WHERE event = 'StockAdjusted'
), due AS (SELECT item_id, sum(quantity) AS quantity FROM parts GROUP BY item_id),
there AS (SELECT item_id, sum(on_hand) AS on_hand FROM stock_levels GROUP BY item_id)
SELECT 'received + adjusted - shipped is not what is on hand' AS what, item_id::text AS about,
       coalesce(quantity, 0)::text AS one, coalesce(on_hand, 0)::text AS other
  FROM due FULL JOIN there USING (item_id) JOIN items USING (item_id)
 WHERE items.kind = 'goods' AND coalesce(quantity, 0) <> coalesce(on_hand, 0)
"""
