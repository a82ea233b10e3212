"""Leads, opportunities, quotes, price lists, follow-ups, and what is known of customers, items, stock and credit."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql
from sqlalchemy.schema import CreateSequence

from kit import tables

revision = "0001"
down_revision = None


def upgrade() -> None:
    tables.create(op.get_bind())
    op.execute(CreateSequence(sa.Sequence("quote_number")))
    op.create_table(
        "availability",
        sa.Column("item_id", sa.Uuid(), nullable=False),
        sa.Column("unit", sa.Text(), nullable=False),
        sa.Column("on_hand", sa.Numeric(), nullable=False),
        sa.Column("reserved", sa.Numeric(), nullable=False),
        sa.Column("quarantined", sa.Numeric(), nullable=False),
        sa.Column("available", sa.Numeric(), nullable=False),
        sa.PrimaryKeyConstraint("item_id"),
        comment="what inventory can still promise: fed by its events, the newest counts",
        postgresql_with={"fillfactor": 70},
    )
    op.create_table(
        "catalogue",
        sa.Column("item_id", sa.Uuid(), nullable=False),
        sa.Column("sku", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("unit", sa.Text(), nullable=False),
        sa.Column("standard_cost", postgresql.JSONB(), nullable=False),
        sa.PrimaryKeyConstraint("item_id"),
        comment="what this service knows of items: fed by the inventory service's events",
    )
    op.create_index("catalogue_sku", "catalogue", ["sku", "item_id"], unique=False)
    op.create_table(
        "credit_standings",
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("exposure", postgresql.JSONB(), nullable=False),
        sa.Column("limit", postgresql.JSONB(), nullable=True),
        sa.PrimaryKeyConstraint("customer_id"),
        comment="how much more a customer may owe: fed by finance's events, the newest counts",
        postgresql_with={"fillfactor": 70},
    )
    op.create_table(
        "customers",
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("survivor_id", sa.Uuid(), nullable=True),
        sa.PrimaryKeyConstraint("customer_id"),
        comment="what this service knows of customers: fed by the customer service's events",
    )
    op.create_index("customers_survivor", "customers", ["survivor_id"], unique=False)
    op.create_table(
        "follow_up_entries",
        sa.Column("event_id", sa.Uuid(), nullable=False),
        sa.Column("subject", sa.Uuid(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=True),
        sa.Column("amount", sa.Numeric(), nullable=True),
        sa.Column("currency", sa.Text(), nullable=True),
        sa.CheckConstraint("(amount IS NULL) = (currency IS NULL)", name="follow_up_entries_amount_has_a_currency"),
        sa.PrimaryKeyConstraint("event_id"),
        comment="what everybody's events say about orders and what belongs to them: kept as it comes",
    )
    op.create_index("follow_up_entries_subject", "follow_up_entries", ["subject"], unique=False)
    op.create_table(
        "follow_up_parents",
        sa.Column("parent", sa.Uuid(), nullable=False),
        sa.Column("subject", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("parent", "subject"),
        comment="what belongs to what: an invoice to its order, an order to its opportunity",
    )
    op.create_table(
        "leads",
        sa.Column("lead_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("captured_on", sa.Date(), nullable=False),
        sa.Column("contact", sa.Text(), nullable=True),
        sa.Column("external_reference", sa.Text(), nullable=True),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("opportunity_id", sa.Uuid(), nullable=True),
        sa.Column("customer_id", sa.Uuid(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "(status = 'qualified') = (opportunity_id IS NOT NULL AND customer_id IS NOT NULL)",
            name="leads_qualified_is_an_opportunity",
        ),
        sa.CheckConstraint("status IN ('new', 'qualified', 'disqualified')", name="leads_status_is_known"),
        sa.PrimaryKeyConstraint("lead_id"),
    )
    op.create_index("leads_customer", "leads", ["customer_id"], unique=False)
    op.create_index("leads_external_reference", "leads", ["external_reference"], unique=True)
    op.create_index("leads_status", "leads", ["status", "lead_id"], unique=False)
    op.create_table(
        "opportunities",
        sa.Column("opportunity_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("owner", sa.Text(), nullable=False),
        sa.Column("amount", sa.Numeric(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("opened_on", sa.Date(), nullable=False),
        sa.Column("customer_id", sa.Uuid(), nullable=True),
        sa.Column("stage", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("expected_close_on", sa.Date(), nullable=True),
        sa.Column("external_reference", sa.Text(), nullable=True),
        sa.Column("lead_id", sa.Uuid(), nullable=True),
        sa.Column("quoted", sa.Boolean(), nullable=False),
        sa.Column("quote_id", sa.Uuid(), nullable=True),
        sa.Column("closed_on", sa.Date(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("competitor", sa.Text(), nullable=True),
        sa.CheckConstraint("(status = 'won') = (quote_id IS NOT NULL)", name="opportunities_won_by_a_quote"),
        sa.CheckConstraint(
            "stage IN ('prospecting', 'engaging', 'proposing', 'negotiating')", name="opportunities_stage_is_known"
        ),
        sa.CheckConstraint("status IN ('open', 'won', 'lost')", name="opportunities_status_is_known"),
        sa.CheckConstraint("NOT quoted OR customer_id IS NOT NULL", name="opportunities_quoted_to_a_customer"),
        sa.CheckConstraint("amount >= 0", name="opportunities_amount_is_not_negative"),
        sa.PrimaryKeyConstraint("opportunity_id"),
    )
    op.create_index("opportunities_customer", "opportunities", ["customer_id", "opportunity_id"], unique=False)
    op.create_index("opportunities_external_reference", "opportunities", ["external_reference"], unique=True)
    op.create_index("opportunities_lead", "opportunities", ["lead_id"], unique=True)
    op.create_index("opportunities_owner", "opportunities", ["owner", "opportunity_id"], unique=False)
    op.create_index("opportunities_quote", "opportunities", ["quote_id"], unique=True)
    op.create_index("opportunities_status", "opportunities", ["status", "stage", "opportunity_id"], unique=False)
    op.create_table(
        "price_lists",
        sa.Column("price_list_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_until", sa.Date(), nullable=True),
        sa.Column("prices", postgresql.JSONB(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("retired_from", sa.Date(), nullable=True),
        sa.CheckConstraint("(status = 'retired') = (retired_from IS NOT NULL)", name="price_lists_retired_from_a_day"),
        sa.CheckConstraint("status IN ('draft', 'published', 'retired')", name="price_lists_status_is_known"),
        sa.CheckConstraint("valid_until >= valid_from", name="price_lists_hold_on_a_day_at_least"),
        sa.PrimaryKeyConstraint("price_list_id"),
    )
    op.create_table(
        "published_prices",
        sa.Column("item_id", sa.Uuid(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("last_day", sa.Date(), nullable=False),
        sa.Column("price_list_id", sa.Uuid(), nullable=False),
        sa.Column("amount", sa.Numeric(), nullable=False),
        sa.CheckConstraint("amount >= 0", name="published_prices_are_not_negative"),
        sa.CheckConstraint("last_day >= valid_from", name="published_prices_hold_on_a_day_at_least"),
        sa.PrimaryKeyConstraint("item_id", "currency", "valid_from"),
        comment="which price holds when: from published and retired lists, at most one on any day",
    )
    op.create_index("published_prices_list", "published_prices", ["price_list_id"], unique=False)
    op.create_table(
        "quotes",
        sa.Column("quote_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("opportunity_id", sa.Uuid(), nullable=False),
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.Column("offer", postgresql.JSONB(), nullable=False),
        sa.Column("valid_until", sa.Date(), nullable=False, comment="of the offer, to find those that have lapsed"),
        sa.Column("customer_reference", sa.Text(), nullable=True),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("sent_on", sa.Date(), nullable=True),
        sa.Column("decided_on", sa.Date(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("earlier", postgresql.JSONB(), nullable=False),
        sa.CheckConstraint(
            "status IN ('draft', 'sent', 'accepted', 'rejected', 'expired')", name="quotes_status_of_current_is_known"
        ),
        sa.CheckConstraint("revision >= 1", name="quotes_revision_counts_from_one"),
        sa.PrimaryKeyConstraint("quote_id"),
    )
    op.create_index(
        "quotes_accepted", "quotes", ["opportunity_id"], unique=True, postgresql_where=sa.text("status = 'accepted'")
    )
    op.create_index("quotes_customer", "quotes", ["customer_id", "quote_id"], unique=False)
    op.create_index(
        "quotes_lapsing", "quotes", ["valid_until"], unique=False, postgresql_where=sa.text("status = 'sent'")
    )
    op.create_index("quotes_number", "quotes", ["number"], unique=True)
    op.create_index("quotes_opportunity", "quotes", ["opportunity_id", "quote_id"], unique=False)
    op.execute("INSERT INTO timer (kind, subject, due_at) VALUES ('expire_quotes', gen_random_uuid(), now())")
