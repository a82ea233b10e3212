"""Raise a nonconformance: by hand, or because of a complaint."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from pydantic import Field

from contracts.errors import Refused
from contracts.ids import CaseId, CustomerId, ItemId, LotId
from contracts.quality import NonconformanceContained, NonconformanceRaised
from contracts.service import ComplaintFiled, Severity
from kit.database import Transaction
from kit.executor import Command
from quality.commands.changed import today
from quality.domain.nonconformance import Nonconformance
from quality.storage.copies import CaseCopy, Cases, Customers, Goods
from quality.storage.nonconformances import Nonconformances


class CaseOfAnotherCustomer(Refused):
    """A nonconformance that names a case is about the customer of that case."""


class RaiseNonconformance(Command):
    """Somebody of us found something. The item follows from the lots, customer and order from the case."""

    title: Annotated[str, Field(min_length=1, max_length=200, examples=["Sockets do not hold the bulb"])]
    severity: Severity = "minor"
    item_id: ItemId | None = None
    lot_ids: Annotated[tuple[LotId, ...], Field(max_length=100)] = ()
    case_id: CaseId | None = None
    customer_id: CustomerId | None = None
    raised_on: date | None = None


async def raise_nonconformance(command: RaiseNonconformance, tx: Transaction) -> NonconformanceRaised:
    item_id = await Goods(tx).item_of(command.lot_ids, command.item_id)
    customer_id, case = await _customer_and_case(command, tx)
    nonconformances = Nonconformances(tx)
    found = Nonconformance(
        number=await nonconformances.next_number(),
        title=command.title,
        severity=command.severity,
        raised_on=command.raised_on or today(),
        customer_id=customer_id,
        case_id=command.case_id,
        order_id=None if case is None else case.order_id,
        item_id=item_id,
        lot_ids=command.lot_ids,
    )
    raised = found.report()
    await nonconformances.put(found)
    return raised


async def raise_for_complaint(
    filed: ComplaintFiled, filed_on: date, tx: Transaction
) -> tuple[NonconformanceRaised | NonconformanceContained, ...]:
    """One complaint raises one nonconformance, and contains its lots in the same transaction."""
    nonconformances = Nonconformances(tx)
    if await nonconformances.is_raised_for(filed.case_id):
        return ()
    found = Nonconformance.of_complaint(filed, number=await nonconformances.next_number(), raised_on=filed_on)
    found.customer_id = await Customers(tx).survivor_of(filed.customer_id)
    raised = found.report()
    contained = found.contain_suspects(f"complaint {filed.number}: {filed.title}")
    await nonconformances.put(found)
    return (raised,) if contained is None else (raised, contained)


async def _customer_and_case(
    command: RaiseNonconformance, tx: Transaction
) -> tuple[CustomerId | None, CaseCopy | None]:
    named = None if command.customer_id is None else await Customers(tx).resolve(command.customer_id)
    if command.case_id is None:
        return named, None
    case = await Cases(tx).get(command.case_id)
    if named not in (None, case.customer_id):
        raise CaseOfAnotherCustomer("the case is another customer's; leave customer_id out")
    return await Customers(tx).resolve(case.customer_id), case
