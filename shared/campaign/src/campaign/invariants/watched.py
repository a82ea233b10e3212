"""The watcher as a witness: `insight` compares what order, inventory and finance say, and must have nothing open.

It looks at a subject when nothing was said of it for its grace. So `quiet` waits until it has looked at all.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from campaign.invariants.facts import A_UUID, Facts, Row
from campaign.invariants.findings import Violation

WATCHER = "insight"


async def discrepancies(facts: Facts) -> list[Violation]:
    """Each one that is open, with its kind and both sides; none about what a parked or discarded event names."""
    if WATCHER not in facts.databases:
        return []
    rows = await facts.rows(WATCHER, _OPEN)
    return [_violation(row) for row in rows if facts.held_up.isdisjoint(A_UUID.findall(row["told"]))]


def _violation(row: Row) -> Violation:
    one, other = (f"{row[f'{side}_service']} {row[f'{side}_says']} {row[f'{side}_value']}" for side in ("one", "other"))
    about = {key: row[key] for key in ("kind", "about", "within")}
    return Violation("I12", f"insight: {row['kind']}: {one}; {other}", {**about, "one": one, "other": other})


def not_looked_at(row: Mapping[str, Any]) -> int:  # Any: column values
    """From the answer to `UNDER_WAY`: how much the watcher has still to look at."""
    return cast("int", row["subjects"] + row["waiting"] + row["waited"])


# Its timer may stand an hour ahead, after its clock did (F17): it is not waited for, and what it has not looked at
# again is not held against anybody.
UNDER_WAY = """
WITH looking AS (
  SELECT FROM timer WHERE kind = 'look_after_subjects' AND due_at < now() + interval '1 minute'
), parked AS (
  SELECT DISTINCT ON (topic, subject) subject, recorded->>'source' AS source, recorded::text AS said
    FROM parked_message JOIN parked_key USING (topic, subject) ORDER BY topic, subject, sequence
), told AS (SELECT about FROM discrepancies WHERE cleared_at IS NULL AND kind LIKE 'event\\_%')
SELECT (SELECT count(*) FROM subjects_due WHERE EXISTS (SELECT FROM looking) AND quiet_since <= now()
           AND NOT EXISTS (SELECT FROM parked WHERE said LIKE '%' || about || '%')) AS subjects,
       (SELECT count(*) FROM parked WHERE EXISTS (SELECT FROM looking)
           AND source ~ '/(order|inventory|finance)$' AND subject NOT IN (SELECT about FROM told)) AS waiting,
       (SELECT count(*) FROM told WHERE EXISTS (SELECT FROM looking)
           AND about NOT IN (SELECT subject FROM parked)) AS waited
"""

# A payment is looked at again only when something is said of it, and a credit note is said of an invoice.
_OPEN = """
SELECT about::text, within, kind, told::text AS told,
       told->'one'->>'service' AS one_service, told->'one'->>'says' AS one_says, told->'one'->>'value' AS one_value,
       told->'other'->>'service' AS other_service, told->'other'->>'says' AS other_says,
       told->'other'->>'value' AS other_value
  FROM discrepancies AS d
 WHERE cleared_at IS NULL
   AND NOT EXISTS (SELECT FROM subjects_due AS s WHERE s.about = d.about AND quiet_since <= now())
   AND NOT EXISTS (SELECT FROM statements AS s WHERE d.told->>'payment_id' IS NOT NULL AND d.order_id IS NULL
                      AND s.type = 'orderloop.finance.CreditNoteIssued.v1' AND s.heard_at > d.told_at)
 ORDER BY detected_at
"""
