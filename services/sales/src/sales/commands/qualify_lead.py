"""Qualify a lead: it becomes an opportunity of a customer."""

from __future__ import annotations

from datetime import UTC, date, datetime

from contracts.ids import CustomerId, LeadId
from contracts.sales import LeadQualified, OpportunityOpened, Stage
from contracts.values import Money
from kit.database import Transaction
from kit.executor import Command
from sales.commands.open_opportunity import Name, Owner, Reference
from sales.domain.opportunity import Opportunity
from sales.storage.copies import Customers
from sales.storage.leads import Leads
from sales.storage.opportunities import Opportunities


class QualifyLead(Command):
    """Whose opportunity it is, what it may bring, and who takes care of it. Without a name it keeps the lead's."""

    lead_id: LeadId
    customer_id: CustomerId
    owner: Owner
    amount: Money
    name: Name | None = None
    stage: Stage = "prospecting"
    expected_close_on: date | None = None
    external_reference: Reference | None = None
    opened_on: date | None = None


async def qualify_lead(command: QualifyLead, tx: Transaction) -> tuple[LeadQualified, OpportunityOpened]:
    customer_id = await Customers(tx).resolve(command.customer_id)
    leads = Leads(tx)
    lead = await leads.get(command.lead_id, command.expected_version)
    opportunity = Opportunity(
        name=command.name or lead.name,
        owner=command.owner,
        amount=command.amount,
        customer_id=customer_id,
        stage=command.stage,
        expected_close_on=command.expected_close_on,
        external_reference=command.external_reference,
        opened_on=command.opened_on or datetime.now(UTC).date(),
    )
    events = lead.qualify(opportunity)
    await leads.save(lead)
    await Opportunities(tx).add(opportunity)
    return events
