"""The tables of the finance service. Amounts are in the row's `currency`."""

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    Date,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    Numeric,
    SmallInteger,
    Table,
    Text,
    Uuid,
    text,
)

from contracts.lines import InvoicedLine
from contracts.values import Money
from finance.domain.credit_account import WaitingOrder
from finance.domain.open_order import OpenLine
from finance.domain.payment import Allocation
from kit.database import Document

metadata = MetaData()

ONCE = ("finance.InvoiceIssued", "finance.CreditNoteIssued", "finance.PaymentReceived", "finance.RefundIssued",
        "inventory.ShipmentDispatched", "inventory.GoodsReceived")  # fmt: skip
"""Events of which a subject has one, and therefore one journal entry."""

credit_accounts = Table(
    "credit_accounts",
    metadata,
    Column("customer_id", Uuid, primary_key=True),
    Column("version", Integer, nullable=False),
    Column("name", Text, nullable=False, comment="fed by the customer service's events"),
    Column("survivor_id", Uuid, comment="the customer that this one was merged into"),
    Column("currency", Text, nullable=False),
    Column("credit_limit", Numeric, comment="null: none is set, any order passes"),
    Column("state", Text, nullable=False),
    Column("approved", Numeric, nullable=False),
    Column("receivables", Numeric, nullable=False),
    Column("unallocated_cash", Numeric, nullable=False),
    Column("waiting", Document(tuple[WaitingOrder, ...]), nullable=False),
    CheckConstraint("approved >= 0 AND receivables >= 0 AND unallocated_cash >= 0", name="credit_accounts_amounts"),
    CheckConstraint("credit_limit >= 0", name="credit_accounts_limit"),
    Index("credit_accounts_survivor", "survivor_id", postgresql_where=text("survivor_id IS NOT NULL")),
    Index("credit_accounts_state", "state", "customer_id"),
)

orders = Table(
    "orders",
    metadata,
    Column("order_id", Uuid, primary_key=True),
    Column("version", Integer, nullable=False),
    Column("customer_id", Uuid, nullable=False),
    Column("number", Text, nullable=False),
    Column("ordered_on", Date, nullable=False),
    Column("prepaid", Boolean, nullable=False),
    Column("currency", Text, nullable=False),
    Column("lines", Document(tuple[OpenLine, ...]), nullable=False),
    Column("opportunity_id", Uuid),
    Column("revenue", Numeric, nullable=False),
    Column("costs", Document(tuple[Money, ...]), nullable=False),
    Column("status", Text, nullable=False),
    Index("orders_customer", "customer_id"),
    comment="what of each order is still to be invoiced, at which price, what it cost so far",
    postgresql_with={"fillfactor": 70},
)

invoices = Table(
    "invoices",
    metadata,
    Column("invoice_id", Uuid, primary_key=True),
    Column("version", Integer, nullable=False),
    Column("number", Text, nullable=False),
    Column("order_id", Uuid, nullable=False),
    Column("customer_id", Uuid, nullable=False),
    Column("shipment_id", Uuid, nullable=False),
    Column("currency", Text, nullable=False),
    Column("lines", Document(tuple[InvoicedLine, ...]), nullable=False),
    Column("credited_lines", Document(tuple[InvoicedLine, ...]), nullable=False),
    Column("issued_on", Date, nullable=False),
    Column("due_on", Date, nullable=False),
    Column("status", Text, nullable=False),
    Column("gross", Numeric, nullable=False),
    Column("credited", Numeric, nullable=False),
    Column("settled", Numeric, nullable=False),
    Column("waived", Numeric, nullable=False),
    Column("open", Numeric, nullable=False),
    Column("told_overdue", Boolean, nullable=False),
    CheckConstraint("open = gross - credited - settled - waived AND open >= 0", name="invoices_open"),
    CheckConstraint("credited >= 0 AND settled >= 0 AND waived >= 0", name="invoices_not_negative"),
    Index("invoices_number", "number", unique=True),
    Index("invoices_shipment", "shipment_id", unique=True),
    Index("invoices_order", "order_id"),
    Index("invoices_customer", "customer_id", "invoice_id"),
    Index("invoices_open_of_customer", "customer_id", "issued_on", "number", postgresql_where=text("open > 0")),
    Index("invoices_due", "due_on", postgresql_where=text("open > 0")),
)

