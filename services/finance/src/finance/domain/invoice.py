"""Invoice: what we ask money for. The document never changes once issued; what is open on it does."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum

from contracts.errors import Refused
from contracts.finance import InvoiceIssued, InvoiceOverdue, InvoicePaid
from contracts.ids import CustomerId, InvoiceId, LineId, OrderId, ShipmentId, new_id
from contracts.lines import InvoicedLine, LineQuantity
from contracts.values import Money, Quantity
from finance.domain.open_order import OpenOrder
from finance.domain.vat import Charge, VatSubtotal, gross_of, net_of, subtotals, tax_of, taxed

DAYS_TO_PAY = 30
ROUNDING_TOLERANCE = Decimal("0.05")
"""Tax is rounded per invoice, so that two invoices may differ from one over the same goods; 5 cents are not chased."""


class ShipmentAlreadyInvoiced(Refused):
    """A shipment is invoiced once: the shipment's id is unique among invoices."""


class InvoiceHasNoLines(Refused):
    """An invoice asks for something; without lines nothing was shipped."""


class InvoiceBelowZero(Refused):
    """An invoice never gives money back; a credit note does."""


class AllocationExceedsInvoice(Refused):
    """No more is settled than is open on the invoice; whoever writes it holds the invoice's row or its version."""


class CreditExceedsInvoice(Refused):
    """Credited quantities never exceed the invoiced ones, over all credit notes of the invoice."""


class CreditHasNoLines(Refused):
    """A credit note gives something back."""


class NotARoundingDifference(Refused):
    """Only up to five cents that rounding left open are waived."""


class InvoiceStatus(StrEnum):
    """How much of it is settled; that it is overdue is a fact beside."""

    ISSUED = "issued"
    PARTLY_PAID = "partly_paid"
    PAID = "paid"


@dataclass(frozen=True, kw_only=True)
class Credited:
    """What a credit leads to: its lines, what becomes of the money that had settled the invoice, the news."""

    lines: tuple[InvoicedLine, ...]
    released: Money
    """What payments had settled and is now the customer's again: take it off their allocations."""
    unwaived: Money
    """What had been waived as a rounding difference and is not any more."""
    paid: InvoicePaid | None


