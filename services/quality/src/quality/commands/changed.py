"""What every command does: read what it is about, have it changed, write it back."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import UTC, date, datetime

from contracts.ids import CapaId, NonconformanceId
from kit.context import SYSTEM, cause
from kit.database import Transaction
from quality.domain.capa import Capa
from quality.domain.nonconformance import Nonconformance
from quality.storage.capas import Capas
from quality.storage.nonconformances import Nonconformances


@asynccontextmanager
async def changed_nonconformance(
    nonconformance_id: NonconformanceId, tx: Transaction, expected_version: int | None = None
) -> AsyncGenerator[Nonconformance]:
    """The nonconformance, locked; saved when the command is done."""
    nonconformances = Nonconformances(tx)
    found = await nonconformances.get(nonconformance_id, expected_version)
    yield found
    await nonconformances.put(found)


@asynccontextmanager
async def changed_capa(capa_id: CapaId, tx: Transaction, expected_version: int | None = None) -> AsyncGenerator[Capa]:
    """The corrective action, locked; saved when the command is done."""
    capas = Capas(tx)
    capa = await capas.get(capa_id, expected_version)
    yield capa
    await capas.put(capa)


def asking() -> str:
    """Who stands behind what is being done: the subject of the token."""
    why = cause.get()
    return SYSTEM if why is None else why.actor


def today() -> date:
    return datetime.now(UTC).date()
