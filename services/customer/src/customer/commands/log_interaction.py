"""Log that someone talked with a customer."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

from pydantic import AwareDatetime, Field

from contracts.customer import InteractionLogged
from contracts.ids import ContactId, CustomerId
from customer.domain.interaction import Channel, Direction, Interaction
from customer.storage.customers import Customers
from customer.storage.interactions import Interactions
from kit.context import SYSTEM, cause
from kit.database import Transaction
from kit.executor import Command


class LogInteraction(Command):
    """What was said, on which channel, and who began. Only that it happened leaves this service."""

    customer_id: CustomerId
    channel: Channel
    direction: Direction
    summary: Annotated[str, Field(min_length=1, max_length=5000)]
    happened_at: AwareDatetime | None = None
    """Now, when left out."""
    contact_id: ContactId | None = None


async def log_interaction(command: LogInteraction, tx: Transaction) -> InteractionLogged:
    customer = await Customers(tx).get(command.customer_id, command.expected_version)
    now, why = datetime.now(UTC), cause.get()
    interaction = Interaction(
        customer_id=command.customer_id,
        channel=command.channel,
        direction=command.direction,
        summary=command.summary,
        happened_at=command.happened_at or now,
        logged_by=why.actor if why else SYSTEM,
        contact_id=command.contact_id,
    )
    logged = interaction.log(customer, now=now)
    await Interactions(tx).add(interaction)
    return logged
