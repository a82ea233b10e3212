"""The tables of the insight service."""

from sqlalchemy import BigInteger, Boolean, CheckConstraint, Column, DateTime, Index, MetaData, Table, Text, Uuid, text
from sqlalchemy.dialects.postgresql import BYTEA

from contracts.insight import DiscrepancyDetected, Evidence
from kit.database import Document

metadata = MetaData()


def _at(name: str, *, nullable: bool = False, default: bool = False) -> Column[object]:
    return Column(name, DateTime(timezone=True), nullable=nullable, server_default=text("now()") if default else None)


statements = Table(
    "statements",
    metadata,
    Column("about", Uuid, primary_key=True, comment="an order, payment, item or invoice"),
    Column("event_id", Uuid, primary_key=True),
    Column("type", Text, nullable=False),
    Column("sequence", BigInteger, nullable=False, comment="within the event's own subject and topic"),
    _at("recorded_at"),
    _at("heard_at", default=True),
    Column("data", BYTEA, nullable=False, comment="the event's data as it came"),
    comment="append-only: what was said; an event about two subjects is there twice. Of an item the last only",
)

subjects_due = Table(
    "subjects_due",
    metadata,
    Column("about", Uuid, primary_key=True),
    Column("what", Text, nullable=False),
    _at("quiet_since"),
    Index("subjects_due_quiet_since", "quiet_since"),
    CheckConstraint("what IN ('order', 'payment', 'item')", name="subjects_due_what_is_known"),
    comment="what is to be compared when nothing has been said of it for the grace",
    postgresql_with={"fillfactor": 70},
)

settled_subjects = Table(
    "settled_subjects",
    metadata,
    Column("about", Uuid, primary_key=True),
    _at("since"),
    Column("forgotten", Boolean, nullable=False, server_default=text("false")),
    Index("settled_subjects_since", "since", postgresql_where=text("NOT forgotten")),
    comment="over and fitting together; of those forgotten what was said is gone, and nothing more is compared",
)

merged_customers = Table(
    "merged_customers",
    metadata,
    Column("customer_id", Uuid, primary_key=True),
    Column("survivor_id", Uuid, nullable=False),
    Index("merged_customers_survivor", "survivor_id"),
    comment="who remains of a customer that was merged, through all mergers",
)

hearing = Table(
    "hearing",
    metadata,
    Column(
        "one", Boolean, CheckConstraint("one", name="hearing_is_one"), primary_key=True, server_default=text("true")
    ),
    _at("late_at"),
    _at("late_since"),
    comment="when something was last heard long after it was said, and since when that goes on",
)

discrepancies = Table(
    "discrepancies",
    metadata,
    Column("discrepancy_id", Uuid, primary_key=True),
    Column("about", Uuid, nullable=False),
    Column("within", Text, nullable=False, comment="line, shipment and invoice: where in the subject"),
    Column("kind", Text, nullable=False),
    Column("order_id", Uuid),
    Column("told", Document(DiscrepancyDetected), nullable=False, comment="as it was published last"),
    _at("detected_at", default=True),
    _at("told_at", default=True),
    _at("cleared_at", nullable=True),
    Column("because", Document(tuple[Evidence, ...]), comment="what was heard before it was cleared"),
    Index("discrepancies_open", "about", "kind", "within", unique=True, postgresql_where=text("cleared_at IS NULL")),
    Index("discrepancies_open_by_id", "discrepancy_id", postgresql_where=text("cleared_at IS NULL")),
    Index("discrepancies_order", "order_id"),
    Index("discrepancies_kind", "kind", "discrepancy_id"),
)
