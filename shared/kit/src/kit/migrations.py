"""Bringing a service's database up to date. The migrations are in the service's package, so that they ship with it."""

from __future__ import annotations

from importlib.resources import files

from alembic import command, context
from alembic.config import Config
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy import MetaData, text
from sqlalchemy.engine import Connection
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from kit import tables
from kit.database import Transaction


def configuration(service: str) -> Config:
    config = Config()
    config.set_main_option("script_location", str(files(service).joinpath("migrations")).replace("%", "%%"))
    return config


def run(metadata: MetaData) -> None:
    """What a service's `migrations/env.py` calls."""
    connection: Connection = context.config.attributes["connection"]
    context.configure(
        connection=connection,
        target_metadata=[tables.metadata, metadata],
        transaction_per_migration=False,
        compare_type=True,
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


def heads(service: str) -> list[str]:
    return list(ScriptDirectory.from_config(configuration(service)).get_heads())


async def current(tx: Transaction) -> str | None:
    exists = await tx.scalar(text("SELECT to_regclass('alembic_version') IS NOT NULL"))
    return await tx.scalar(text("SELECT version_num FROM alembic_version")) if exists else None


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
