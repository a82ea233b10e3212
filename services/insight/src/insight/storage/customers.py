"""Who remains of customers that were merged."""

from __future__ import annotations

from contracts.customer import CustomersMerged
from insight.domain.order_story import Survivors
from kit.bulk import read_rows
from kit.database import Transaction, driver


class MergedCustomers:
    """Mergers are heard of in any order: who remains is found through all of them."""

    def __init__(self, tx: Transaction) -> None:
        self.tx = tx

    async def merge(self, merged: CustomersMerged) -> None:
        await (await driver(self.tx)).execute(_MERGE, merged.customer_id, merged.survivor_id)

    async def survivors(self) -> Survivors:
        """Of all customers that were merged: there are few, and each subject names several."""
        return {row["customer_id"]: row["survivor_id"] for row in await read_rows(self.tx, _ALL)}


_MERGE = """
WITH remaining AS (
  SELECT coalesce((SELECT survivor_id FROM merged_customers WHERE customer_id = $2::uuid), $2::uuid) AS id
), moved AS (
  UPDATE merged_customers SET survivor_id = remaining.id FROM remaining WHERE survivor_id = $1::uuid
)
INSERT INTO merged_customers (customer_id, survivor_id) SELECT $1::uuid, id FROM remaining
ON CONFLICT (customer_id) DO UPDATE SET survivor_id = excluded.survivor_id
"""
_ALL = "SELECT customer_id, survivor_id FROM merged_customers"
