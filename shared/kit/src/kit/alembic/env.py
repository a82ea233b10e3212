"""Alembic's entry, for every service: it compares with the tables that the service and the kit declare."""

from kit.migrations import run

run()
