"""Change an opportunity: whose it is, who takes care of it, what it may bring and when."""

from __future__ import annotations

from datetime import date

from contracts.ids import CustomerId, OpportunityId
from contracts.sales import OpportunityAssigned, OpportunityCustomerNamed, OpportunityEstimated
from contracts.values import Money
from kit.database import Transaction
from kit.executor import Command
from sales.commands.open_opportunity import Owner
from sales.domain.opportunity import Opportunity
from sales.storage.copies import Customers
from sales.storage.opportunities import Opportunities

Changed = OpportunityCustomerNamed | OpportunityAssigned | OpportunityEstimated


class ChangeOpportunity(Command):
    """What is left out stays as it is; `expected_close_on` may also be taken back (null)."""

    opportunity_id: OpportunityId
    customer_id: CustomerId | None = None
    owner: Owner | None = None
    amount: Money | None = None
    expected_close_on: date | None = None


async def change_opportunity(command: ChangeOpportunity, tx: Transaction) -> tuple[Changed, ...]:
    named = command.customer_id
    customer_id = None if named is None else await Customers(tx).resolve(named)
    opportunities = Opportunities(tx)
    opportunity = await opportunities.get(command.opportunity_id, command.expected_version)
    changes = (
        None if customer_id is None else opportunity.name_customer(customer_id),
        None if command.owner is None else opportunity.assign(command.owner),
        _estimate(opportunity, command),
    )
    events = tuple(change for change in changes if change is not None)
    if events:
        await opportunities.save(opportunity)
    return events


def _estimate(opportunity: Opportunity, command: ChangeOpportunity) -> OpportunityEstimated | None:
    dated = "expected_close_on" in command.model_fields_set
    if command.amount is None and not dated:
        return None
    expected = command.expected_close_on if dated else opportunity.expected_close_on
    return opportunity.estimate(opportunity.amount if command.amount is None else command.amount, expected)
