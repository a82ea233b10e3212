"""Counters."""

import sqlalchemy as sa
from alembic import op

from kit import tables

revision = "0001"
down_revision = None


def upgrade() -> None:
    tables.create(op.get_bind())
    op.create_table(
        "counters",
        sa.Column("counter_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("label", sa.Text(), nullable=False),
        sa.Column("pieces", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("counter_id"),
        sa.CheckConstraint("pieces >= 0", name="pieces_are_there"),
    )
    op.create_index("counters_label", "counters", ["label"], unique=True)
