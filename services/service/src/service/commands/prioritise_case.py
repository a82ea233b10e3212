"""Say how soon somebody has to look at a case."""

from __future__ import annotations

from datetime import UTC, datetime

from contracts.ids import CaseId
from kit.database import Transaction
from kit.executor import Command
from service.commands.changed_case import asking, changed_case
from service.domain.case import Priority


class PrioritiseCase(Command):
    """The worklist shows the most urgent cases first."""

    case_id: CaseId
    priority: Priority


async def prioritise_case(command: PrioritiseCase, tx: Transaction) -> None:
    async with changed_case(command.case_id, tx, command.expected_version) as case:
        case.prioritise(command.priority, by=asking(), now=datetime.now(UTC))
