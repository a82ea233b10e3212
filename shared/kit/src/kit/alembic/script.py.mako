"""${message}."""
<%! from kit.tables import VERSION %>\

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from kit import tables

revision = ${repr(up_revision)}
down_revision = ${repr(down_revision)}


def upgrade() -> None:
% if down_revision is None:
    tables.create(op.get_bind(), version=${VERSION})
% endif
    ${upgrades if upgrades else "pass"}
