"""Open an opportunity: a chance to sell something, to a customer who may become known later."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Annotated

from pydantic import Field

from contracts.ids import CustomerId
from contracts.sales import OpportunityOpened, Stage
from contracts.values import Money
from kit.database import Transaction
from kit.executor import Command
from sales.domain.opportunity import Opportunity
from sales.storage.copies import Customers
from sales.storage.opportunities import Opportunities

Name = Annotated[str, Field(min_length=1, max_length=200)]
Owner = Annotated[str, Field(min_length=1, max_length=100, description="the salesperson's name in tokens")]
Reference = Annotated[str, Field(min_length=1, max_length=100)]


class OpenOpportunity(Command):
    """`amount` is what it may bring, net. `external_reference` is its source's own number: it comes once."""

    name: Name
    owner: Owner
    amount: Money
    customer_id: CustomerId | None = None
    stage: Stage = "prospecting"
    expected_close_on: date | None = None
    external_reference: Reference | None = None
    opened_on: date | None = None


async def open_opportunity(command: OpenOpportunity, tx: Transaction) -> OpportunityOpened:
    named = command.customer_id
    opportunity = Opportunity(
        name=command.name,
        owner=command.owner,
        amount=command.amount,
        customer_id=None if named is None else await Customers(tx).resolve(named),
        stage=command.stage,
        expected_close_on=command.expected_close_on,
        external_reference=command.external_reference,
        opened_on=command.opened_on or datetime.now(UTC).date(),
    )
    opened = opportunity.open()
    await Opportunities(tx).add(opportunity)
    return opened
