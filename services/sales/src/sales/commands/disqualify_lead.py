"""Disqualify a lead: nothing will come of it."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from contracts.ids import LeadId
from contracts.sales import LeadDisqualified
from kit.database import Transaction
from kit.executor import Command
from sales.storage.leads import Leads


class DisqualifyLead(Command):
    """Give a new lead up, and say why."""

    lead_id: LeadId
    reason: Annotated[str, Field(min_length=1, max_length=300)]


async def disqualify_lead(command: DisqualifyLead, tx: Transaction) -> LeadDisqualified:
    leads = Leads(tx)
    lead = await leads.get(command.lead_id, command.expected_version)
    disqualified = lead.disqualify(command.reason)
    await leads.save(lead)
    return disqualified
