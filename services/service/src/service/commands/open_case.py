"""Open a case; a complaint is filed, too."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from typing import Annotated

from pydantic import Field

from contracts.errors import Forbidden, Malformed
from contracts.ids import CustomerId, ItemId, LineId, LotId, OrderId
from contracts.service import CaseKind, CaseOpened, ComplaintFiled, Severity
from kit.context import principal
from kit.database import Transaction
from kit.executor import Command
from service.commands.changed_case import asking
from service.domain.case import Case, Priority
from service.storage.cases import Cases
from service.storage.copies import Customers, Items, Orders
from service.storage.shipped import ShippedUnits


class LotsNamedByCustomer(Forbidden):
    """Naming lots by hand, and so blocking stock, is for staff; a customer's lots follow from what was shipped."""


class OpenedInTheFuture(Malformed):
    """A case was opened today or before."""


class OpenCase(Command):
    """What a customer has to say. A complaint names an order line that was shipped, or a serial, or says why not."""

    customer_id: CustomerId
    kind: CaseKind
    title: Annotated[str, Field(min_length=1, max_length=200, examples=["The lamp flickers"])]
    description: Annotated[str, Field(max_length=4000)] = ""
    priority: Priority = Priority.NORMAL
    severity: Severity = "minor"
    order_id: OrderId | None = None
    line_id: LineId | None = None
    item_id: ItemId | None = None
    lot_ids: Annotated[tuple[LotId, ...], Field(max_length=100)] = ()
    serial: Annotated[str, Field(min_length=1, max_length=100)] | None = None
    nothing_named_because: Annotated[str, Field(min_length=1, max_length=500)] | None = None
    external_reference: Annotated[str, Field(min_length=1, max_length=100)] | None = None
    opened_on: date | None = None


async def open_case(command: OpenCase, tx: Transaction) -> tuple[CaseOpened | ComplaintFiled, ...]:
    customer_id = await Customers(tx).resolve(command.customer_id)
    item_id = await _named_item(command, customer_id, tx)
    cases = Cases(tx)
    said = {name: getattr(command, name) for name in _SAID}
    case = Case(number=await cases.next_number(), customer_id=customer_id, item_id=item_id, **said)
    shipped = await ShippedUnits(tx).named(command.line_id, command.serial)
    events = case.open(by=asking(), now=_moment(command.opened_on), shipped=shipped)
    await cases.add(case)
    return events


async def _named_item(command: OpenCase, customer_id: CustomerId, tx: Transaction) -> ItemId | None:
    """What is named exists: the order is the customer's, the lots were shipped; the item may follow from the lots."""
    if command.order_id is not None:
        await Orders(tx).must_be_of(customer_id, command.order_id)
    if command.item_id is not None:
        await Items(tx).must_be_known(command.item_id)
    if not command.lot_ids:
        return command.item_id
    who = principal.get()
    if who is not None and who.is_customer:
        raise LotsNamedByCustomer("name the order line or the serial; the lots are found by that")
    return await ShippedUnits(tx).item_of(command.lot_ids, command.item_id)


def _moment(opened_on: date | None) -> datetime:
    now = datetime.now(UTC)
    if opened_on is None or opened_on == now.date():
        return now
    if opened_on > now.date():
        raise OpenedInTheFuture(f"{opened_on} is still to come; leave opened_on out for today")
    return datetime.combine(opened_on, time(), UTC)


_SAID = (
    "kind", "title", "description", "priority", "severity", "order_id", "line_id", "lot_ids", "serial",
    "nothing_named_because", "external_reference",
)  # fmt: skip
