"""Close a case: the customer agrees, or nobody has objected in time."""

from __future__ import annotations

from datetime import UTC, datetime

from contracts.ids import CaseId
from contracts.service import CaseClosed
from kit.database import Transaction
from kit.executor import Command
from service.commands.changed_case import asking, changed_case
from service.domain.case import Status


class CloseCase(Command):
    """A resolved case closes by itself after the time to object; before, only when the customer agrees."""

    case_id: CaseId
    customer_agrees: bool = False


async def close_case(command: CloseCase, tx: Transaction) -> CaseClosed:
    async with changed_case(command.case_id, tx, command.expected_version) as case:
        return case.close(by=asking(), now=datetime.now(UTC), customer_agrees=command.customer_agrees)


async def close_unopposed_case(case_id: CaseId, tx: Transaction) -> CaseClosed | None:
    """What the timer does that was set for `closes_at`: as it is due, that moment has come, by the database's clock."""
    async with changed_case(case_id, tx) as case:
        if case.status is not Status.RESOLVED or case.closes_at is None:
            return None
        return case.close(by=asking(), now=max(case.closes_at, datetime.now(UTC)))
