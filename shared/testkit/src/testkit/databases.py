"""A database per test module in milliseconds: a copy of a template that was migrated once."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from importlib.resources import files
from urllib.parse import urlsplit, urlunsplit

import asyncpg

from contracts.ids import new_id
from kit import migrations


@asynccontextmanager
async def a_database(service: str, postgres: str) -> AsyncGenerator[str]:
    """The address of a fresh, migrated database of this service; dropped afterwards."""
    admin = await asyncpg.connect(postgres)
    name = f"test_{service}_{new_id().hex}"
    try:
        template = await _template(admin, service, postgres)
        await admin.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}" STRATEGY FILE_COPY')
        yield at(postgres, name)
    finally:
        await admin.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
        await admin.close()


def at(postgres: str, database: str) -> str:
    """The address of another database on the same server."""
    return urlunsplit(urlsplit(postgres)._replace(path=f"/{database}"))


async def _template(admin: asyncpg.Connection, service: str, postgres: str) -> str:
    """Make the template, unless one for exactly these migrations is there."""
    name = f"template_{service}_{_fingerprint(service)}"
    await admin.execute("SELECT pg_advisory_lock(hashtext($1))", name)
    try:
        if not await admin.fetchval("SELECT true FROM pg_database WHERE datname = $1", name):
            await admin.execute(f'DROP DATABASE IF EXISTS "{name}_raw" WITH (FORCE)')  # left by a run that was killed
            await admin.execute(f'CREATE DATABASE "{name}_raw"')
            await migrations.upgrade(service, at(postgres, f"{name}_raw"))
            await admin.execute(f'ALTER DATABASE "{name}_raw" RENAME TO "{name}"')
    finally:
        await admin.execute("SELECT pg_advisory_unlock(hashtext($1))", name)
    return name


def _fingerprint(service: str) -> str:
    """Changes with any migration."""
    digest = hashlib.sha256()
    tables = [file for file in files("kit").iterdir() if file.name.startswith("tables_")]
    for folder in (tables, files(service).joinpath("migrations").iterdir()):
        for file in sorted(folder, key=lambda file: file.name):
            if file.is_file():
                digest.update(file.read_bytes())
    return digest.hexdigest()[:16]
