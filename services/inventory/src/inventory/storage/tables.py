"""The tables of the inventory service. Quantities are in the unit of the row, costs in its currency."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    DateTime,
    Identity,
    Index,
    Integer,
    MetaData,
    Numeric,
    Sequence,
    Table,
    Text,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY

from contracts.inventory import Peg, ReceivedLine
from inventory.domain.demand import Holding
from inventory.domain.purchase_order import PurchasedLine
from inventory.domain.shipment import ShipmentLine
from kit.database import Document

metadata = MetaData()

purchase_order_number = Sequence("purchase_order_number", metadata=metadata)

items = Table(
    "items",
    metadata,
    Column("item_id", Uuid, primary_key=True),
    Column("version", Integer, nullable=False),
    Column("sku", Text, nullable=False),
    Column("description", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("unit", Text, nullable=False),
    Column("standard_cost", Numeric, nullable=False),
    Column("currency", Text, nullable=False),
    Column("tracked", Text, nullable=False),
    Column("supplier", Text),
    Column("lead_days", Integer, nullable=False),
    Index("items_sku", "sku", unique=True),
)

warehouses = Table(
    "warehouses",
    metadata,
    Column("warehouse_id", Uuid, primary_key=True),
    Column("version", Integer, nullable=False),
    Column("code", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("priority", Integer, nullable=False),
    Index("warehouses_code", "code", unique=True),
    Index("warehouses_priority", "priority", "code", "warehouse_id"),
)

stock_levels = Table(
    "stock_levels",
    metadata,
    Column("item_id", Uuid, primary_key=True),
    Column("warehouse_id", Uuid, primary_key=True),
    Column("unit", Text, nullable=False),
    Column("on_hand", Numeric, nullable=False),
    Column("reserved", Numeric, nullable=False),
    Column("quarantined", Numeric, nullable=False),
    CheckConstraint("on_hand >= 0 AND reserved >= 0 AND quarantined >= 0", name="stock_levels_not_negative"),
    CheckConstraint("on_hand - reserved - quarantined >= 0", name="stock_levels_available"),
    postgresql_with={"fillfactor": 70},
)

lots = Table(
    "lots",
    metadata,
    Column("lot_id", Uuid, primary_key=True),
    Column("version", Integer, nullable=False),
    Column("item_id", Uuid, nullable=False),
    Column("warehouse_id", Uuid, nullable=False),
    Column("number", Text, nullable=False),
    Column("received_on", Date, nullable=False),
    Column("unit", Text, nullable=False),
    Column("on_hand", Numeric, nullable=False),
    Column("quarantined", Numeric, nullable=False),
    Column("unit_cost", Numeric, nullable=False),
    Column("value", Numeric, nullable=False),
    Column("currency", Text, nullable=False),
    Column("serials", Document(tuple[str, ...]), nullable=False),
    Column("origin_lot_id", Uuid),
    CheckConstraint("quarantined >= 0 AND on_hand >= quarantined AND value >= 0", name="lots_not_negative"),
    Index("lots_in_stock", "item_id", "warehouse_id", postgresql_where=text("on_hand > 0")),
    Index("lots_item", "item_id", "lot_id"),
    Index("lots_origin", "origin_lot_id", postgresql_where=text("origin_lot_id IS NOT NULL")),
)

movements = Table(
    "movements",
    metadata,
    Column("movement_id", BigInteger, Identity(always=True), primary_key=True),
    Column("item_id", Uuid, nullable=False),
    Column("warehouse_id", Uuid, nullable=False),
    Column("lot_id", Uuid, nullable=False),
    Column("kind", Text, nullable=False),
    Column("quantity", Numeric, nullable=False),
    Column("unit", Text, nullable=False),
    Column("cost", Numeric, nullable=False),
    Column("currency", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("because_of", Uuid),
    Column("moved_at", DateTime(timezone=True), nullable=False),
    Index("movements_item", "item_id", "movement_id"),
    comment="append-only: the ledger of goods",
)

goods_receipts = Table(
    "goods_receipts",
    metadata,
    Column("goods_receipt_id", Uuid, primary_key=True),
    Column("warehouse_id", Uuid, nullable=False),
    Column("received_on", Date, nullable=False),
    Column("purchase_order_id", Uuid),
    Column("supplier", Text),
    Column("lines", Document(tuple[ReceivedLine, ...]), nullable=False),
    Column("complete", Boolean, nullable=False),
    Index("goods_receipts_purchase_order", "purchase_order_id"),
)

demand_lines = Table(
    "demand_lines",
    metadata,
    Column("line_id", Uuid, primary_key=True),
    Column("order_id", Uuid, nullable=False),
    Column("customer_id", Uuid, nullable=False),
    Column("requested_at", DateTime(timezone=True), nullable=False),
    Column("item_id", Uuid, nullable=False),
    Column("stocked", Boolean, nullable=False),
    Column("unit", Text, nullable=False),
    Column("requested", Numeric, nullable=False),
    Column("reserved", Numeric, nullable=False),
    Column("planned", Numeric, nullable=False),
    Column("backordered", Numeric, nullable=False),
    Column("shipped", Numeric, nullable=False),
    Column("released", Numeric, nullable=False),
    Column("holdings", Document(list[Holding]), nullable=False),
    CheckConstraint(
        "requested = reserved + planned + backordered + shipped + released"
        " AND least(reserved, planned, backordered, shipped, released) >= 0",
        name="demand_lines_add_up",
    ),
    Index("demand_lines_order", "order_id"),
    Index("demand_lines_customer", "customer_id"),
    Index("demand_lines_waiting", "item_id", postgresql_where=text("backordered > 0")),
    Index("demand_lines_holding", "item_id", postgresql_where=text("reserved + planned > 0")),
    comment="what each order wants; a line is written by those who hold the lock of its item",
    postgresql_with={"fillfactor": 70},
)

shipments = Table(
    "shipments",
    metadata,
    Column("shipment_id", Uuid, primary_key=True),
    Column("version", Integer, nullable=False),
    Column("order_id", Uuid, nullable=False),
    Column("customer_id", Uuid, nullable=False),
    Column("warehouse_id", Uuid, nullable=False),
    Column("status", Text, nullable=False),
    Column("lines", Document(tuple[ShipmentLine, ...]), nullable=False),
    Column("split_from", Uuid),
    Column("carrier", Text),
    Column("tracking_number", Text),
    Column("received_by", Text),
    Index("shipments_order", "order_id", "shipment_id"),
    Index("shipments_customer", "customer_id", "shipment_id"),
    Index("shipments_status", "status", "shipment_id"),
)

purchase_orders = Table(
    "purchase_orders",
    metadata,
    Column("purchase_order_id", Uuid, primary_key=True),
    Column("version", Integer, nullable=False),
    Column("number", Text, nullable=False),
    Column("supplier", Text, nullable=False),
    Column("warehouse_id", Uuid, nullable=False),
    Column("status", Text, nullable=False),
    Column("expected_on", Date, nullable=False),
    Column("lines", Document(list[PurchasedLine]), nullable=False),
    Column("pegs", Document(tuple[Peg, ...]), nullable=False),
    Column("cancellation_reason", Text),
    Column("item_ids", ARRAY(Uuid), nullable=False, comment="of the lines"),
    Column("pegged_lines", ARRAY(Uuid), nullable=False, comment="of the pegs"),
    Column("idle", Boolean, nullable=False, comment="it runs, and something of it is for stock"),
    Index("purchase_orders_number", "number", unique=True),
    Index("purchase_orders_status", "status", "purchase_order_id"),
    Index("purchase_orders_items", "item_ids", postgresql_using="gin"),
    Index("purchase_orders_idle", "item_ids", postgresql_using="gin", postgresql_where=text("idle")),
    Index("purchase_orders_pegged_lines", "pegged_lines", postgresql_using="gin"),
)

merged_customers = Table(
    "merged_customers",
    metadata,
    Column("customer_id", Uuid, primary_key=True),
    Column("survivor_id", Uuid, nullable=False),
    comment="what this service knows of customers: fed by the customer service's events",
)
