"""What every command on a case does: read it, have it changed, write it back."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from contracts.ids import CaseId
from kit.context import SYSTEM, cause
from kit.database import Transaction
from service.domain.case import Case
from service.storage.cases import Cases


@asynccontextmanager
async def changed_case(case_id: CaseId, tx: Transaction, expected_version: int | None = None) -> AsyncGenerator[Case]:
    """The case, locked; saved when the command is done."""
    cases = Cases(tx)
    case = await cases.get(case_id, expected_version)
    yield case
    await cases.save(case)


def asking() -> str:
    """Who stands behind what is being done, for the history."""
    why = cause.get()
    return SYSTEM if why is None else why.actor
