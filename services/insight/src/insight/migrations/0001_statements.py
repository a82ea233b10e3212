"""What was said, what is due to be compared, and what was found."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from kit import tables

revision = "0001"
down_revision = None


def upgrade() -> None:
    tables.create(op.get_bind())
    op.create_table(
        "discrepancies",
        sa.Column("discrepancy_id", sa.Uuid(), nullable=False),
        sa.Column("about", sa.Uuid(), nullable=False),
        sa.Column("within", sa.Text(), nullable=False, comment="line, shipment and invoice: where in the subject"),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("order_id", sa.Uuid(), nullable=True),
        sa.Column("told", postgresql.JSONB(), nullable=False, comment="as it was published last"),
        sa.Column("detected_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("told_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("cleared_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("because", postgresql.JSONB(), nullable=True, comment="what was heard before it was cleared"),
        sa.PrimaryKeyConstraint("discrepancy_id"),
    )
    op.create_index("discrepancies_kind", "discrepancies", ["kind", "discrepancy_id"], unique=False)
    op.create_index(
        "discrepancies_open",
        "discrepancies",
        ["about", "kind", "within"],
        unique=True,
        postgresql_where=sa.text("cleared_at IS NULL"),
    )
    op.create_index(
        "discrepancies_open_by_id",
        "discrepancies",
        ["discrepancy_id"],
        unique=False,
        postgresql_where=sa.text("cleared_at IS NULL"),
    )
    op.create_index("discrepancies_order", "discrepancies", ["order_id"], unique=False)
    op.create_table(
        "hearing",
        sa.Column("one", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column("late_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("late_since", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("one", name="hearing_is_one"),
        sa.PrimaryKeyConstraint("one"),
        comment="when something was last heard long after it was said, and since when that goes on",
    )
    op.create_table(
        "merged_customers",
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.Column("survivor_id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("customer_id"),
        comment="who remains of a customer that was merged, through all mergers",
    )
    op.create_index("merged_customers_survivor", "merged_customers", ["survivor_id"], unique=False)
    op.create_table(
        "settled_subjects",
        sa.Column("about", sa.Uuid(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("forgotten", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.PrimaryKeyConstraint("about"),
        comment="over and fitting together; of those forgotten what was said is gone, and nothing more is compared",
    )
    op.create_index(
        "settled_subjects_since", "settled_subjects", ["since"], unique=False, postgresql_where=sa.text("NOT forgotten")
    )
    op.create_table(
        "statements",
        sa.Column("about", sa.Uuid(), nullable=False, comment="an order, payment, item or invoice"),
        sa.Column("event_id", sa.Uuid(), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("sequence", sa.BigInteger(), nullable=False, comment="within the event's own subject and topic"),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("heard_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("data", postgresql.BYTEA(), nullable=False, comment="the event's data as it came"),
        sa.PrimaryKeyConstraint("about", "event_id"),
        comment="append-only: what was said; an event about two subjects is there twice. Of an item the last only",
    )
    op.create_table(
        "subjects_due",
        sa.Column("about", sa.Uuid(), nullable=False),
        sa.Column("what", sa.Text(), nullable=False),
        sa.Column("quiet_since", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("what IN ('order', 'payment', 'item')", name="subjects_due_what_is_known"),
        sa.PrimaryKeyConstraint("about"),
        comment="what is to be compared when nothing has been said of it for the grace",
        postgresql_with={"fillfactor": 70},
    )
    op.create_index("subjects_due_quiet_since", "subjects_due", ["quiet_since"], unique=False)
    for kind in ("look_after_subjects", "forget_settled_subjects"):
        op.execute(f"INSERT INTO timer (kind, subject, due_at) VALUES ('{kind}', gen_random_uuid(), now())")
