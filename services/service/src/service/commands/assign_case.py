"""Put a case in somebody's hands."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

from pydantic import Field

from contracts.ids import CaseId
from contracts.service import CaseAssigned
from kit.database import Transaction
from kit.executor import Command
from service.commands.changed_case import asking, changed_case


class AssignCase(Command):
    """Someone takes care of it; a new or reopened case is in progress from then on. The same again changes nothing."""

    case_id: CaseId
    assignee: Annotated[str, Field(min_length=1, max_length=100, examples=["ben"])]


async def assign_case(command: AssignCase, tx: Transaction) -> CaseAssigned | None:
    async with changed_case(command.case_id, tx, command.expected_version) as case:
        return case.assign(command.assignee, by=asking(), now=datetime.now(UTC))
