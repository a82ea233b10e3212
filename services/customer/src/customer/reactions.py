"""Which event leads to what in the customer service."""

from __future__ import annotations

from collections.abc import Sequence

from contracts.event import Event, Recorded
from contracts.order import OrderPlaced
from customer.commands.activate_buyers import activate_buyers
from customer.domain.telling import TOLD
from customer.storage.timeline import Timeline
from kit.database import Transaction
from kit.reactions import Reactions

reactions = Reactions()


@reactions.feed(*TOLD)
async def tell_timeline(batch: Sequence[Recorded], tx: Transaction) -> None:
    await Timeline(tx).tell(read(batch))


@reactions.feed(OrderPlaced)
async def activate_those_who_ordered(batch: Sequence[Recorded], tx: Transaction) -> None:
    await activate_buyers({event.customer_id for _, event in read(batch) if isinstance(event, OrderPlaced)}, tx)


def read(batch: Sequence[Recorded]) -> list[tuple[Recorded, Event]]:
    """Each event with its envelope."""
    return [(each, event) for each in batch if (event := each.event()) is not None]
