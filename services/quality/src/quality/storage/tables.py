"""The tables of the quality service."""

from sqlalchemy import (
    CheckConstraint,
    Column,
    Date,
    Index,
    Integer,
    MetaData,
    Sequence,
    Table,
    Text,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY

from contracts.ids import LotId
from kit.database import Document
from quality.domain.capa import Attempt
from quality.domain.nonconformance import ContainedLot, Decision

metadata = MetaData()

nonconformance_number = Sequence("nonconformance_number", metadata=metadata)
capa_number = Sequence("capa_number", metadata=metadata)

nonconformances = Table(
    "nonconformances",
    metadata,
    Column("nonconformance_id", Uuid, primary_key=True),
    Column("version", Integer, nullable=False),
    Column("number", Text, nullable=False),
    Column("title", Text, nullable=False),
    Column("severity", Text, nullable=False),
    Column("raised_on", Date, nullable=False),
    Column("customer_id", Uuid),
    Column("case_id", Uuid),
    Column("order_id", Uuid),
    Column("line_id", Uuid),
    Column("item_id", Uuid),
    Column("lot_ids", Document(tuple[LotId, ...]), nullable=False),
    Column("contained", Document(tuple[ContainedLot, ...]), nullable=False),
    Column("decisions", Document(tuple[Decision, ...]), nullable=False),
    Column("lots", ARRAY(Uuid), nullable=False, comment="all lots that it names, suspected or contained, to be found"),
    Column("status", Text, nullable=False),
    Column("closed_because", Text),
    CheckConstraint("severity IN ('minor', 'major', 'critical')", name="nonconformances_severity_is_known"),
    CheckConstraint(
        "status IN ('open', 'contained', 'dispositioned', 'closed')", name="nonconformances_status_is_known"
    ),
    CheckConstraint(
        "status NOT IN ('contained', 'dispositioned') OR item_id IS NOT NULL",
        name="nonconformances_contained_are_of_an_item",
    ),
    Index("nonconformances_number", "number", unique=True),
    Index("nonconformances_case", "case_id", unique=True),
    Index("nonconformances_item", "item_id", "nonconformance_id"),
    Index("nonconformances_order", "order_id"),
    Index("nonconformances_customer", "customer_id"),
    Index("nonconformances_status", "status", "nonconformance_id"),
    Index("nonconformances_lots", "lots", postgresql_using="gin"),
)

capas = Table(
    "capas",
    metadata,
    Column("capa_id", Uuid, primary_key=True),
    Column("version", Integer, nullable=False),
    Column("number", Text, nullable=False),
    Column("nonconformance_id", Uuid, nullable=False),
    Column("title", Text, nullable=False),
    Column("owner", Text, nullable=False),
    Column("opened_on", Date, nullable=False),
    Column("customer_id", Uuid),
    Column("case_id", Uuid),
    Column("order_id", Uuid),
    Column("item_id", Uuid),
    Column("status", Text, nullable=False),
    Column("root_cause", Text),
    Column("action", Text),
    Column("metric", Text),
    Column("window_days", Integer),
    Column("planned_on", Date),
    Column("implemented_on", Date),
    Column("observe_until", Date),
    Column("verifier", Text),
    Column("verified_on", Date),
    Column("attempts", Document(tuple[Attempt, ...]), nullable=False),
    CheckConstraint(
        "status IN ('open', 'root_cause_identified', 'planned', 'implemented', 'effective')",
        name="capas_status_is_known",
    ),
    CheckConstraint(
        "(status IN ('implemented', 'effective')) = (implemented_on IS NOT NULL AND observe_until IS NOT NULL)",
        name="capas_implemented_are_watched",
    ),
    CheckConstraint("implemented_on >= planned_on", name="capas_planned_before_implemented"),
    CheckConstraint("verifier <> owner", name="capas_owner_does_not_verify"),
    Index("capas_number", "number", unique=True),
    Index("capas_nonconformance", "nonconformance_id", "capa_id"),
    Index("capas_owner", "owner", "capa_id"),
    Index("capas_status", "status", "capa_id"),
    Index("capas_customer", "customer_id"),
    Index("capas_watched", "item_id", "observe_until", postgresql_where=text("status = 'implemented'")),
)

cases = Table(
    "cases",
    metadata,
    Column("case_id", Uuid, primary_key=True),
    Column("number", Text, nullable=False),
    Column("customer_id", Uuid, nullable=False, comment="as it was opened; customers says into whom it was merged"),
    Column("order_id", Uuid),
    comment="what this service knows of cases: fed by the service service's events",
)

items = Table(
    "items",
    metadata,
    Column("item_id", Uuid, primary_key=True),
    Column("sku", Text, nullable=False),
    Column("description", Text, nullable=False),
    comment="what this service knows of items: fed by the inventory service's events",
)

lots = Table(
    "lots",
    metadata,
    Column("lot_id", Uuid, primary_key=True),
    Column("item_id", Uuid, nullable=False),
    Column("lot_number", Text, nullable=False),
    comment="what this service knows of lots: fed by the inventory service's events",
)

customers = Table(
    "customers",
    metadata,
    Column("customer_id", Uuid, primary_key=True),
    Column("name", Text, nullable=False),
    Column("survivor_id", Uuid),
    comment="what this service knows of customers: fed by the customer service's events",
)
