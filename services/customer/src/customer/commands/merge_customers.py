"""Merge two records of one customer."""

from __future__ import annotations

from contracts.customer import CustomersMerged
from contracts.ids import CustomerId
from customer.storage.customers import Customers
from kit.database import Transaction
from kit.executor import Command


class MergeCustomers(Command):
    """The customer turned out to be the survivor's second record; this is for good.

    Whoever was merged into it before is the survivor's, too, and an event says so for each.
    """

    customer_id: CustomerId
    survivor_id: CustomerId


async def merge_customers(command: MergeCustomers, tx: Transaction) -> tuple[CustomersMerged, ...]:
    customers = Customers(tx)
    merged, survivor, followers = await customers.merging(
        command.customer_id, command.survivor_id, command.expected_version
    )
    ancestors = await customers.ancestors(survivor.parent_id)
    events = merged.merge_into(survivor, followers=followers, ancestors=ancestors)
    for each in (merged, survivor, *followers):
        await customers.save(each)
    return events
