"""Cases, and what is known of customers, orders, items, shipped goods and quality's findings."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql
from sqlalchemy.schema import CreateSequence

from kit import tables

revision = "0001"
down_revision = None


def upgrade() -> None:
    tables.create(op.get_bind())
    op.execute(CreateSequence(sa.Sequence("case_number")))
    op.create_table(
        "cases",
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("external_reference", sa.Text(), nullable=True),
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("priority", sa.Text(), nullable=False),
        sa.Column("urgency", sa.Integer(), nullable=False, comment="the priority as a number: the lowest comes first"),
        sa.Column("severity", sa.Text(), nullable=False),
        sa.Column("order_id", sa.Uuid(), nullable=True),
        sa.Column("line_id", sa.Uuid(), nullable=True),
        sa.Column("item_id", sa.Uuid(), nullable=True),
        sa.Column("lot_ids", postgresql.JSONB(), nullable=False),
        sa.Column("serial", sa.Text(), nullable=True),
        sa.Column("nothing_named_because", sa.Text(), nullable=True),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("assignee", sa.Text(), nullable=True),
        sa.Column("waiting_reason", sa.Text(), nullable=True),
        sa.Column("resolution", sa.Text(), nullable=True),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("resolved_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closes_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reopen_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("history", postgresql.JSONB(), nullable=False),
        sa.Column("findings", postgresql.JSONB(), nullable=False),
        sa.Column("actions", postgresql.JSONB(), nullable=False),
        sa.CheckConstraint("(status = 'closed') = (closed_at IS NOT NULL)", name="cases_closed_have_a_day"),
        sa.CheckConstraint("(status = 'new') = (assignee IS NULL)", name="cases_new_are_in_nobodys_hands"),
        sa.CheckConstraint(
            "(status IN ('resolved', 'closed')) = (resolution IS NOT NULL AND closes_at IS NOT NULL)",
            name="cases_settled_have_a_resolution",
        ),
        sa.CheckConstraint("kind IN ('enquiry', 'complaint', 'incident', 'return')", name="cases_kind_is_known"),
        sa.CheckConstraint("priority IN ('low', 'normal', 'high', 'urgent')", name="cases_priority_is_known"),
        sa.CheckConstraint("severity IN ('minor', 'major', 'critical')", name="cases_severity_is_known"),
        sa.CheckConstraint(
            "status IN ('new', 'in_progress', 'waiting_on_customer', 'waiting_on_third_party', 'resolved', 'closed',"
            " 'reopened')",
            name="cases_status_is_known",
        ),
        sa.PrimaryKeyConstraint("case_id"),
    )
    op.create_index("cases_assignee", "cases", ["assignee", "case_id"], unique=False)
    op.create_index("cases_customer", "cases", ["customer_id", "case_id"], unique=False)
    op.create_index("cases_external_reference", "cases", ["external_reference"], unique=True)
    op.create_index("cases_number", "cases", ["number"], unique=True)
    op.create_index("cases_order", "cases", ["order_id"], unique=False)
    op.create_index("cases_status", "cases", ["status", "case_id"], unique=False)
    op.create_index(
        "cases_worklist",
        "cases",
        ["urgency", "case_id"],
        unique=False,
        postgresql_where=sa.text("status NOT IN ('resolved', 'closed')"),
    )
    op.create_table(
        "customers",
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("survivor_id", sa.Uuid(), nullable=True),
        sa.PrimaryKeyConstraint("customer_id"),
        comment="what this service knows of customers: fed by the customer service's events",
    )
    op.create_index("customers_survivor", "customers", ["survivor_id"], unique=False)
    op.create_table(
        "items",
        sa.Column("item_id", sa.Uuid(), nullable=False),
        sa.Column("sku", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("item_id"),
        comment="what this service knows of items: fed by the inventory service's events",
    )
    op.create_table(
        "orders",
        sa.Column("order_id", sa.Uuid(), nullable=False),
        sa.Column(
            "customer_id",
            sa.Uuid(),
            nullable=False,
            comment="as it was ordered; customers says into whom it was merged",
        ),
        sa.Column("number", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("order_id"),
        comment="what this service knows of orders: fed by the order service's events",
    )
    op.create_table(
        "quality_records",
        sa.Column("record_id", sa.Uuid(), nullable=False, comment="of a nonconformance or a corrective action"),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("record_id"),
        comment="which case quality's news are about: fed by the quality service's events",
    )
    op.create_table(
        "shipped_units",
        sa.Column("unit_id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("shipment_id", sa.Uuid(), nullable=False),
        sa.Column("order_id", sa.Uuid(), nullable=False),
        sa.Column("line_id", sa.Uuid(), nullable=False),
        sa.Column("item_id", sa.Uuid(), nullable=False),
        sa.Column(
            "customer_id",
            sa.Uuid(),
            nullable=False,
            comment="as it was shipped; customers says into whom it was merged",
        ),
        sa.Column("quantity", sa.Numeric(), nullable=False),
        sa.Column("unit", sa.Text(), nullable=False),
        sa.Column("shipped_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("lot_id", sa.Uuid(), nullable=True),
        sa.Column("lot_number", sa.Text(), nullable=True),
        sa.Column("serials", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.PrimaryKeyConstraint("unit_id"),
        comment="what left the house: fed by the inventory service's events; rows are added, never changed",
    )
    op.create_index("shipped_units_customer", "shipped_units", ["customer_id"], unique=False)
    op.create_index(
        "shipped_units_line",
        "shipped_units",
        ["line_id", "shipment_id", "lot_id"],
        unique=True,
        postgresql_nulls_not_distinct=True,
    )
    op.create_index("shipped_units_lot", "shipped_units", ["lot_id"], unique=False)
    op.create_index("shipped_units_order", "shipped_units", ["order_id"], unique=False)
    op.create_index(
        "shipped_units_serials",
        "shipped_units",
        ["serials"],
        unique=False,
        postgresql_using="gin",
        postgresql_where=sa.text("serials <> '{}'"),
    )
