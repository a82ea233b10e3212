"""Nonconformances, corrective actions, and what is known of customers, cases, items and lots."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql
from sqlalchemy.schema import CreateSequence

from kit import tables

revision = "0001"
down_revision = None


def upgrade() -> None:
    tables.create(op.get_bind())
    op.execute(CreateSequence(sa.Sequence("nonconformance_number")))
    op.execute(CreateSequence(sa.Sequence("capa_number")))
    op.create_table(
        "capas",
        sa.Column("capa_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("nonconformance_id", sa.Uuid(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("owner", sa.Text(), nullable=False),
        sa.Column("opened_on", sa.Date(), nullable=False),
        sa.Column("customer_id", sa.Uuid(), nullable=True),
        sa.Column("case_id", sa.Uuid(), nullable=True),
        sa.Column("order_id", sa.Uuid(), nullable=True),
        sa.Column("item_id", sa.Uuid(), nullable=True),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("root_cause", sa.Text(), nullable=True),
        sa.Column("action", sa.Text(), nullable=True),
        sa.Column("metric", sa.Text(), nullable=True),
        sa.Column("window_days", sa.Integer(), nullable=True),
        sa.Column("planned_on", sa.Date(), nullable=True),
        sa.Column("implemented_on", sa.Date(), nullable=True),
        sa.Column("observe_until", sa.Date(), nullable=True),
        sa.Column("verifier", sa.Text(), nullable=True),
        sa.Column("verified_on", sa.Date(), nullable=True),
        sa.Column("attempts", postgresql.JSONB(), nullable=False),
        sa.CheckConstraint(
            "(status IN ('implemented', 'effective')) = (implemented_on IS NOT NULL AND observe_until IS NOT NULL)",
            name="capas_implemented_are_watched",
        ),
        sa.CheckConstraint(
            "status IN ('open', 'root_cause_identified', 'planned', 'implemented', 'effective')",
            name="capas_status_is_known",
        ),
        sa.CheckConstraint("implemented_on >= planned_on", name="capas_planned_before_implemented"),
        sa.CheckConstraint("verifier <> owner", name="capas_owner_does_not_verify"),
        sa.PrimaryKeyConstraint("capa_id"),
    )
    op.create_index("capas_customer", "capas", ["customer_id"], unique=False)
    op.create_index("capas_nonconformance", "capas", ["nonconformance_id", "capa_id"], unique=False)
    op.create_index("capas_number", "capas", ["number"], unique=True)
    op.create_index("capas_owner", "capas", ["owner", "capa_id"], unique=False)
    op.create_index("capas_status", "capas", ["status", "capa_id"], unique=False)
    op.create_index(
        "capas_watched",
        "capas",
        ["item_id", "observe_until"],
        unique=False,
        postgresql_where=sa.text("status = 'implemented'"),
    )
    op.create_table(
        "cases",
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column(
            "customer_id", sa.Uuid(), nullable=False, comment="as it was opened; customers says into whom it was merged"
        ),
        sa.Column("order_id", sa.Uuid(), nullable=True),
        sa.PrimaryKeyConstraint("case_id"),
        comment="what this service knows of cases: fed by the service service's events",
    )
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
        sa.PrimaryKeyConstraint("item_id"),
        comment="what this service knows of items: fed by the inventory service's events",
    )
    op.create_table(
        "lots",
        sa.Column("lot_id", sa.Uuid(), nullable=False),
        sa.Column("item_id", sa.Uuid(), nullable=False),
        sa.Column("lot_number", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("lot_id"),
        comment="what this service knows of lots: fed by the inventory service's events",
    )
    op.create_table(
        "nonconformances",
        sa.Column("nonconformance_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("severity", sa.Text(), nullable=False),
        sa.Column("raised_on", sa.Date(), nullable=False),
        sa.Column("customer_id", sa.Uuid(), nullable=True),
        sa.Column("case_id", sa.Uuid(), nullable=True),
        sa.Column("order_id", sa.Uuid(), nullable=True),
        sa.Column("line_id", sa.Uuid(), nullable=True),
        sa.Column("item_id", sa.Uuid(), nullable=True),
        sa.Column("lot_ids", postgresql.JSONB(), nullable=False),
        sa.Column("contained", postgresql.JSONB(), nullable=False),
        sa.Column("decisions", postgresql.JSONB(), nullable=False),
        sa.Column(
            "lots",
            postgresql.ARRAY(sa.Uuid()),
            nullable=False,
            comment="all lots that it names, suspected or contained, to be found",
        ),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("closed_because", sa.Text(), nullable=True),
        sa.CheckConstraint("severity IN ('minor', 'major', 'critical')", name="nonconformances_severity_is_known"),
        sa.CheckConstraint(
            "status IN ('open', 'contained', 'dispositioned', 'closed')", name="nonconformances_status_is_known"
        ),
        sa.CheckConstraint(
            "status NOT IN ('contained', 'dispositioned') OR item_id IS NOT NULL",
            name="nonconformances_contained_are_of_an_item",
        ),
        sa.PrimaryKeyConstraint("nonconformance_id"),
    )
    op.create_index("nonconformances_case", "nonconformances", ["case_id"], unique=True)
    op.create_index("nonconformances_customer", "nonconformances", ["customer_id"], unique=False)
    op.create_index("nonconformances_item", "nonconformances", ["item_id", "nonconformance_id"], unique=False)
    op.create_index("nonconformances_lots", "nonconformances", ["lots"], unique=False, postgresql_using="gin")
    op.create_index("nonconformances_number", "nonconformances", ["number"], unique=True)
    op.create_index("nonconformances_order", "nonconformances", ["order_id"], unique=False)
    op.create_index("nonconformances_status", "nonconformances", ["status", "nonconformance_id"], unique=False)
