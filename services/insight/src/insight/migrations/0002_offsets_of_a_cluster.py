"""The kit's tables, version 2: an offset remembers which Kafka cluster gave it out."""

from alembic import op

from kit import tables

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    tables.upgrade(op.get_bind(), 2)
