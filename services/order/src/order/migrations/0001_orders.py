"""Orders, and what is known of customers and items."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql
from sqlalchemy.schema import CreateSequence

from kit import tables

revision = "0001"
down_revision = None


def upgrade() -> None:
    tables.create(op.get_bind())
    op.execute(CreateSequence(sa.Sequence("order_number")))
    op.create_table(
        "customers",
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("survivor_id", sa.Uuid(), nullable=True),
        sa.PrimaryKeyConstraint("customer_id"),
        comment="what this service knows of customers: fed by the customer service's events",
    )
    op.create_table(
        "items",
        sa.Column("item_id", sa.Uuid(), nullable=False),
        sa.Column("sku", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("unit", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("item_id"),
        comment="what this service knows of items: fed by the inventory service's events",
    )
    op.create_table(
        "orders",
        sa.Column("order_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.Column("ordered_as", sa.Uuid(), nullable=False, comment="who placed it, before any merger: never changes"),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("lines", postgresql.JSONB(), nullable=False),
        sa.Column("holds", postgresql.JSONB(), nullable=False),
        sa.Column("deliveries", postgresql.JSONB(), nullable=False),
        sa.Column("release", postgresql.JSONB(), nullable=True),
        sa.Column("prepaid", sa.Boolean(), nullable=False),
        sa.Column("opportunity_id", sa.Uuid(), nullable=True),
        sa.Column("quote_id", sa.Uuid(), nullable=True),
        sa.Column("customer_reference", sa.Text(), nullable=True),
        sa.Column("ordered_on", sa.Date(), nullable=False),
        sa.Column("requested_on", sa.Date(), nullable=True),
        sa.Column("credit_approved", sa.Boolean(), nullable=False),
        sa.Column("confirmed", sa.Boolean(), nullable=False),
        sa.Column("waiting_for", sa.Text(), nullable=False),
        sa.Column("waiting_since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("waiting_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("told_stuck", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("order_id"),
    )
    op.create_index("orders_customer", "orders", ["customer_id", "customer_reference"], unique=False)
    op.create_index("orders_customer_reference", "orders", ["ordered_as", "customer_reference"], unique=True)
    op.create_index("orders_number", "orders", ["number"], unique=True)
    op.create_index("orders_opportunity", "orders", ["opportunity_id"], unique=True)
    op.create_index("orders_status", "orders", ["status", "order_id"], unique=False)
    op.create_index(
        "orders_waiting_until", "orders", ["waiting_until"], unique=False, postgresql_where=sa.text("NOT told_stuck")
    )
    op.execute("INSERT INTO timer (kind, subject, due_at) VALUES ('look_after_orders', gen_random_uuid(), now())")
