"""Orders as processes: I1 one for each that was won, I14 none is stuck, and what is cancelled holds nothing."""

from __future__ import annotations

from collections import Counter

from campaign.invariants.facts import Facts
from campaign.invariants.findings import Violation


async def i1_won_is_ordered_once(facts: Facts) -> list[Violation]:
    """Every won opportunity has exactly one order, and every order of an opportunity has one that was won, once."""
    won = {str(row["opportunity_id"]) for row in await facts.rows("sales", _WON)}
    told = Counter(str(each.subject) for each in facts.databases["sales"].outbox if each.name == "OpportunityWon")
    orders = Counter(str(row["opportunity_id"]) for row in await facts.rows("order", _ORDERED))
    return [
        Violation(
            "I1",
            f"an opportunity is {'won' if each in won else 'not won'}, was told as won {told[each]} times"
            f" and has {orders[each]} orders",
            {"opportunity_id": each},
        )
        for each in sorted(won | told.keys() | orders.keys())
        if (each in won, told[each], orders[each]) != (True, 1, 1) and each not in facts.held_up
    ]


async def i14_nothing_stuck(facts: Facts) -> list[Violation]:
    """No process is past its deadline, none waits for a service when all is quiet; cancelled orders hold nothing."""
    late = await facts.rows("order", _LATE, facts.told.grace)
    stuck = [(row["order_id"], f"order {row['number']} waits for {row['waiting_for']}", row["until"]) for row in late]
    stuck += [
        (row["subject"], f"{service}'s timer {row['kind']} has failed {row['attempts']} times", row["reason"])
        for service in facts.databases
        for row in await facts.rows(service, _TIMERS)
    ]
    held = await _held_by_those_that_are_over(facts)
    return [
        Violation("I14", what, {"subject": str(subject), "because": str(why)})
        for subject, what, why in [*stuck, *held]
        if str(subject) not in facts.held_up
    ]


async def _held_by_those_that_are_over(facts: Facts) -> list[tuple[object, str, object]]:
    over = [row["order_id"] for row in await facts.rows("order", _OVER)]
    goods = await facts.rows("inventory", _GOODS, over)
    owed = await facts.rows("finance", _OPEN, over)
    waiting = await facts.rows("finance", _WAITING, [str(each) for each in over])
    return [
        *((row["order_id"], f"an order that is over holds {row['what']}", row["quantity"]) for row in goods),
        *((row["order_id"], "an order that is over is still to be invoiced", row["open"]) for row in owed),
        *((row["order_id"], "an order that is over waits for credit", row["customer_id"]) for row in waiting),
    ]


_WON = "SELECT opportunity_id FROM opportunities WHERE status = 'won'"
_ORDERED = "SELECT opportunity_id FROM orders WHERE opportunity_id IS NOT NULL"
_OVER = "SELECT order_id FROM orders WHERE status IN ('cancelled', 'closed')"

# When all is quiet nobody is on the way to answer: who still waits for a service waits for ever.
_LATE = """
SELECT order_id, number, waiting_for, waiting_until::text AS until FROM orders
 WHERE waiting_for IN ('credit_check', 'stock_answer', 'answer_to_change', 'invoice')
    OR waiting_until < now() - make_interval(secs => $1::float8) AND NOT told_stuck
 ORDER BY order_id
"""
_TIMERS = "SELECT kind, subject, attempts, reason FROM timer WHERE attempts > 0"

_GOODS = """
SELECT order_id, 'reserved goods' AS what, sum(reserved + planned + backordered) AS quantity
  FROM demand_lines WHERE order_id = ANY ($1::uuid[]) GROUP BY order_id
HAVING sum(reserved + planned + backordered) <> 0
UNION ALL
SELECT order_id, 'a shipment that is ' || status, 1 FROM shipments
 WHERE order_id = ANY ($1::uuid[]) AND status IN ('planned', 'picking', 'packed')
"""
_OPEN = """
SELECT order_id, line->>'line_id' AS line_id,
       (line->'ordered'->>'value')::numeric - (line->'invoiced'->>'value')::numeric
       - (line->'cancelled'->>'value')::numeric AS open
  FROM orders, jsonb_array_elements(lines) AS line
 WHERE order_id = ANY ($1::uuid[])
   AND (line->'ordered'->>'value')::numeric <> (line->'invoiced'->>'value')::numeric
                                              + (line->'cancelled'->>'value')::numeric
"""
_WAITING = """
SELECT customer_id, order_id FROM credit_accounts,
       LATERAL (SELECT waits->>'order_id' AS order_id FROM jsonb_array_elements(waiting) AS waits) AS w
 WHERE order_id = ANY ($1::text[])
"""
