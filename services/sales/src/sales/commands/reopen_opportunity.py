"""Reopen a lost opportunity."""

from __future__ import annotations

from contracts.ids import OpportunityId
from contracts.sales import OpportunityReopened
from kit.database import Transaction
from kit.executor import Command
from sales.storage.opportunities import Opportunities


class ReopenOpportunity(Command):
    """It goes on in the stage in which it was lost."""

    opportunity_id: OpportunityId


async def reopen_opportunity(command: ReopenOpportunity, tx: Transaction) -> OpportunityReopened:
    opportunities = Opportunities(tx)
    opportunity = await opportunities.get(command.opportunity_id, command.expected_version)
    reopened = opportunity.reopen()
    await opportunities.save(opportunity)
    return reopened
