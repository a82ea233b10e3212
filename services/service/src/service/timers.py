"""What the service service does when time has passed."""

from __future__ import annotations

from uuid import UUID

from contracts.ids import CaseId
from contracts.service import CaseClosed
from kit.database import Transaction
from kit.timers import Timers
from service.commands.close_case import close_unopposed_case
from service.storage.cases import CLOSE_CASE

timers = Timers()


@timers.on(CLOSE_CASE)
async def close_case_after_objection_time(case_id: UUID, tx: Transaction) -> CaseClosed | None:
    return await close_unopposed_case(CaseId(case_id), tx)
