"""Take up a settled case again."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

from pydantic import Field

from contracts.ids import CaseId
from contracts.service import CaseReopened
from kit.database import Transaction
from kit.executor import Command
from service.commands.changed_case import asking, changed_case


class ReopenCase(Command):
    """It was not done. Possible until thirty days after its resolution; then a new case is opened."""

    case_id: CaseId
    reason: Annotated[str, Field(min_length=1, max_length=500)]


async def reopen_case(command: ReopenCase, tx: Transaction) -> CaseReopened:
    async with changed_case(command.case_id, tx, command.expected_version) as case:
        return case.reopen(command.reason, by=asking(), now=datetime.now(UTC))
