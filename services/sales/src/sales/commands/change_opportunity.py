"""Change an opportunity: whose it is, who takes care of it, what it may bring and when."""

from __future__ import annotations

from datetime import date

from contracts.ids import CustomerId, OpportunityId
from contracts.values import Money
from kit.database import Transaction
from kit.executor import Command
from sales.commands.open_opportunity import Owner
from sales.domain.opportunity import Opportunity
from sales.storage.copies import Customers
from sales.storage.opportunities import Opportunities


class ChangeOpportunity(Command):
    """What is left out stays as it is; `expected_close_on` may also be taken back (null)."""

    opportunity_id: OpportunityId
    customer_id: CustomerId | None = None
    owner: Owner | None = None
    amount: Money | None = None
    expected_close_on: date | None = None


async def change_opportunity(command: ChangeOpportunity, tx: Transaction) -> None:
    named = command.customer_id
    customer_id = None if named is None else await Customers(tx).resolve(named)
    opportunities = Opportunities(tx)
    opportunity = await opportunities.get(command.opportunity_id, command.expected_version)
    if customer_id is not None:
        opportunity.name_customer(customer_id)
    if command.owner is not None:
        opportunity.assign(command.owner)
    _estimate(opportunity, command)
    await opportunities.save(opportunity)


def _estimate(opportunity: Opportunity, command: ChangeOpportunity) -> None:
    dated = "expected_close_on" in command.model_fields_set
    if command.amount is not None or dated:
        expected = command.expected_close_on if dated else opportunity.expected_close_on
        opportunity.estimate(opportunity.amount if command.amount is None else command.amount, expected)
