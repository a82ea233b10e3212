"""The kit's tables, the same in every service's database.

`tables_1.sql`, `tables_2.sql` … are what the services' migrations run; `make check` compares them with this.
"""

from importlib.resources import files

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    DateTime,
    Identity,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    PrimaryKeyConstraint,
    Table,
    Text,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.engine import Connection
from sqlalchemy.types import UserDefinedType


class Xid8(UserDefinedType[str]):
    """PostgreSQL's 64-bit transaction id."""

    cache_ok = True

    def get_col_spec(self, **_: object) -> str:
        return "xid8"


metadata = MetaData()
_now = text("now()")


def _at(name: str, *, nullable: bool = False, default: bool = False) -> Column[object]:
    return Column(name, DateTime(timezone=True), nullable=nullable, server_default=_now if default else None)


stream = Table(
    "stream",
    metadata,
    Column("subject", Uuid, primary_key=True),
    Column("last", BigInteger, nullable=False),
    Column("correlation_id", Uuid, nullable=False),
    comment="per aggregate: the number of its last event, and the loop it belongs to",
    postgresql_with={"fillfactor": 70},
)

outbox = Table(
    "outbox",
    metadata,
    Column("id", BigInteger, Identity(always=True, cache=1), primary_key=True),
    Column("event_id", Uuid, nullable=False),
    Column("type", Text, nullable=False),
    Column("subject", Uuid, nullable=False),
    Column("sequence", BigInteger, nullable=False),
    Column("correlation_id", Uuid, nullable=False),
    Column("causation_id", Uuid, nullable=False),
    Column("actor", Text, nullable=False),
    Column("traceparent", Text),
    _at("recorded_at"),
    Column(
        "value", LargeBinary, CheckConstraint("octet_length(value) < 900000", name="outbox_value_fits"), nullable=False
    ),
    Column("xid", Xid8, nullable=False, server_default=text("pg_current_xact_id()")),
    Index("outbox_subject_sequence", "subject", "sequence", unique=True),
    Index("outbox_xid", "xid"),
    Index("outbox_correlation", "correlation_id"),
    comment="append-only: what the relay sends, and the history to replay from",
)

relay_cursor = Table(
    "relay_cursor",
    metadata,
    Column(
        "one",
        Boolean,
        CheckConstraint("one", name="relay_cursor_is_one"),
        primary_key=True,
        server_default=text("true"),
    ),
    Column("epoch", BigInteger, nullable=False, server_default=text("0")),
    Column("snapshot", Text, nullable=False),
    _at("moved_at", default=True),
    comment="everything visible in this snapshot has been acknowledged by Kafka",
    postgresql_with={"fillfactor": 50},
)

replay = Table(
    "replay",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("subject", Uuid),
    _at("from_time", nullable=True),
    _at("to_time", nullable=True),
    Column("last_id", BigInteger, nullable=False, server_default=text("0")),
    Column("sent", BigInteger, nullable=False, server_default=text("0")),
    Column("requested_by", Text, nullable=False),
    _at("requested_at", default=True),
    _at("done_at", nullable=True),
    comment="requests to send history again, with the same event ids",
)

inbox = Table(
    "inbox",
    metadata,
    Column("event_id", Uuid, primary_key=True),
    comment="events whose effect is committed; the id is a UUIDv7, so old ones are a range",
)

applied = Table(
    "applied",
    metadata,
    Column("subject", Uuid, nullable=False),
    Column("topic", Text, nullable=False),
    Column("last", BigInteger, nullable=False),
    Column("correlation_id", Uuid, nullable=False),
    PrimaryKeyConstraint("subject", "topic"),
    comment="per foreign aggregate: the number of the last event that was applied or skipped",
    postgresql_with={"fillfactor": 70},
)

consumer_offset = Table(
    "consumer_offset",
    metadata,
    Column("topic", Text, nullable=False),
    Column("partition", Integer, nullable=False),
    Column("next", BigInteger, nullable=False),
    Column("cluster", Text, comment="the Kafka cluster that gave the offset out; empty: the present one"),
    PrimaryKeyConstraint("topic", "partition"),
    postgresql_with={"fillfactor": 50},
)

parked_key = Table(
    "parked_key",
    metadata,
    Column("topic", Text, nullable=False),
    Column("subject", Uuid, nullable=False),
    Column("kind", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("attempts", Integer, nullable=False),
    _at("next_attempt_at", nullable=True),
    _at("parked_at", default=True),
    PrimaryKeyConstraint("topic", "subject"),
    comment="keys whose next event could not be applied; without next_attempt_at somebody has to look",
)

parked_message = Table(
    "parked_message",
    metadata,
    Column("topic", Text, nullable=False),
    Column("subject", Uuid, nullable=False),
    Column("sequence", BigInteger, nullable=False),
    Column("recorded", JSONB, nullable=False),
    PrimaryKeyConstraint("topic", "subject", "sequence"),
)

discarded_message = Table(
    "discarded_message",
    metadata,
    Column("event_id", Uuid, primary_key=True),
    Column("recorded", JSONB, nullable=False),
    Column("reason", Text, nullable=False),
    Column("discarded_by", Text, nullable=False),
    _at("discarded_at", default=True),
)

idempotency = Table(
    "idempotency",
    metadata,
    Column("actor", Text, nullable=False),
    Column("key", Text, nullable=False),
    Column("digest", LargeBinary, nullable=False),
    Column("status", Integer),
    Column("body", LargeBinary),
    Column("headers", JSONB),
    _at("created_at", default=True),
    PrimaryKeyConstraint("actor", "key"),
    Index("idempotency_created_at", "created_at"),
    comment="answers of committed commands, so that a repeat gets the same one; kept 31 days",
)

timer = Table(
    "timer",
    metadata,
    Column("kind", Text, nullable=False),
    Column("subject", Uuid, nullable=False),
    _at("due_at"),
    Column("attempts", Integer, nullable=False, server_default=text("0")),
    Column("reason", Text),
    PrimaryKeyConstraint("kind", "subject"),
    Index("timer_due_at", "due_at"),
)


VERSION = 2
"""Of the tables as they are declared here."""


def create(connection: Connection, version: int = 1) -> None:
    """Make the kit's tables at a version; what each service's first migration calls."""
    for each in range(1, version + 1):
        upgrade(connection, each)


def upgrade(connection: Connection, version: int) -> None:
    """Bring the kit's tables from the version before to this one; what a later migration calls."""
    for statement in files("kit").joinpath(f"tables_{version}.sql").read_text().split(";\n"):
        if statement.strip():
            connection.execute(text(statement))