credit_notes = Table(
    "credit_notes",
    metadata,
    Column("credit_note_id", Uuid, primary_key=True),
    Column("version", Integer, nullable=False),
    Column("number", Text, nullable=False),
    Column("invoice_id", Uuid, ForeignKey("invoices.invoice_id"), nullable=False),
    Column("order_id", Uuid, nullable=False),
    Column("customer_id", Uuid, nullable=False),
    Column("currency", Text, nullable=False),
    Column("lines", Document(tuple[InvoicedLine, ...]), nullable=False),
    Column("reason", Text, nullable=False),
    Column("issued_on", Date, nullable=False),
    Index("credit_notes_number", "number", unique=True),
    Index("credit_notes_invoice", "invoice_id"),
    Index("credit_notes_order", "order_id"),
    Index("credit_notes_customer", "customer_id", "credit_note_id"),
)

payments = Table(
    "payments",
    metadata,
    Column("payment_id", Uuid, primary_key=True),
    Column("version", Integer, nullable=False),
    Column("customer_id", Uuid, nullable=False),
    Column("paid_by", Uuid, nullable=False, comment="who paid it, before any merger: never changes"),
    Column("amount", Numeric, nullable=False),
    Column("currency", Text, nullable=False),
    Column("reference", Text, nullable=False),
    Column("received_on", Date, nullable=False),
    Column("order_id", Uuid),
    Column("prepayment", Boolean, nullable=False),
    Column("allocations", Document(tuple[Allocation, ...]), nullable=False),
    Column("refunded", Numeric, nullable=False),
    Column("unallocated", Numeric, nullable=False),
    Column("status", Text, nullable=False),
    CheckConstraint("amount > 0 AND refunded >= 0", name="payments_not_negative"),
    CheckConstraint("unallocated >= 0 AND unallocated <= amount - refunded", name="payments_unallocated"),
    Index("payments_reference", "paid_by", "reference", unique=True),
    Index("payments_customer", "customer_id", "reference"),
    Index("payments_order", "order_id"),
    Index("payments_unallocated", "customer_id", "payment_id", postgresql_where=text("unallocated > 0")),
)

refunds = Table(
    "refunds",
    metadata,
    Column("refund_id", Uuid, primary_key=True),
    Column("version", Integer, nullable=False),
    Column("payment_id", Uuid, ForeignKey("payments.payment_id"), nullable=False),
    Column("order_id", Uuid),
    Column("customer_id", Uuid, nullable=False),
    Column("amount", Numeric, nullable=False),
    Column("currency", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("refunded_on", Date, nullable=False),
    CheckConstraint("amount > 0", name="refunds_amount"),
    Index("refunds_payment", "payment_id"),
    Index("refunds_customer", "customer_id", "refund_id"),
)

document_numbers = Table(
    "document_numbers",
    metadata,
    Column("series", Text, primary_key=True),
    Column("year", SmallInteger, primary_key=True, autoincrement=False),
    Column("last", Integer, nullable=False),
    comment="gapless: raised in the transaction that stores the document",
)

journal_entries = Table(
    "journal_entries",
    metadata,
    Column("journal_entry_id", Uuid, primary_key=True),
    Column("posted_on", Date, nullable=False),
    Column("cause", Text, nullable=False, comment="type of the event that caused it"),
    Column("subject", Uuid, nullable=False, comment="what that event is about"),
    Column("cause_id", Uuid, nullable=False, comment="the foreign event, or the request, at whose time it was posted"),
    Column("text", Text, nullable=False),
    Column("order_id", Uuid),
    Column("customer_id", Uuid),
    Index(
        "journal_entries_once",
        "cause",
        "subject",
        unique=True,
        postgresql_where=text("cause IN (" + ", ".join(f"'orderloop.{each}.v1'" for each in ONCE) + ")"),
    ),
    Index("journal_entries_subject", "subject"),
    Index("journal_entries_order", "order_id", postgresql_where=text("order_id IS NOT NULL")),
    Index("journal_entries_customer", "customer_id", postgresql_where=text("customer_id IS NOT NULL")),
)

postings = Table(
    "postings",
    metadata,
    Column("journal_entry_id", Uuid, ForeignKey("journal_entries.journal_entry_id"), primary_key=True),
    Column("place", SmallInteger, primary_key=True, autoincrement=False),
    Column("account", Text, nullable=False),
    Column("side", Text, nullable=False),
    Column("amount", Numeric, nullable=False),
    Column("currency", Text, nullable=False),
    CheckConstraint("side IN ('debit', 'credit')", name="postings_side"),
    CheckConstraint("amount > 0", name="postings_amount"),
)
