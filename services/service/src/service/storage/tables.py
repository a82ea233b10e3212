"""The tables of the service service."""

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
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

from contracts.ids import LotId
from kit.database import Document
from service.domain.case import HistoryEntry
from service.domain.findings import CorrectiveAction, Finding

metadata = MetaData()

case_number = Sequence("case_number", metadata=metadata)

cases = Table(
    "cases",
    metadata,
    Column("case_id", Uuid, primary_key=True),
    Column("version", Integer, nullable=False),
    Column("number", Text, nullable=False),
    Column("external_reference", Text),
    Column("customer_id", Uuid, nullable=False),
    Column("kind", Text, nullable=False),
    Column("title", Text, nullable=False),
    Column("description", Text, nullable=False),
    Column("priority", Text, nullable=False),
    Column("urgency", Integer, nullable=False, comment="the priority as a number: the lowest comes first"),
    Column("severity", Text, nullable=False),
    Column("order_id", Uuid),
    Column("line_id", Uuid),
    Column("item_id", Uuid),
    Column("lot_ids", Document(tuple[LotId, ...]), nullable=False),
    Column("serial", Text),
    Column("nothing_named_because", Text),
    Column("status", Text, nullable=False),
    Column("assignee", Text),
    Column("waiting_reason", Text),
    Column("resolution", Text),
    Column("opened_at", DateTime(timezone=True), nullable=False),
    Column("resolved_at", DateTime(timezone=True)),
    Column("closes_at", DateTime(timezone=True)),
    Column("reopen_until", DateTime(timezone=True)),
    Column("closed_at", DateTime(timezone=True)),
    Column("history", Document(tuple[HistoryEntry, ...]), nullable=False),
    Column("findings", Document(tuple[Finding, ...]), nullable=False),
    Column("actions", Document(tuple[CorrectiveAction, ...]), nullable=False),
    CheckConstraint("kind IN ('enquiry', 'complaint', 'incident', 'return')", name="cases_kind_is_known"),
    CheckConstraint(
        "status IN ('new', 'in_progress', 'waiting_on_customer', 'waiting_on_third_party', 'resolved', 'closed',"
        " 'reopened')",
        name="cases_status_is_known",
    ),
    CheckConstraint("priority IN ('low', 'normal', 'high', 'urgent')", name="cases_priority_is_known"),
    CheckConstraint("severity IN ('minor', 'major', 'critical')", name="cases_severity_is_known"),
    CheckConstraint("(status = 'new') = (assignee IS NULL)", name="cases_new_are_in_nobodys_hands"),
    CheckConstraint(
        "(status IN ('resolved', 'closed')) = (resolution IS NOT NULL AND closes_at IS NOT NULL)",
        name="cases_settled_have_a_resolution",
    ),
    CheckConstraint("(status = 'closed') = (closed_at IS NOT NULL)", name="cases_closed_have_a_day"),
    Index("cases_number", "number", unique=True),
    Index("cases_external_reference", "external_reference", unique=True),
    Index("cases_customer", "customer_id", "case_id"),
    Index("cases_order", "order_id"),
    Index("cases_status", "status", "case_id"),
    Index("cases_assignee", "assignee", "case_id"),
    Index(
        "cases_worklist",
        "urgency",
        "case_id",
        postgresql_where=text("status NOT IN ('resolved', 'closed')"),
    ),
)

quality_records = Table(
    "quality_records",
    metadata,
    Column("record_id", Uuid, primary_key=True, comment="of a nonconformance or a corrective action"),
    Column("case_id", Uuid, nullable=False),
    comment="which case quality's news are about: fed by the quality service's events",
)

shipped_units = Table(
    "shipped_units",
    metadata,
    Column("unit_id", BigInteger, Identity(always=True), primary_key=True),
    Column("shipment_id", Uuid, nullable=False),
    Column("order_id", Uuid, nullable=False),
    Column("line_id", Uuid, nullable=False),
    Column("item_id", Uuid, nullable=False),
    Column("customer_id", Uuid, nullable=False, comment="as it was shipped; customers says into whom it was merged"),
    Column("quantity", Numeric, nullable=False),
    Column("unit", Text, nullable=False),
    Column("shipped_at", DateTime(timezone=True), nullable=False),
    Column("lot_id", Uuid),
    Column("lot_number", Text),
    Column("serials", ARRAY(Text), nullable=False),
    Index("shipped_units_line", "line_id", "shipment_id", "lot_id", unique=True, postgresql_nulls_not_distinct=True),
    Index("shipped_units_order", "order_id"),
    Index("shipped_units_lot", "lot_id"),
    Index("shipped_units_customer", "customer_id"),
    Index(
        "shipped_units_serials",
        "serials",
        postgresql_using="gin",
        postgresql_where=text("serials <> '{}'"),
    ),
    comment="what left the house: fed by the inventory service's events; rows are added, never changed",
)

orders = Table(
    "orders",
    metadata,
    Column("order_id", Uuid, primary_key=True),
    Column("customer_id", Uuid, nullable=False, comment="as it was ordered; customers says into whom it was merged"),
    Column("number", Text, nullable=False),
    comment="what this service knows of orders: fed by the order service's events",
)

items = Table(
    "items",
    metadata,
    Column("item_id", Uuid, primary_key=True),
    Column("sku", Text, nullable=False),
    Column("description", Text, nullable=False),
    comment="what this service knows of items: fed by the inventory service's events",
)

customers = Table(
    "customers",
    metadata,
    Column("customer_id", Uuid, primary_key=True),
    Column("name", Text, nullable=False),
    Column("survivor_id", Uuid),
    Index("customers_survivor", "survivor_id"),
    comment="what this service knows of customers: fed by the customer service's events",
)
