"""Customers, what was said with them, their timelines, and what is known of whose a noun of the loop is."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql
from sqlalchemy.schema import CreateSequence

from kit import tables

revision = "0001"
down_revision = None


def upgrade() -> None:
    tables.create(op.get_bind())
    op.execute(CreateSequence(sa.Sequence("customer_number")))
    op.create_table(
        "customers",
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("country", sa.Text(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("tax_id", sa.Text(), nullable=True),
        sa.Column("external_reference", sa.Text(), nullable=True),
        sa.Column("parent_id", sa.Uuid(), nullable=True),
        sa.Column("survivor_id", sa.Uuid(), nullable=True),
        sa.Column("contacts", postgresql.JSONB(), nullable=False),
        sa.Column("words", postgresql.TSVECTOR(), nullable=False, comment="what the customer is searched by"),
        sa.CheckConstraint("(status = 'merged') = (survivor_id IS NOT NULL)", name="customers_merged_has_survivor"),
        sa.CheckConstraint("kind IN ('organisation', 'person')", name="customers_kind_is_known"),
        sa.CheckConstraint("status IN ('prospect', 'active', 'inactive', 'merged')", name="customers_status_is_known"),
        sa.CheckConstraint("customer_id NOT IN (parent_id, survivor_id)", name="customers_is_not_above_itself"),
        sa.ForeignKeyConstraint(["parent_id"], ["customers.customer_id"], name="customers_parent_is_known"),
        sa.ForeignKeyConstraint(["survivor_id"], ["customers.customer_id"], name="customers_survivor_is_known"),
        sa.PrimaryKeyConstraint("customer_id"),
    )
    op.create_index("customers_country", "customers", ["country", "customer_id"], unique=False)
    op.create_index("customers_external_reference", "customers", ["external_reference"], unique=True)
    op.create_index(
        "customers_name",
        "customers",
        [sa.literal_column("lower(name)").label("name")],
        unique=False,
        postgresql_ops={"name": "text_pattern_ops"},
    )
    op.create_index("customers_number", "customers", ["number"], unique=True)
    op.create_index("customers_status", "customers", ["status", "customer_id"], unique=False)
    op.create_index(
        "customers_survivor",
        "customers",
        ["survivor_id"],
        unique=False,
        postgresql_where=sa.text("survivor_id IS NOT NULL"),
    )
    op.create_index("customers_tax_id", "customers", ["tax_id", "country"], unique=True)
    op.create_index("customers_words", "customers", ["words"], unique=False, postgresql_using="gin")
    op.create_table(
        "known",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("customer_id", sa.Uuid(), nullable=True, comment="empty while it is nobody's"),
        sa.PrimaryKeyConstraint("id"),
        comment="whose an order, invoice, case … is: fed by everybody's events",
    )
    op.create_table(
        "timeline",
        sa.Column("event_id", sa.Uuid(), nullable=False),
        sa.Column("customer_id", sa.Uuid(), nullable=True, comment="as told; empty while nobody knows whose it is"),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("service", sa.Text(), nullable=False),
        sa.Column("event", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("happened_on", sa.Date(), nullable=False),
        sa.Column("opportunity_id", sa.Uuid(), nullable=True),
        sa.Column("quote_id", sa.Uuid(), nullable=True),
        sa.Column("order_id", sa.Uuid(), nullable=True),
        sa.Column("shipment_id", sa.Uuid(), nullable=True),
        sa.Column("invoice_id", sa.Uuid(), nullable=True),
        sa.Column("payment_id", sa.Uuid(), nullable=True),
        sa.Column("case_id", sa.Uuid(), nullable=True),
        sa.Column("nonconformance_id", sa.Uuid(), nullable=True),
        sa.Column("capa_id", sa.Uuid(), nullable=True),
        sa.Column(
            "waits_for",
            postgresql.ARRAY(sa.Uuid()),
            nullable=True,
            comment="its ids, while none of them is known to be a customer's",
        ),
        sa.CheckConstraint("(customer_id IS NULL) = (waits_for IS NOT NULL)", name="timeline_waits_or_is_a_customers"),
        sa.PrimaryKeyConstraint("event_id"),
        comment="one row for each event that concerns a customer: fed by everybody's events",
    )
    op.create_index("timeline_customer", "timeline", ["customer_id", "recorded_at", "event_id"], unique=False)
    op.create_index(
        "timeline_waits_for",
        "timeline",
        ["waits_for"],
        unique=False,
        postgresql_using="gin",
        postgresql_where=sa.text("customer_id IS NULL"),
    )
    op.create_table(
        "interactions",
        sa.Column("interaction_id", sa.Uuid(), nullable=False),
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("direction", sa.Text(), nullable=False),
        sa.Column("summary", sa.Text(), nullable=False),
        sa.Column("happened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("logged_by", sa.Text(), nullable=False),
        sa.Column("contact_id", sa.Uuid(), nullable=True),
        sa.CheckConstraint(
            "channel IN ('mail', 'call', 'visit', 'chat', 'social')", name="interactions_channel_is_known"
        ),
        sa.CheckConstraint("direction IN ('inbound', 'outbound')", name="interactions_direction_is_known"),
        sa.ForeignKeyConstraint(["customer_id"], ["customers.customer_id"], name="interactions_customer"),
        sa.PrimaryKeyConstraint("interaction_id"),
    )
    op.create_index(
        "interactions_customer", "interactions", ["customer_id", "happened_at", "interaction_id"], unique=False
    )
