"""The tables of the sales service: leads, opportunities, quotes, price lists."""

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    Date,
    DateTime,
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

from contracts.sales import ListPrice
from contracts.values import Money
from kit.database import Document
from sales.domain.offer import Offer
from sales.domain.quote import Revision

metadata = MetaData()

quote_number = Sequence("quote_number", metadata=metadata)

leads = Table(
    "leads",
    metadata,
    Column("lead_id", Uuid, primary_key=True),
    Column("version", Integer, nullable=False),
    Column("source", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("captured_on", Date, nullable=False),
    Column("contact", Text),
    Column("external_reference", Text),
    Column("status", Text, nullable=False),
    Column("opportunity_id", Uuid),
    Column("customer_id", Uuid),
    Column("reason", Text),
    CheckConstraint("status IN ('new', 'qualified', 'disqualified')", name="leads_status_is_known"),
    CheckConstraint(
        "(status = 'qualified') = (opportunity_id IS NOT NULL AND customer_id IS NOT NULL)",
        name="leads_qualified_is_an_opportunity",
    ),
    Index("leads_external_reference", "external_reference", unique=True),
    Index("leads_status", "status", "lead_id"),
    Index("leads_customer", "customer_id"),
)

opportunities = Table(
    "opportunities",
    metadata,
    Column("opportunity_id", Uuid, primary_key=True),
    Column("version", Integer, nullable=False),
    Column("name", Text, nullable=False),
    Column("owner", Text, nullable=False),
    Column("amount", Numeric, nullable=False),
    Column("currency", Text, nullable=False),
    Column("opened_on", Date, nullable=False),
    Column("customer_id", Uuid),
    Column("stage", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("expected_close_on", Date),
    Column("external_reference", Text),
    Column("lead_id", Uuid),
    Column("quoted", Boolean, nullable=False),
    Column("quote_id", Uuid),
    Column("closed_on", Date),
    Column("reason", Text),
    Column("competitor", Text),
    CheckConstraint("amount >= 0", name="opportunities_amount_is_not_negative"),
    CheckConstraint(
        "stage IN ('prospecting', 'engaging', 'proposing', 'negotiating')", name="opportunities_stage_is_known"
    ),
    CheckConstraint("status IN ('open', 'won', 'lost')", name="opportunities_status_is_known"),
    CheckConstraint("(status = 'won') = (quote_id IS NOT NULL)", name="opportunities_won_by_a_quote"),
    CheckConstraint("NOT quoted OR customer_id IS NOT NULL", name="opportunities_quoted_to_a_customer"),
    Index("opportunities_external_reference", "external_reference", unique=True),
    Index("opportunities_lead", "lead_id", unique=True),
    Index("opportunities_quote", "quote_id", unique=True),
    Index("opportunities_customer", "customer_id", "opportunity_id"),
    Index("opportunities_owner", "owner", "opportunity_id"),
    Index("opportunities_status", "status", "stage", "opportunity_id"),
)

quotes = Table(
    "quotes",
    metadata,
    Column("quote_id", Uuid, primary_key=True),
    Column("version", Integer, nullable=False),
    Column("number", Text, nullable=False),
    Column("opportunity_id", Uuid, nullable=False),
    Column("customer_id", Uuid, nullable=False),
    Column("offer", Document(Offer), nullable=False),
    Column("valid_until", Date, nullable=False, comment="of the offer, to find those that have lapsed"),
    Column("customer_reference", Text),
    Column("revision", Integer, nullable=False),
    Column("status", Text, nullable=False),
    Column("sent_on", Date),
    Column("decided_on", Date),
    Column("reason", Text),
    Column("earlier", Document(tuple[Revision, ...]), nullable=False),
    CheckConstraint(
        "status IN ('draft', 'sent', 'accepted', 'rejected', 'expired')", name="quotes_status_of_current_is_known"
    ),
    CheckConstraint("revision >= 1", name="quotes_revision_counts_from_one"),
    Index("quotes_number", "number", unique=True),
    Index("quotes_opportunity", "opportunity_id", "quote_id"),
    Index("quotes_customer", "customer_id", "quote_id"),
    Index("quotes_accepted", "opportunity_id", unique=True, postgresql_where=text("status = 'accepted'")),
    Index("quotes_lapsing", "valid_until", postgresql_where=text("status = 'sent'")),
)

price_lists = Table(
    "price_lists",
    metadata,
    Column("price_list_id", Uuid, primary_key=True),
    Column("version", Integer, nullable=False),
    Column("name", Text, nullable=False),
    Column("currency", Text, nullable=False),
    Column("valid_from", Date, nullable=False),
    Column("valid_until", Date),
    Column("prices", Document(tuple[ListPrice, ...]), nullable=False),
    Column("status", Text, nullable=False),
    Column("retired_from", Date),
    CheckConstraint("status IN ('draft', 'published', 'retired')", name="price_lists_status_is_known"),
    CheckConstraint("valid_until >= valid_from", name="price_lists_hold_on_a_day_at_least"),
    CheckConstraint("(status = 'retired') = (retired_from IS NOT NULL)", name="price_lists_retired_from_a_day"),
)

published_prices = Table(
    "published_prices",
    metadata,
    Column("item_id", Uuid, primary_key=True),
    Column("currency", Text, primary_key=True),
    Column("valid_from", Date, primary_key=True),
    Column("last_day", Date, nullable=False),
    Column("price_list_id", Uuid, nullable=False),
    Column("amount", Numeric, nullable=False),
    CheckConstraint("last_day >= valid_from", name="published_prices_hold_on_a_day_at_least"),
    CheckConstraint("amount >= 0", name="published_prices_are_not_negative"),
    Index("published_prices_list", "price_list_id"),
    comment="which price holds when: from published and retired lists, at most one on any day",
)

customers = Table(
    "customers",
    metadata,
    Column("customer_id", Uuid, primary_key=True),
    Column("name", Text, nullable=False),
    Column("currency", Text, nullable=False),
    Column("survivor_id", Uuid),
    Index("customers_survivor", "survivor_id"),
    comment="what this service knows of customers: fed by the customer service's events",
)

catalogue = Table(
    "catalogue",
    metadata,
    Column("item_id", Uuid, primary_key=True),
    Column("sku", Text, nullable=False),
    Column("description", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("unit", Text, nullable=False),
    Column("standard_cost", Document(Money), nullable=False),
    Index("catalogue_sku", "sku", "item_id"),
    comment="what this service knows of items: fed by the inventory service's events",
)

availability = Table(
    "availability",
    metadata,
    Column("item_id", Uuid, primary_key=True),
    Column("unit", Text, nullable=False),
    Column("on_hand", Numeric, nullable=False),
    Column("reserved", Numeric, nullable=False),
    Column("quarantined", Numeric, nullable=False),
    Column("available", Numeric, nullable=False),
    comment="what inventory can still promise: fed by its events, the newest counts",
    postgresql_with={"fillfactor": 70},
)

credit_standings = Table(
    "credit_standings",
    metadata,
    Column("customer_id", Uuid, primary_key=True),
    Column("state", Text, nullable=False),
    Column("exposure", Document(Money), nullable=False),
    Column("limit", Document(Money)),
    comment="how much more a customer may owe: fed by finance's events, the newest counts",
    postgresql_with={"fillfactor": 70},
)

follow_up_entries = Table(
    "follow_up_entries",
    metadata,
    Column("event_id", Uuid, primary_key=True),
    Column("subject", Uuid, nullable=False),
    Column("at", DateTime(timezone=True), nullable=False),
    Column("kind", Text, nullable=False),
    Column("text", Text, nullable=False),
    Column("state", Text),
    Column("amount", Numeric),
    Column("currency", Text),
    CheckConstraint("(amount IS NULL) = (currency IS NULL)", name="follow_up_entries_amount_has_a_currency"),
    Index("follow_up_entries_subject", "subject"),
    comment="what everybody's events say about orders and what belongs to them: kept as it comes",
)

follow_up_parents = Table(
    "follow_up_parents",
    metadata,
    Column("parent", Uuid, primary_key=True),
    Column("subject", Uuid, primary_key=True),
    comment="what belongs to what: an invoice to its order, an order to its opportunity",
)
