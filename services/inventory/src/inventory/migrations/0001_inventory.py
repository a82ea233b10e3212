"""Items, warehouses, stock, lots, the ledger, demands, shipments, purchases."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql
from sqlalchemy.schema import CreateSequence

from kit import tables

revision = "0001"
down_revision = None


def upgrade() -> None:
    tables.create(op.get_bind())
    op.execute(CreateSequence(sa.Sequence("purchase_order_number")))
    op.create_table(
        "demand_lines",
        sa.Column("line_id", sa.Uuid(), nullable=False),
        sa.Column("order_id", sa.Uuid(), nullable=False),
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.Column("requested_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("item_id", sa.Uuid(), nullable=False),
        sa.Column("stocked", sa.Boolean(), nullable=False),
        sa.Column("unit", sa.Text(), nullable=False),
        sa.Column("requested", sa.Numeric(), nullable=False),
        sa.Column("reserved", sa.Numeric(), nullable=False),
        sa.Column("planned", sa.Numeric(), nullable=False),
        sa.Column("backordered", sa.Numeric(), nullable=False),
        sa.Column("shipped", sa.Numeric(), nullable=False),
        sa.Column("released", sa.Numeric(), nullable=False),
        sa.Column("holdings", postgresql.JSONB(), nullable=False),
        sa.CheckConstraint(
            "requested = reserved + planned + backordered + shipped + released"
            " AND least(reserved, planned, backordered, shipped, released) >= 0",
            name="demand_lines_add_up",
        ),
        sa.PrimaryKeyConstraint("line_id"),
        comment="what each order wants; a line is written by those who hold the lock of its item",
        postgresql_with={"fillfactor": 70},
    )
    op.create_index("demand_lines_customer", "demand_lines", ["customer_id"], unique=False)
    op.create_index(
        "demand_lines_holding",
        "demand_lines",
        ["item_id"],
        unique=False,
        postgresql_where=sa.text("reserved + planned > 0"),
    )
    op.create_index("demand_lines_order", "demand_lines", ["order_id"], unique=False)
    op.create_index(
        "demand_lines_waiting", "demand_lines", ["item_id"], unique=False, postgresql_where=sa.text("backordered > 0")
    )
    op.create_table(
        "goods_receipts",
        sa.Column("goods_receipt_id", sa.Uuid(), nullable=False),
        sa.Column("warehouse_id", sa.Uuid(), nullable=False),
        sa.Column("received_on", sa.Date(), nullable=False),
        sa.Column("purchase_order_id", sa.Uuid(), nullable=True),
        sa.Column("supplier", sa.Text(), nullable=True),
        sa.Column("lines", postgresql.JSONB(), nullable=False),
        sa.Column("complete", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("goods_receipt_id"),
    )
    op.create_index("goods_receipts_purchase_order", "goods_receipts", ["purchase_order_id"], unique=False)
    op.create_table(
        "items",
        sa.Column("item_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("sku", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("unit", sa.Text(), nullable=False),
        sa.Column("standard_cost", sa.Numeric(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("tracked", sa.Text(), nullable=False),
        sa.Column("supplier", sa.Text(), nullable=True),
        sa.Column("lead_days", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("item_id"),
    )
    op.create_index("items_sku", "items", ["sku"], unique=True)
    op.create_table(
        "lots",
        sa.Column("lot_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("item_id", sa.Uuid(), nullable=False),
        sa.Column("warehouse_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("received_on", sa.Date(), nullable=False),
        sa.Column("unit", sa.Text(), nullable=False),
        sa.Column("on_hand", sa.Numeric(), nullable=False),
        sa.Column("quarantined", sa.Numeric(), nullable=False),
        sa.Column("unit_cost", sa.Numeric(), nullable=False),
        sa.Column("value", sa.Numeric(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("serials", postgresql.JSONB(), nullable=False),
        sa.Column("origin_lot_id", sa.Uuid(), nullable=True),
        sa.CheckConstraint("quarantined >= 0 AND on_hand >= quarantined AND value >= 0", name="lots_not_negative"),
        sa.PrimaryKeyConstraint("lot_id"),
    )
    op.create_index(
        "lots_in_stock", "lots", ["item_id", "warehouse_id"], unique=False, postgresql_where=sa.text("on_hand > 0")
    )
    op.create_index("lots_item", "lots", ["item_id", "lot_id"], unique=False)
    op.create_index(
        "lots_origin", "lots", ["origin_lot_id"], unique=False, postgresql_where=sa.text("origin_lot_id IS NOT NULL")
    )
    op.create_table(
        "merged_customers",
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.Column("survivor_id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("customer_id"),
        comment="what this service knows of customers: fed by the customer service's events",
    )
    op.create_table(
        "movements",
        sa.Column("movement_id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("item_id", sa.Uuid(), nullable=False),
        sa.Column("warehouse_id", sa.Uuid(), nullable=False),
        sa.Column("lot_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("quantity", sa.Numeric(), nullable=False),
        sa.Column("unit", sa.Text(), nullable=False),
        sa.Column("cost", sa.Numeric(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("because_of", sa.Uuid(), nullable=True),
        sa.Column("moved_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("movement_id"),
        comment="append-only: the ledger of goods",
    )
    op.create_index("movements_item", "movements", ["item_id", "movement_id"], unique=False)
    op.create_table(
        "purchase_orders",
        sa.Column("purchase_order_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("supplier", sa.Text(), nullable=False),
        sa.Column("warehouse_id", sa.Uuid(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("expected_on", sa.Date(), nullable=False),
        sa.Column("lines", postgresql.JSONB(), nullable=False),
        sa.Column("pegs", postgresql.JSONB(), nullable=False),
        sa.Column("cancellation_reason", sa.Text(), nullable=True),
        sa.Column("item_ids", sa.ARRAY(sa.Uuid()), nullable=False, comment="of the lines"),
        sa.Column("pegged_lines", sa.ARRAY(sa.Uuid()), nullable=False, comment="of the pegs"),
        sa.Column("idle", sa.Boolean(), nullable=False, comment="it runs, and something of it is for stock"),
        sa.PrimaryKeyConstraint("purchase_order_id"),
    )
    op.create_index(
        "purchase_orders_idle",
        "purchase_orders",
        ["item_ids"],
        unique=False,
        postgresql_using="gin",
        postgresql_where=sa.text("idle"),
    )
    op.create_index("purchase_orders_items", "purchase_orders", ["item_ids"], unique=False, postgresql_using="gin")
    op.create_index("purchase_orders_number", "purchase_orders", ["number"], unique=True)
    op.create_index(
        "purchase_orders_pegged_lines", "purchase_orders", ["pegged_lines"], unique=False, postgresql_using="gin"
    )
    op.create_index("purchase_orders_status", "purchase_orders", ["status", "purchase_order_id"], unique=False)
    op.create_table(
        "shipments",
        sa.Column("shipment_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("order_id", sa.Uuid(), nullable=False),
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.Column("warehouse_id", sa.Uuid(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("lines", postgresql.JSONB(), nullable=False),
        sa.Column("split_from", sa.Uuid(), nullable=True),
        sa.Column("carrier", sa.Text(), nullable=True),
        sa.Column("tracking_number", sa.Text(), nullable=True),
        sa.Column("received_by", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("shipment_id"),
    )
    op.create_index("shipments_customer", "shipments", ["customer_id", "shipment_id"], unique=False)
    op.create_index("shipments_order", "shipments", ["order_id", "shipment_id"], unique=False)
    op.create_index("shipments_status", "shipments", ["status", "shipment_id"], unique=False)
    op.create_table(
        "stock_levels",
        sa.Column("item_id", sa.Uuid(), nullable=False),
        sa.Column("warehouse_id", sa.Uuid(), nullable=False),
        sa.Column("unit", sa.Text(), nullable=False),
        sa.Column("on_hand", sa.Numeric(), nullable=False),
        sa.Column("reserved", sa.Numeric(), nullable=False),
        sa.Column("quarantined", sa.Numeric(), nullable=False),
        sa.CheckConstraint("on_hand - reserved - quarantined >= 0", name="stock_levels_available"),
        sa.CheckConstraint("on_hand >= 0 AND reserved >= 0 AND quarantined >= 0", name="stock_levels_not_negative"),
        sa.PrimaryKeyConstraint("item_id", "warehouse_id"),
        postgresql_with={"fillfactor": 70},
    )
    op.create_table(
        "warehouses",
        sa.Column("warehouse_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("priority", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("warehouse_id"),
    )
    op.create_index("warehouses_code", "warehouses", ["code"], unique=True)
