"""Credit accounts, copies of orders, invoices, credit notes, payments, refunds, the journal."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from kit import tables

revision = "0001"
down_revision = None


def upgrade() -> None:
    tables.create(op.get_bind())
    op.create_table(
        "credit_accounts",
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False, comment="fed by the customer service's events"),
        sa.Column("survivor_id", sa.Uuid(), nullable=True, comment="the customer that this one was merged into"),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("credit_limit", sa.Numeric(), nullable=True, comment="null: none is set, any order passes"),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("approved", sa.Numeric(), nullable=False),
        sa.Column("receivables", sa.Numeric(), nullable=False),
        sa.Column("unallocated_cash", sa.Numeric(), nullable=False),
        sa.Column("waiting", postgresql.JSONB(), nullable=False),
        sa.CheckConstraint(
            "approved >= 0 AND receivables >= 0 AND unallocated_cash >= 0", name="credit_accounts_amounts"
        ),
        sa.CheckConstraint("credit_limit >= 0", name="credit_accounts_limit"),
        sa.PrimaryKeyConstraint("customer_id"),
    )
    op.create_index("credit_accounts_state", "credit_accounts", ["state", "customer_id"], unique=False)
    op.create_index(
        "credit_accounts_survivor",
        "credit_accounts",
        ["survivor_id"],
        unique=False,
        postgresql_where=sa.text("survivor_id IS NOT NULL"),
    )
    op.create_table(
        "document_numbers",
        sa.Column("series", sa.Text(), nullable=False),
        sa.Column("year", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("last", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("series", "year"),
        comment="gapless: raised in the transaction that stores the document",
    )
    op.create_table(
        "invoices",
        sa.Column("invoice_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("order_id", sa.Uuid(), nullable=False),
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.Column("shipment_id", sa.Uuid(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("lines", postgresql.JSONB(), nullable=False),
        sa.Column("credited_lines", postgresql.JSONB(), nullable=False),
        sa.Column("issued_on", sa.Date(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("gross", sa.Numeric(), nullable=False),
        sa.Column("credited", sa.Numeric(), nullable=False),
        sa.Column("settled", sa.Numeric(), nullable=False),
        sa.Column("waived", sa.Numeric(), nullable=False),
        sa.Column("open", sa.Numeric(), nullable=False),
        sa.Column("told_overdue", sa.Boolean(), nullable=False),
        sa.CheckConstraint("credited >= 0 AND settled >= 0 AND waived >= 0", name="invoices_not_negative"),
        sa.CheckConstraint("open = gross - credited - settled - waived AND open >= 0", name="invoices_open"),
        sa.PrimaryKeyConstraint("invoice_id"),
    )
    op.create_index("invoices_customer", "invoices", ["customer_id", "invoice_id"], unique=False)
    op.create_index("invoices_due", "invoices", ["due_on"], unique=False, postgresql_where=sa.text("open > 0"))
    op.create_index("invoices_number", "invoices", ["number"], unique=True)
    op.create_index(
        "invoices_open_of_customer",
        "invoices",
        ["customer_id", "issued_on", "number"],
        unique=False,
        postgresql_where=sa.text("open > 0"),
    )
    op.create_index("invoices_order", "invoices", ["order_id"], unique=False)
    op.create_index("invoices_shipment", "invoices", ["shipment_id"], unique=True)
    op.create_table(
        "journal_entries",
        sa.Column("journal_entry_id", sa.Uuid(), nullable=False),
        sa.Column("posted_on", sa.Date(), nullable=False),
        sa.Column("cause", sa.Text(), nullable=False, comment="type of the event that caused it"),
        sa.Column("subject", sa.Uuid(), nullable=False, comment="what that event is about"),
        sa.Column(
            "cause_id",
            sa.Uuid(),
            nullable=False,
            comment="the foreign event, or the request, at whose time it was posted",
        ),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("order_id", sa.Uuid(), nullable=True),
        sa.Column("customer_id", sa.Uuid(), nullable=True),
        sa.PrimaryKeyConstraint("journal_entry_id"),
    )
    op.create_index(
        "journal_entries_customer",
        "journal_entries",
        ["customer_id"],
        unique=False,
        postgresql_where=sa.text("customer_id IS NOT NULL"),
    )
    op.create_index(
        "journal_entries_once",
        "journal_entries",
        ["cause", "subject"],
        unique=True,
        postgresql_where=sa.text(
            "cause IN ('orderloop.finance.InvoiceIssued.v1', 'orderloop.finance.CreditNoteIssued.v1'"
            ", 'orderloop.finance.PaymentReceived.v1', 'orderloop.finance.RefundIssued.v1'"
            ", 'orderloop.inventory.ShipmentDispatched.v1', 'orderloop.inventory.GoodsReceived.v1')"
        ),
    )
    op.create_index(
        "journal_entries_order",
        "journal_entries",
        ["order_id"],
        unique=False,
        postgresql_where=sa.text("order_id IS NOT NULL"),
    )
    op.create_index("journal_entries_subject", "journal_entries", ["subject"], unique=False)
    op.create_table(
        "orders",
        sa.Column("order_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("ordered_on", sa.Date(), nullable=False),
        sa.Column("prepaid", sa.Boolean(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("lines", postgresql.JSONB(), nullable=False),
        sa.Column("opportunity_id", sa.Uuid(), nullable=True),
        sa.Column("revenue", sa.Numeric(), nullable=False),
        sa.Column("costs", postgresql.JSONB(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("order_id"),
        comment="what of each order is still to be invoiced, at which price, what it cost so far",
    )
    op.create_index("orders_customer", "orders", ["customer_id"], unique=False)
    op.create_table(
        "payments",
        sa.Column("payment_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.Column("paid_by", sa.Uuid(), nullable=False, comment="who paid it, before any merger: never changes"),
        sa.Column("amount", sa.Numeric(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("reference", sa.Text(), nullable=False),
        sa.Column("received_on", sa.Date(), nullable=False),
        sa.Column("order_id", sa.Uuid(), nullable=True),
        sa.Column("prepayment", sa.Boolean(), nullable=False),
        sa.Column("allocations", postgresql.JSONB(), nullable=False),
        sa.Column("refunded", sa.Numeric(), nullable=False),
        sa.Column("unallocated", sa.Numeric(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.CheckConstraint("amount > 0 AND refunded >= 0", name="payments_not_negative"),
        sa.CheckConstraint("unallocated >= 0 AND unallocated <= amount - refunded", name="payments_unallocated"),
        sa.PrimaryKeyConstraint("payment_id"),
    )
    op.create_index("payments_customer", "payments", ["customer_id", "reference"], unique=False)
    op.create_index("payments_order", "payments", ["order_id"], unique=False)
    op.create_index("payments_reference", "payments", ["paid_by", "reference"], unique=True)
    op.create_index(
        "payments_unallocated",
        "payments",
        ["customer_id", "payment_id"],
        unique=False,
        postgresql_where=sa.text("unallocated > 0"),
    )
    op.create_table(
        "credit_notes",
        sa.Column("credit_note_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("invoice_id", sa.Uuid(), nullable=False),
        sa.Column("order_id", sa.Uuid(), nullable=False),
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("lines", postgresql.JSONB(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("issued_on", sa.Date(), nullable=False),
        sa.ForeignKeyConstraint(
            ["invoice_id"],
            ["invoices.invoice_id"],
        ),
        sa.PrimaryKeyConstraint("credit_note_id"),
    )
    op.create_index("credit_notes_customer", "credit_notes", ["customer_id", "credit_note_id"], unique=False)
    op.create_index("credit_notes_invoice", "credit_notes", ["invoice_id"], unique=False)
    op.create_index("credit_notes_number", "credit_notes", ["number"], unique=True)
    op.create_index("credit_notes_order", "credit_notes", ["order_id"], unique=False)
    op.create_table(
        "postings",
        sa.Column("journal_entry_id", sa.Uuid(), nullable=False),
        sa.Column("place", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("side", sa.Text(), nullable=False),
        sa.Column("amount", sa.Numeric(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.CheckConstraint("side IN ('debit', 'credit')", name="postings_side"),
        sa.CheckConstraint("amount > 0", name="postings_amount"),
        sa.ForeignKeyConstraint(
            ["journal_entry_id"],
            ["journal_entries.journal_entry_id"],
        ),
        sa.PrimaryKeyConstraint("journal_entry_id", "place"),
    )
    op.create_table(
        "refunds",
        sa.Column("refund_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("payment_id", sa.Uuid(), nullable=False),
        sa.Column("order_id", sa.Uuid(), nullable=True),
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.Column("amount", sa.Numeric(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("refunded_on", sa.Date(), nullable=False),
        sa.CheckConstraint("amount > 0", name="refunds_amount"),
        sa.ForeignKeyConstraint(
            ["payment_id"],
            ["payments.payment_id"],
        ),
        sa.PrimaryKeyConstraint("refund_id"),
    )
    op.create_index("refunds_customer", "refunds", ["customer_id", "refund_id"], unique=False)
    op.create_index("refunds_payment", "refunds", ["payment_id"], unique=False)
    op.execute(NEVER_EDITED)
    op.execute(BALANCES)
    for table in ("journal_entries", "postings"):
        op.execute(
            f"CREATE TRIGGER {table}_never_edited BEFORE UPDATE OR DELETE OR TRUNCATE ON {table}"
            " EXECUTE FUNCTION journal_never_edited()"
        )
    op.execute(
        "CREATE TRIGGER postings_balance AFTER INSERT ON postings REFERENCING NEW TABLE AS added"
        " FOR EACH STATEMENT EXECUTE FUNCTION journal_balances()"
    )
    op.execute("INSERT INTO timer (kind, subject, due_at) VALUES ('look_after_invoices', gen_random_uuid(), now())")


NEVER_EDITED = """
CREATE FUNCTION journal_never_edited() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'the journal is never edited: post another entry' USING ERRCODE = 'integrity_constraint_violation';
END $$
"""

BALANCES = """
CREATE FUNCTION journal_balances() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF EXISTS (SELECT FROM added GROUP BY journal_entry_id, currency
             HAVING sum(CASE side WHEN 'debit' THEN amount ELSE -amount END) <> 0) THEN
    RAISE EXCEPTION 'debit is not credit' USING ERRCODE = 'check_violation';
  END IF;
  RETURN NULL;
END $$
"""
