"""Move an opportunity to another stage of the pipeline."""

from __future__ import annotations

from contracts.ids import OpportunityId
from contracts.sales import OpportunityStageChanged, Stage
from kit.database import Transaction
from kit.executor import Command
from sales.storage.opportunities import Opportunities


class MoveOpportunity(Command):
    """Forward or back; nothing happens when it is there already."""

    opportunity_id: OpportunityId
    stage: Stage


async def move_opportunity(command: MoveOpportunity, tx: Transaction) -> OpportunityStageChanged | None:
    opportunities = Opportunities(tx)
    opportunity = await opportunities.get(command.opportunity_id, command.expected_version)
    changed = opportunity.move_to(command.stage)
    if changed is not None:
        await opportunities.save(opportunity)
    return changed
