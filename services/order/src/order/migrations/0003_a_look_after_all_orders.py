"""A second timer: once an hour all waits are looked at, each minute those that ended within the hour."""

from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.execute("INSERT INTO timer (kind, subject, due_at) VALUES ('look_after_all_orders', gen_random_uuid(), now())")
