"""Capture a lead: someone may want to buy."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Annotated

from pydantic import Field

from contracts.sales import LeadCaptured
from kit.database import Transaction
from kit.executor import Command
from sales.domain.lead import Lead
from sales.storage.leads import Leads


class CaptureLead(Command):
    """Who may want to buy, and where from. `external_reference` is the source's own number: it comes once."""

    source: Annotated[str, Field(min_length=1, max_length=100)]
    name: Annotated[str, Field(min_length=1, max_length=200)]
    contact: Annotated[str, Field(min_length=1, max_length=300)] | None = None
    external_reference: Annotated[str, Field(min_length=1, max_length=100)] | None = None
    captured_on: date | None = None


async def capture_lead(command: CaptureLead, tx: Transaction) -> LeadCaptured:
    lead = Lead(
        source=command.source,
        name=command.name,
        contact=command.contact,
        external_reference=command.external_reference,
        captured_on=command.captured_on or datetime.now(UTC).date(),
    )
    captured = lead.capture()
    await Leads(tx).add(lead)
    return captured
