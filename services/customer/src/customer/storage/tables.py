"""The tables of the customer service."""

from sqlalchemy import (
    CheckConstraint,
    Column,
    Date,
    DateTime,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    Sequence,
    Table,
    Text,
    Uuid,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, TSVECTOR

from customer.domain.contact import Contact
from kit.database import Document

metadata = MetaData()

customer_number = Sequence("customer_number", metadata=metadata)

customers = Table(
    "customers",
    metadata,
    Column("customer_id", Uuid, primary_key=True),
    Column("version", Integer, nullable=False),
    Column("number", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("country", Text, nullable=False),
    Column("currency", Text, nullable=False),
    Column("tax_id", Text),
    Column("external_reference", Text),
    Column("parent_id", Uuid, ForeignKey("customers.customer_id", name="customers_parent_is_known")),
    Column("survivor_id", Uuid, ForeignKey("customers.customer_id", name="customers_survivor_is_known")),
    Column("contacts", Document(tuple[Contact, ...]), nullable=False),
    Column("words", TSVECTOR, nullable=False, comment="what the customer is searched by"),
    CheckConstraint("status IN ('prospect', 'active', 'inactive', 'merged')", name="customers_status_is_known"),
    CheckConstraint("kind IN ('organisation', 'person')", name="customers_kind_is_known"),
    CheckConstraint("(status = 'merged') = (survivor_id IS NOT NULL)", name="customers_merged_has_survivor"),
    CheckConstraint("customer_id NOT IN (parent_id, survivor_id)", name="customers_is_not_above_itself"),
    Index("customers_number", "number", unique=True),
    Index("customers_external_reference", "external_reference", unique=True),
    Index("customers_tax_id", "tax_id", "country", unique=True),
    Index("customers_country", "country", "customer_id"),
    Index("customers_status", "status", "customer_id"),
    Index("customers_survivor", "survivor_id", postgresql_where=text("survivor_id IS NOT NULL")),
    Index("customers_words", "words", postgresql_using="gin"),
)
Index("customers_name", func.lower(customers.c.name).label("name"), postgresql_ops={"name": "text_pattern_ops"})

interactions = Table(
    "interactions",
    metadata,
    Column("interaction_id", Uuid, primary_key=True),
    Column("customer_id", Uuid, ForeignKey("customers.customer_id", name="interactions_customer"), nullable=False),
    Column("channel", Text, nullable=False),
    Column("direction", Text, nullable=False),
    Column("summary", Text, nullable=False),
    Column("happened_at", DateTime(timezone=True), nullable=False),
    Column("logged_by", Text, nullable=False),
    Column("contact_id", Uuid),
    CheckConstraint("channel IN ('mail', 'call', 'visit', 'chat', 'social')", name="interactions_channel_is_known"),
    CheckConstraint("direction IN ('inbound', 'outbound')", name="interactions_direction_is_known"),
    Index("interactions_customer", "customer_id", "happened_at", "interaction_id"),
)

timeline = Table(
    "timeline",
    metadata,
    Column("event_id", Uuid, primary_key=True),
    Column("customer_id", Uuid, comment="as told; empty while nobody knows whose it is"),
    Column("kind", Text, nullable=False),
    Column("service", Text, nullable=False),
    Column("event", Text, nullable=False),
    Column("title", Text, nullable=False),
    Column("recorded_at", DateTime(timezone=True), nullable=False),
    Column("happened_on", Date, nullable=False),
    Column("opportunity_id", Uuid),
    Column("quote_id", Uuid),
    Column("order_id", Uuid),
    Column("shipment_id", Uuid),
    Column("invoice_id", Uuid),
    Column("payment_id", Uuid),
    Column("case_id", Uuid),
    Column("nonconformance_id", Uuid),
    Column("capa_id", Uuid),
    Column("waits_for", ARRAY(Uuid), comment="its ids, while none of them is known to be a customer's"),
    CheckConstraint("(customer_id IS NULL) = (waits_for IS NOT NULL)", name="timeline_waits_or_is_a_customers"),
    Index("timeline_customer", "customer_id", "recorded_at", "event_id"),
    Index("timeline_waits_for", "waits_for", postgresql_using="gin", postgresql_where=text("customer_id IS NULL")),
    comment="one row for each event that concerns a customer: fed by everybody's events",
)

known = Table(
    "known",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("customer_id", Uuid, comment="empty while it is nobody's"),
    comment="whose an order, invoice, case … is: fed by everybody's events",
)
