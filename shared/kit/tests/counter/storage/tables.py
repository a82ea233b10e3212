"""The table of the counter service."""

from sqlalchemy import CheckConstraint, Column, Index, Integer, MetaData, Table, Text, Uuid

metadata = MetaData()

counters = Table(
    "counters",
    metadata,
    Column("counter_id", Uuid, primary_key=True),
    Column("version", Integer, nullable=False),
    Column("label", Text, nullable=False),
    Column("pieces", Integer, nullable=False),
    CheckConstraint("pieces >= 0", name="pieces_are_there"),
    Index("counters_label", "label", unique=True),
)
