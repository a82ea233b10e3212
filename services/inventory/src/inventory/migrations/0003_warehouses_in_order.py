"""Warehouses in the order in which goods are taken from them, from an index alone."""

from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.create_index("warehouses_priority", "warehouses", ["priority", "code", "warehouse_id"], unique=False)
