"""What commands write through: SQLAlchemy's statements by the driver, values as the columns' types say."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import suppress
from datetime import UTC, datetime
from decimal import Decimal
from uuid import UUID

import asyncpg
import pytest
import sqlalchemy as sa
from counter.waiting import until
from sqlalchemy.schema import CreateTable

from contracts.ids import new_id
from contracts.values import Money
from kit.database import Database, Document, NotCommitted, Transaction, is_lost, is_transient
from testkit.servers import Servers

things = sa.Table(
    f"things_{new_id().hex}",
    sa.MetaData(),
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("label", sa.Text, unique=True),
    sa.Column("amount", sa.Numeric),
    sa.Column("price", Document(Money)),
    sa.Column("at", sa.DateTime(timezone=True)),
    sa.Column("pieces", sa.Integer),
)
NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
EURO = Money(amount=Decimal("1.00"), currency="EUR")


@pytest.fixture
async def database(servers: Servers) -> AsyncGenerator[Database]:
    database = Database(servers.postgres, name="things", pool_size=2)
    async with database.read() as tx:
        _ = await tx.exec_driver_sql(str(CreateTable(things).compile(dialect=tx.dialect)))
    yield database
    async with database.read() as tx:
        _ = await tx.exec_driver_sql(f"DROP TABLE {things.name}")
    await database.close()


async def a_thing(tx: Transaction, **more: object) -> UUID:
    values: dict[str, object] = {"id": new_id(), "label": "one", "amount": Decimal("0.10"), "price": EURO, "at": NOON}
    _ = await tx.execute(sa.insert(things).values(values | {"pieces": 1} | more))
    return UUID(str((values | more)["id"]))


async def labels(database: Database) -> set[str]:
    async with database.read() as tx:
        return set((await tx.scalars(sa.select(things.c.label))).all())


async def test_a_row_comes_back_with_the_types_of_its_columns(database: Database) -> None:
    async with database.begin() as tx:
        id = await a_thing(tx)

        row = (await tx.execute(sa.select(things))).mappings().one()

    assert dict(row) == {"id": id, "label": "one", "amount": Decimal("0.10"), "price": EURO, "at": NOON, "pieces": 1}


async def test_a_document_that_is_not_there_is_none(database: Database) -> None:
    async with database.begin() as tx:
        _ = await a_thing(tx, price=None)

        assert await tx.scalar(sa.select(things.c.price)) is None
        assert await tx.scalar(sa.select(sa.func.count()).where(things.c.price.is_(None))) == 1


@pytest.mark.parametrize("wanted", [[], ["one"], ["one", "two", "none"]])
async def test_in_takes_as_many_values_as_there_are(database: Database, wanted: list[str]) -> None:
    async with database.begin() as tx:
        for label in ("one", "two", "three"):
            _ = await a_thing(tx, label=label)

        found = await tx.scalars(sa.select(things.c.label).where(things.c.label.in_(wanted), things.c.pieces == 1))

    assert set(found.all()) == {"one", "two", "three"} & set(wanted)


async def test_a_result_says_how_many_rows_were_reached(database: Database) -> None:
    async with database.begin() as tx:
        lines = [{"id": new_id(), "label": str(n), "pieces": n} for n in range(3)]
        _ = await tx.execute(sa.insert(things), lines)

        reached = await tx.execute(sa.update(things).where(things.c.pieces > 0).values(pieces=things.c.pieces + 1))

    assert reached.rowcount == 2


async def test_what_fails_is_undone_and_its_connection_is_used_again(database: Database) -> None:
    used = set[Transaction]()
    with suppress(ZeroDivisionError):
        async with database.begin() as tx:
            used.add(tx)
            _ = await a_thing(tx)
            raise ZeroDivisionError

    async with database.begin() as tx:
        assert tx in used
        assert not (await tx.execute(sa.select(things))).all()


async def test_a_cancelled_transaction_leaves_nothing_and_no_connection_in_it(database: Database) -> None:
    async def write_and_wait() -> None:
        async with database.begin() as tx:
            _ = await a_thing(tx)
            _ = await tx.exec_driver_sql("SELECT pg_sleep(60)")

    for _ in range(3):  # more often than there are connections
        task = asyncio.create_task(write_and_wait())
        _ = await until(lambda: _sleeps(database))
        task.cancel()
        _ = await asyncio.gather(task, return_exceptions=True)

    assert await labels(database) == set()


async def _sleeps(database: Database) -> bool:
    async with database.read() as tx:
        found = await tx.exec_driver_sql(
            "SELECT true FROM pg_stat_activity WHERE application_name = 'things' AND wait_event = 'PgSleep'"
        )
        return found.first() is not None


async def test_a_nested_part_that_fails_is_undone_alone(database: Database) -> None:
    async with database.begin() as tx:
        _ = await a_thing(tx, label="kept")
        with suppress(asyncpg.UniqueViolationError):
            async with tx.begin_nested():
                _ = await a_thing(tx, label="lost")
                _ = await a_thing(tx, label="kept")

    assert await labels(database) == {"kept"}


async def test_a_nested_part_around_one_that_failed_is_undone_whole(database: Database) -> None:
    async with database.begin() as tx:
        with suppress(ZeroDivisionError):
            async with tx.begin_nested():
                _ = await a_thing(tx, label="outer")
                with suppress(ZeroDivisionError):
                    async with tx.begin_nested():
                        raise ZeroDivisionError
                raise ZeroDivisionError

    assert await labels(database) == set()


async def test_an_error_of_the_server_that_was_swallowed_is_told_at_the_end(database: Database) -> None:
    async def swallow_it() -> None:
        async with database.begin() as tx:
            _ = await a_thing(tx)
            with suppress(asyncpg.UniqueViolationError):
                _ = await a_thing(tx)

    with pytest.raises(NotCommitted, match="answered ROLLBACK"):
        await swallow_it()

    assert await labels(database) == set()


async def test_after_a_migration_one_statement_fails_however_many_connections_there_are(database: Database) -> None:
    everything = sa.text(f"SELECT * FROM {things.name}")
    async with database.begin() as one, database.begin() as other:
        for tx in (one, other):
            _ = await tx.execute(everything)
    connection = await database.connect()
    await connection.execute(f"ALTER TABLE {things.name} ADD COLUMN colour text")
    await connection.close()

    with pytest.raises(asyncpg.PostgresError):
        async with database.begin() as tx:
            _ = await tx.execute(everything)
    async with database.begin() as one, database.begin() as other:
        for tx in (one, other):
            assert list((await tx.execute(everything)).keys())[-1] == "colour"


async def test_a_statement_prepared_before_a_migration_is_transient_and_then_works(database: Database) -> None:
    async with database.begin() as tx:
        _ = await tx.execute(sa.text(f"SELECT * FROM {things.name}"))
    connection = await database.connect()
    await connection.execute(f"ALTER TABLE {things.name} ADD COLUMN colour text")
    await connection.close()

    with pytest.raises(asyncpg.PostgresError) as outdated:
        async with database.begin() as tx:
            _ = await tx.execute(sa.text(f"SELECT * FROM {things.name}"))
    async with database.begin() as tx:
        found = await tx.execute(sa.text(f"SELECT * FROM {things.name}"))

    assert is_transient(outdated.value)
    assert list(found.keys())[-1] == "colour"


def test_a_driver_that_a_crash_of_the_server_left_in_the_midst_of_an_answer_has_lost_its_connection() -> None:
    confused = asyncpg.InternalClientError("cannot switch to state 12; another operation (2) is in progress")

    assert (is_lost(confused), is_transient(confused)) == (True, True)


async def test_a_value_that_fits_no_column_is_no_fault_that_passes(database: Database) -> None:
    with pytest.raises(asyncpg.DataError) as fault:
        async with database.begin() as tx:
            _ = await a_thing(tx, pieces=2**40)

    assert not is_transient(fault.value)
    assert not is_lost(fault.value)
