"""The tables of the order service."""

from sqlalchemy import Boolean, Column, Date, DateTime, Index, Integer, MetaData, Sequence, Table, Text, Uuid, text

from kit.database import Document
from order.domain.change import Release
from order.domain.delivery import Delivery
from order.domain.hold import Hold
from order.domain.line import LineProgress

metadata = MetaData()

order_number = Sequence("order_number", metadata=metadata)

orders = Table(
    "orders",
    metadata,
    Column("order_id", Uuid, primary_key=True),
    Column("version", Integer, nullable=False),
    Column("number", Text, nullable=False),
    Column("customer_id", Uuid, nullable=False),
    Column("ordered_as", Uuid, nullable=False, comment="who placed it, before any merger: never changes"),
    Column("channel", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("lines", Document(list[LineProgress]), nullable=False),
    Column("holds", Document(list[Hold]), nullable=False),
    Column("deliveries", Document(list[Delivery]), nullable=False),
    Column("release", Document(Release)),
    Column("prepaid", Boolean, nullable=False),
    Column("opportunity_id", Uuid),
    Column("quote_id", Uuid),
    Column("customer_reference", Text),
    Column("ordered_on", Date, nullable=False),
    Column("requested_on", Date),
    Column("credit_approved", Boolean, nullable=False),
    Column("confirmed", Boolean, nullable=False),
    Column("waiting_for", Text, nullable=False),
    Column("waiting_since", DateTime(timezone=True), nullable=False),
    Column("waiting_until", DateTime(timezone=True)),
    Column("told_stuck", Boolean, nullable=False),
    Index("orders_number", "number", unique=True),
    Index("orders_opportunity", "opportunity_id", unique=True),
    Index("orders_customer", "customer_id", "customer_reference"),
    Index("orders_customer_reference", "ordered_as", "customer_reference", unique=True),
    Index("orders_status", "status", "order_id"),
    Index("orders_waiting_until", "waiting_until", postgresql_where=text("NOT told_stuck")),
)

customers = Table(
    "customers",
    metadata,
    Column("customer_id", Uuid, primary_key=True),
    Column("name", Text, nullable=False),
    Column("survivor_id", Uuid),
    comment="what this service knows of customers: fed by the customer service's events",
)

items = Table(
    "items",
    metadata,
    Column("item_id", Uuid, primary_key=True),
    Column("sku", Text, nullable=False),
    Column("description", Text, nullable=False),
    Column("unit", Text, nullable=False),
    comment="what this service knows of items: fed by the inventory service's events",
)
