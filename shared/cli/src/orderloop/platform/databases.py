"""One database a service, owned by a role of the same name that may enter no other."""

import asyncpg

from orderloop.platform.plan import SERVICES, Plan
from orderloop.platform.troubles import ServerFailed


async def ensure(plan: Plan) -> tuple[str, ...]:
    """Make what is missing; returns the names of the databases made."""
    try:
        connection: asyncpg.Connection = await asyncpg.connect(plan.postgres, timeout=10)
    except (TimeoutError, OSError, asyncpg.PostgresError) as error:
        raise ServerFailed(f"PostgreSQL does not let us in ({error}); check ORDERLOOP_POSTGRES") from error
    try:
        return tuple([name for name in SERVICES if await _ensure_one(connection, plan, name)])
    except asyncpg.InsufficientPrivilegeError as error:
        raise ServerFailed(
            f"{error}: the role in ORDERLOOP_POSTGRES must be allowed to create roles and databases"
        ) from error
    finally:
        await connection.close()


async def _ensure_one(connection: asyncpg.Connection, plan: Plan, name: str) -> bool:
    # names are ours, passwords url-safe: nothing here needs escaping beyond the quotes
    password = plan.password(name)
    known = await connection.fetchval("SELECT 1 FROM pg_roles WHERE rolname = $1", name)
    verb = "ALTER" if known else "CREATE"
    _ = await connection.execute(f"{verb} ROLE \"{name}\" LOGIN PASSWORD '{password}'")
    if await connection.fetchval("SELECT 1 FROM pg_database WHERE datname = $1", name):
        return False
    _ = await connection.execute(f'CREATE DATABASE "{name}" OWNER "{name}"')
    _ = await connection.execute(f'REVOKE ALL ON DATABASE "{name}" FROM PUBLIC')
    return True
