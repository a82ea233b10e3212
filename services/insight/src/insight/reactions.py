"""Which events insight hears: what order, inventory and finance say, and who of the customers is who."""

from __future__ import annotations

from collections.abc import Sequence

from contracts.customer import CustomersMerged
from contracts.event import Recorded
from insight.commands.hear import hear
from insight.domain.hearing import HEARD
from insight.storage.customers import MergedCustomers
from kit.database import Transaction
from kit.reactions import Reactions

reactions = Reactions()


@reactions.feed(*HEARD)
async def remember_what_was_said(batch: Sequence[Recorded], tx: Transaction) -> None:
    await hear(batch, tx)


@reactions.to(CustomersMerged)
async def remember_who_remains(event: CustomersMerged, tx: Transaction) -> None:
    await MergedCustomers(tx).merge(event)
