"""Lose an opportunity: the customer will not buy this time."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Annotated

from pydantic import Field

from contracts.ids import OpportunityId
from contracts.sales import OpportunityLost
from kit.database import Transaction
from kit.executor import Command
from sales.storage.opportunities import Opportunities


class LoseOpportunity(Command):
    """Why, and to whom. Quotes still out cannot be accepted until it is reopened."""

    opportunity_id: OpportunityId
    reason: Annotated[str, Field(min_length=1, max_length=300)]
    competitor: Annotated[str, Field(min_length=1, max_length=200)] | None = None
    lost_on: date | None = None


async def lose_opportunity(command: LoseOpportunity, tx: Transaction) -> OpportunityLost:
    opportunities = Opportunities(tx)
    opportunity = await opportunities.get(command.opportunity_id, command.expected_version)
    lost = opportunity.lose(
        command.reason, today=command.lost_on or datetime.now(UTC).date(), competitor=command.competitor
    )
    await opportunities.save(opportunity)
    return lost
