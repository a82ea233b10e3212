"""Bringing a service's database up to date. The migrations are in the service's package, so that they ship with it."""

from __future__ import annotations

from importlib import import_module
from importlib.resources import files
from typing import Any, Literal, cast

from alembic import command, context
from alembic.config import Config
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy import MetaData, text
from sqlalchemy.dialects.postgresql import base as dialect
from sqlalchemy.engine import Connection
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from kit import tables
from kit.database import Document, Transaction


def configuration(service: str) -> Config:
    config = Config(attributes={"service": service})
    options = {
        "script_location": files("kit").joinpath("alembic"),
        "version_locations": files(service).joinpath("migrations"),
        "path_separator": "newline",
        "file_template": "%(rev)s_%(slug)s",
    }
    for name, value in options.items():
        config.set_main_option(name, str(value).replace("%", "%%"))
    return config


dialect.ischema_names.setdefault("xid8", cast("Any", tables.Xid8))  # Any: the dialect lists its own types
"""SQLAlchemy does not know PostgreSQL's type when it reads a database's tables."""


def run() -> None:
    """What `alembic/env.py` does: run migrations, or compare the database with the declared tables."""
    config = context.config
    declared: MetaData = import_module(f"{config.attributes['service']}.storage.tables").metadata
    context.configure(
        connection=config.attributes["connection"],
        target_metadata=[tables.metadata, declared],
        compare_type=True,
        render_item=_render,
    )
    with context.begin_transaction():
        context.run_migrations()


async def upgrade(service: str, url: str) -> None:
    """Apply what is missing; several processes may call it at once, one does the work."""
    await _with(service, url, _upgrade)


async def drift(service: str, url: str) -> str | None:
    """Compare a fully migrated database with the tables that the code declares; returns what differs."""
    found: list[str] = []

    def check(connection: Connection, config: Config) -> None:
        _upgrade(connection, config)
        try:
            command.check(config)
        except CommandError as error:
            found.append(str(error))

    await _with(service, url, check)
    return found[0] if found else None


async def write(service: str, url: str, message: str) -> str:
    """Write a migration that brings `url`, a migrated database, to what the code declares; returns its path."""
    written: list[str] = []

    def generate(connection: Connection, config: Config) -> None:
        _upgrade(connection, config)
        if not heads(service):
            tables.create(connection, tables.VERSION)
        number = f"{len(list(ScriptDirectory.from_config(config).walk_revisions())) + 1:04d}"
        script = command.revision(config, message, autogenerate=True, rev_id=number)
        written.extend(each.path for each in (script if isinstance(script, list) else [script]) if each is not None)

    await _with(service, url, generate)
    return written[0]


def heads(service: str) -> list[str]:
    return list(ScriptDirectory.from_config(configuration(service)).get_heads())


async def current(tx: Transaction) -> str | None:
    exists = await tx.scalar(text("SELECT to_regclass('alembic_version') IS NOT NULL"))
    return await tx.scalar(text("SELECT version_num FROM alembic_version")) if exists else None


def _render(kind: str, item: object, _: object) -> str | Literal[False]:
    """Write our own column types as what they are in the database, so that a migration needs none of our code."""
    if kind == "type" and isinstance(item, Document):
        return "postgresql.JSONB()"
    if kind == "type" and isinstance(item, tables.Xid8):
        return "tables.Xid8()"
    return False


def _upgrade(connection: Connection, config: Config) -> None:
    _ = connection.execute(text("SELECT pg_advisory_xact_lock(hashtext('orderloop.migrations'))"))
    _ = connection.execute(text("SET LOCAL lock_timeout = '10s'"))
    command.upgrade(config, "head")


async def _with(service: str, url: str, work: object) -> None:
    assert callable(work)
    config = configuration(service)
    engine = create_async_engine(url.replace("postgresql://", "postgresql+asyncpg://", 1), poolclass=NullPool)
    try:
        async with engine.begin() as connection:

            def with_connection(sync: Connection) -> None:
                config.attributes["connection"] = sync
                work(sync, config)

            await connection.run_sync(with_connection)
    finally:
        await engine.dispose()
