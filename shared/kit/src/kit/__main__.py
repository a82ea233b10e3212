"""python -m kit: what developers do to services by name, on a PostgreSQL given by ORDERLOOP_POSTGRES.

python -m kit migration SERVICE MESSAGE   write a migration that brings the tables to what the code declares
python -m kit drift SERVICE ...           one Alembic head each, and no difference between tables and code
"""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import asyncpg

from contracts.ids import new_id
from kit import migrations, schemas


async def in_scratch_database(work: str, service: str, message: str) -> str | None:
    """Do the work on an empty database, which is dropped afterwards."""
    postgres = os.environ.get("ORDERLOOP_POSTGRES")
    if not postgres:
        raise SystemExit("set ORDERLOOP_POSTGRES to the address of a PostgreSQL administrator; `make check` does")
    admin = await asyncpg.connect(postgres)
    name = f"scratch_{service}_{new_id().hex}"
    await admin.execute(f'CREATE DATABASE "{name}"')
    address = urlunsplit(urlsplit(postgres)._replace(path=f"/{name}"))
    try:
        if work == "migration":
            return await migrations.write(service, address, message)
        return await migrations.drift(service, address)
    finally:
        await admin.execute(f'DROP DATABASE "{name}" WITH (FORCE)')
        await admin.close()


def write_schemas(services: list[str], *, check_only: bool) -> int:
    loaded = schemas.load(services)
    if not check_only:
        print(f"{schemas.write(loaded, Path('schemas'))} files of schemas/ written")  # noqa: T201
        return 0
    different = schemas.drift(loaded, Path("schemas"))
    print("\n".join(f"{path} is not what the code says: run make schemas" for path in different) or "schemas: no drift")  # noqa: T201
    return len(different)


async def check(services: list[str]) -> int:
    faults = 0
    for service in services:
        heads = migrations.heads(service)
        found = (
            f"it has {len(heads)} heads: {heads}"
            if len(heads) != 1
            else await in_scratch_database("drift", service, "")
        )
        print(f"{service}: {found or 'one head, no drift'}")  # noqa: T201
        faults += bool(found)
    return faults


def main() -> None:
    match sys.argv[1:]:
        case ["migration", service, *words] if words:
            print(asyncio.run(in_scratch_database("migration", service, " ".join(words))))  # noqa: T201
        case ["drift", *services] if services:
            raise SystemExit(asyncio.run(check(services)))
        case ["schemas", "--check", *services] if services:
            raise SystemExit(write_schemas(services, check_only=True))
        case ["schemas", *services] if services:
            raise SystemExit(write_schemas(services, check_only=False))
        case _:
            raise SystemExit(__doc__)


main()