@dataclass(eq=False, kw_only=True)
class Invoice:
    """open = gross - credited - settled - waived, and never below zero."""

    invoice_id: InvoiceId = field(default_factory=lambda: InvoiceId(new_id()))
    number: str
    order_id: OrderId
    customer_id: CustomerId
    shipment_id: ShipmentId
    currency: str
    lines: tuple[InvoicedLine, ...]
    issued_on: date
    due_on: date
    credited_lines: tuple[InvoicedLine, ...] = ()
    """The lines of all credit notes, in their order."""
    settled: Money
    waived: Money
    told_overdue: bool = False
    version: int = 0
    net: Money = field(init=False)
    tax: Money = field(init=False)
    gross: Money = field(init=False)
    """What its lines come to, summed once: they never change."""

    def __post_init__(self) -> None:
        self.net, self.tax = net_of(self.lines, self.currency), tax_of(self.lines, self.currency)
        self.gross = self.net + self.tax

    @staticmethod
    def over(
        order: OpenOrder, *, shipment_id: ShipmentId, lines: tuple[InvoicedLine, ...], number: str, issued_on: date
    ) -> Invoice:
        """The invoice over a shipment of the order; a prepaid one is due at once."""
        zero = Money.zero(order.currency)
        return Invoice(
            number=number,
            order_id=order.order_id,
            customer_id=order.customer_id,
            shipment_id=shipment_id,
            currency=order.currency,
            lines=lines,
            issued_on=issued_on,
            due_on=issued_on if order.prepaid else issued_on + timedelta(days=DAYS_TO_PAY),
            settled=zero,
            waived=zero,
        )

    @property
    def vat(self) -> tuple[VatSubtotal, ...]:
        """Net and tax per rate, as EN 16931 wants them on the document."""
        return subtotals(self.lines)

    @property
    def credited(self) -> Money:
        return gross_of(self.credited_lines, self.currency)

    @property
    def open(self) -> Money:
        """What the customer still owes on it."""
        return self.gross - self.credited - self.settled - self.waived

    @property
    def status(self) -> InvoiceStatus:
        if not self.open:
            return InvoiceStatus.PAID
        return InvoiceStatus.PARTLY_PAID if self.settled else InvoiceStatus.ISSUED

    def issue(self) -> tuple[InvoiceIssued | InvoicePaid, ...]:
        """Ask for the money. When there is nothing to ask for (goods for free), it is paid by itself."""
        if not self.lines:
            raise InvoiceHasNoLines(f"shipment {self.shipment_id} has nothing to invoice; leave it out")
        if self.gross.is_negative:
            raise InvoiceBelowZero(f"{self.number} would ask for {self.gross}; issue a credit note instead")
        return (self._issued(),) if self.gross else (self._issued(), self._paid())

    def settle(self, amount: Money) -> InvoicePaid | None:
        """Money (or an advance) pays a part of it."""
        if self.open < amount:
            raise AllocationExceedsInvoice(f"{self.open} are open on {self.number}; allocate at most that")
        self.settled += amount
        return None if self.open or not amount else self._paid()

    def waive_rounding(self) -> InvoicePaid | None:
        """Give up the cents that rounding left open on a prepaid order."""
        if self.open.amount > ROUNDING_TOLERANCE:
            raise NotARoundingDifference(f"{self.open} are open on {self.number}; ask the customer for them")
        if not self.open:
            return None
        self.waived += self.open
        return self._paid()

    def note_overdue(self, today: date) -> InvoiceOverdue | None:
        """Say once that the day by which it was to be paid has passed."""
        if self.told_overdue or not self.open or today <= self.due_on:
            return None
        self.told_overdue = True
        return InvoiceOverdue(
            invoice_id=self.invoice_id,
            order_id=self.order_id,
            customer_id=self.customer_id,
            open=self.open,
            due_on=self.due_on,
        )

    def creditable(self) -> tuple[LineQuantity, ...]:
        """What has not been credited yet: crediting all of it takes the invoice back as a whole."""
        return tuple(
            LineQuantity(line_id=line.line_id, item_id=line.item_id, quantity=rest)
            for line in self.lines
            if (rest := line.quantity - self._credited_quantity(line))
        )

    def credit(self, quantities: Iterable[LineQuantity]) -> Credited:
        """Take back quantities at the price they were invoiced at.

        Several partial credits together give back exactly what the invoice asked for, to the cent. What was paid beyond
        what the customer still owes comes free.
        """
        lines = taxed(self._charges(tuple(quantities)), since=self.credited_lines)
        had, gross, zero = self.open, gross_of(lines, self.currency), Money.zero(self.currency)
        excess = gross - had if had < gross else zero
        released = min(excess, self.settled)
        unwaived = excess - released
        self.credited_lines += lines
        self.settled -= released
        self.waived -= unwaived
        paid = self._paid() if had and not self.open else None
        return Credited(lines=lines, released=released, unwaived=unwaived, paid=paid)

    def _charges(self, quantities: tuple[LineQuantity, ...]) -> tuple[Charge, ...]:
        wanted: dict[LineId, Quantity] = {}
        for each in quantities:
            wanted[each.line_id] = wanted.get(each.line_id, Quantity.zero(each.quantity.unit)) + each.quantity
        if not any(quantity.is_positive for quantity in wanted.values()):
            raise CreditHasNoLines(f"name the quantities of {self.number} to give back")
        invoiced = {line.line_id: line for line in self.lines}
        if stranger := wanted.keys() - invoiced.keys():
            raise CreditExceedsInvoice(f"{self.number} does not charge lines {sorted(stranger)}; name its own lines")
        return tuple(self._charge(invoiced[line_id], quantity) for line_id, quantity in wanted.items())

    def _charge(self, line: InvoicedLine, quantity: Quantity) -> Charge:
        so_far = self._credited_quantity(line)
        if line.quantity < so_far + quantity or not quantity.is_positive:
            raise CreditExceedsInvoice(f"{line.quantity - so_far} of line {line.line_id} can be credited, no more")
        taken = line.net.amount * (so_far + quantity).value / line.quantity.value
        before = net_of((each for each in self.credited_lines if each.line_id == line.line_id), self.currency)
        return Charge(
            line_id=line.line_id,
            item_id=line.item_id,
            description=line.description,
            quantity=quantity,
            net=Money.rounded(taken, self.currency) - before,
            tax_percent=line.tax_percent,
        )

    def _credited_quantity(self, line: InvoicedLine) -> Quantity:
        credited = (each.quantity.value for each in self.credited_lines if each.line_id == line.line_id)
        return Quantity(value=sum(credited, Decimal(0)), unit=line.quantity.unit)

    def _issued(self) -> InvoiceIssued:
        return InvoiceIssued(
            invoice_id=self.invoice_id,
            number=self.number,
            order_id=self.order_id,
            customer_id=self.customer_id,
            shipment_id=self.shipment_id,
            lines=self.lines,
            net=self.net,
            tax=self.tax,
            gross=self.gross,
            issued_on=self.issued_on,
            due_on=self.due_on,
        )

    def _paid(self) -> InvoicePaid:
        return InvoicePaid(
            invoice_id=self.invoice_id, order_id=self.order_id, customer_id=self.customer_id, gross=self.gross
        )
